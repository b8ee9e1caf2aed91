"""Banks of every scheme at one server, each signing by code apart from the server's."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jimpitan_server.adapters.bank_profiles import profile_named, ready_made
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.books import Settlement
from jimpitan_server.domain.partner import Account, BankPartner, KeyPurpose, wanted_keys
from jimpitan_server.domain.signing import Algorithm
from jimpitan_server.services.bank_partner import NewKey
from money_town import ACCOUNT, NMID, SNAP, Town
from server_boxes import StepClock

SECRET = "the-secret-that-bank-and-we-share"
SNAP_PATH = "/snap/v1.0/qr/qr-mpm-notify"
TOKEN_PATH = "/snap/v1.0/access-token/b2b"
URL = f"https://box.example{SNAP_PATH}"
SCHEMES = tuple(ready_made())
KEY = load_pem_private_key(SNAP["private_key_pem"].encode(), None)


def rsa(text: str) -> str:
    """Sign as a bank with an RSA key does."""
    raw = KEY.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr, call-arg, arg-type]
    return base64.b64encode(raw).decode()


def mac(text: str, secret: str = SECRET) -> bytes:
    """Sign as a bank with a shared secret does."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).digest()


@dataclass
class Bank:
    """A bank of one scheme, and what it sends."""

    town: Town
    scheme: str
    token: str = ""

    @property
    def partner_id(self) -> str:
        """Its name at the notifications' door."""
        return f"BANK-{self.scheme}"[:36]

    @property
    def path(self) -> str:
        """Where it sends notifications."""
        return "/api/v1.0/qr/qr-mpm-notif" if self.scheme == "nicepay-like" else SNAP_PATH

    def signature(self, body: bytes, timestamp: str, *, secret: str = SECRET) -> str:
        """Return the signature of a notification."""
        digest = hashlib.sha256(body).hexdigest()
        if self.scheme == "snap-asymmetric":
            return rsa(f"POST:{self.path}:{digest}:{timestamp}")
        if self.scheme == "nicepay-like":
            return rsa(f"{self.partner_id}|{timestamp}")
        text = {
            "snap-symmetric": f"POST:{self.path}:{self.token}:{digest}:{timestamp}",
            "snap-symmetric-hex": f"POST:{self.path}:{self.token}:{digest}:{timestamp}",
            "yokke-like": f"POST:/qr/qr-mpm-notify:{digest}:{timestamp}",
            "ifortepay-like": f"{URL}:2.0:{digest}:{timestamp}",
        }[self.scheme]
        raw = mac(text, secret)
        return raw.hex() if self.scheme.endswith("hex") else base64.b64encode(raw).decode()

    def headers(self, body: bytes, *, secret: str = SECRET, **changed: str) -> dict[str, str]:
        """Return what it sends with a body, `changed` after signing."""
        timestamp = changed.get("signed_at", self.town.timestamp)
        headers = {
            "Content-Type": "application/json",
            "X-PARTNER-ID": self.partner_id,
            "X-EXTERNAL-ID": secrets.token_hex(12),
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": self.signature(body, timestamp, secret=secret),
            "X-VERSION": "2.0",
            "CHANNEL-ID": "95221",
        }
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        changed.pop("signed_at", None)
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in headers.items() if value}

    async def send(
        self, body: bytes, headers: dict[str, str] | None = None, path: str | None = None
    ) -> str:
        """Send a notification and return the code of the answer."""
        answer = await self.town.client.post(
            path or self.path, content=body, headers=headers or self.headers(body)
        )
        code: str = answer.json()["responseCode"]
        assert answer.status_code == int(code[:3])
        return code

    def body(self, reference: str, amount: int = 1_000, **changed: object) -> bytes:
        """Return a notification of a payment at this moment, without blanks between tokens."""
        fields = {
            "originalReferenceNo": reference,
            "latestTransactionStatus": "00",
            "amount": {"value": f"{amount}.00", "currency": "IDR"},
            "additionalInfo": {"paidTime": self.town.timestamp, "nmid": NMID, "terminalId": "A17"},
        }
        return json.dumps(fields | changed, separators=(",", ":")).encode()

    async def ask_token(self, content: object = None, **changed: str) -> httpx.Response:
        """Ask for an access token."""
        timestamp = changed.pop("signed_at", self.town.timestamp)
        headers = {
            "X-CLIENT-KEY": self.partner_id,
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": rsa(f"{self.partner_id}|{timestamp}"),
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        asked = {"grantType": "client_credentials"} if content is None else content
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        return await self.town.client.post(
            TOKEN_PATH, content=body, headers={k: v for k, v in headers.items() if v}
        )

    async def enter(self) -> None:
        """Become a partner, and take a token if the scheme needs one."""
        profile = profile_named(self.scheme)
        partner = BankPartner(
            partner_id=self.partner_id,
            account=ACCOUNT,
            profile=profile,
            path=self.path,
            url=URL if profile.needs_url else None,
            token_path=TOKEN_PATH,
        )
        shared = profile.algorithm is Algorithm.HMAC_SHA512
        keys = [
            NewKey(purpose=purpose, text=SECRET if is_secret else SNAP["public_key_pem"])
            for purpose in wanted_keys(profile)
            for is_secret in (shared and purpose is KeyPurpose.NOTIFICATION,)
        ]
        account = Account(account_id=ACCOUNT, settlement=Settlement.PAYMENT)
        await self.town.program.bank.add_partner(partner, account, keys, actor="test")
        if profile.needs_token:
            await self.take_token()

    async def take_token(self) -> None:
        """Take a token, as the bank does before it notifies."""
        answer = await self.ask_token()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["accessToken"]


@pytest.fixture
async def banks(program: Program, clock: StepClock, client: httpx.AsyncClient) -> dict[str, Bank]:
    """Return a bank of each scheme, known to one server."""
    town = Town(program, clock, client)
    found = {scheme: Bank(town, scheme) for scheme in SCHEMES}
    for bank in found.values():
        await bank.enter()
    return found


async def one_bank(
    program: Program, clock: StepClock, client: httpx.AsyncClient, scheme: str
) -> Bank:
    """Return a bank of one scheme, known to a server that knows no other."""
    bank = Bank(Town(program, clock, client), scheme)
    await bank.enter()
    return bank


def earlier(town: Town, **by: int) -> str:
    """Return a moment before now as a bank writes it."""
    at = town.clock.now() + timedelta(hours=7) - timedelta(**by)
    return at.strftime("%Y-%m-%dT%H:%M:%S+07:00")
