"""A server with a bank that signs, two boxes with codes, and the people who bring money."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from components import ROOT
from jimpitan_server.adapters import snap
from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.partner import DEFAULT_PATH, Account, BankPartner, KeyPurpose
from jimpitan_server.domain.qris import compose
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.domain.signing import Algorithm, Encoding
from jimpitan_server.domain.user import Role, User
from jimpitan_server.services.bank_partner import NewKey
from jimpitan_server.services.login import open_session
from server_boxes import FakeBox, StepClock
from sqlalchemy import Table, func, select

SNAP = json.loads((ROOT / "tests/contract/snap-s2-vectors.json").read_text(encoding="utf-8"))
MERCHANT, PARTNER, ACCOUNT = "M-17", "BANK-CONTOH", "bsi-1"
NMID = "ID0000000000017"
MPAN = "936009990000000017"


@dataclass
class Town:
    """The server under test with everybody who talks to it."""

    program: Program
    clock: StepClock
    client: httpx.AsyncClient
    boxes: dict[str, FakeBox] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def timestamp(self) -> str:
        """This moment as a bank writes it."""
        return (self.clock.now() + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S+07:00")

    def body(self, reference: str, amount: int, **info: object) -> bytes:
        """Return a notification of a payment at this moment."""
        return json.dumps(
            {
                "originalReferenceNo": reference,
                "latestTransactionStatus": "00",
                "amount": {"value": f"{amount}.00", "currency": "IDR"},
                "additionalInfo": {"paidTime": self.timestamp, "nmid": NMID} | info,
            }
        ).encode()

    def headers(self, body: bytes, **changed: str) -> dict[str, str]:
        """Return the headers with which a bank sends a body, `changed` after signing."""
        timestamp = self.timestamp
        signature = signed_s2(body, timestamp)
        return {
            "Content-Type": "application/json",
            "X-PARTNER-ID": PARTNER,
            "X-EXTERNAL-ID": secrets.token_hex(12),
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": signature,
        } | {name.replace("_", "-"): value for name, value in changed.items()}

    async def notify(self, body: bytes, **changed: str) -> str:
        """Send a notification and return the code of the answer."""
        headers = self.headers(body, **changed)
        answer = await self.client.post(DEFAULT_PATH, content=body, headers=headers)
        code: str = answer.json()["responseCode"]
        assert answer.status_code == int(code[:3])
        return code

    async def pay(self, reference: str, amount: int, **info: object) -> str:
        """Let a donor pay and the bank tell of it."""
        return await self.notify(self.body(reference, amount, **info))

    async def authorized(self, role: str) -> dict[str, str]:
        """Return the header that a script of this role sends; the slow password is spared."""
        if role not in self.tokens:
            now = self.clock.now()
            person = User(
                user_id=UserId(f"user-{role}"),
                login_name=role,
                role=Role(role),
                password_hash="none that any password has",
            )
            async with self.program.database.write() as connection:
                store = DatabaseUsers(connection)
                await store.add_user(person, now=now)
                logged_in = await open_session(store, person, now=now, valid=timedelta(days=99))
            self.tokens[role] = logged_in.token
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    async def enter(self, role: str) -> None:
        """Let a browser be logged in as somebody of a role."""
        await self.authorized(role)
        self.client.cookies.set("jimpitan", self.tokens[role])

    async def page(self, path: str) -> str:
        """Return a page as the browser shows it."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def form(self, path: str, **fields: str) -> dict[str, str]:
        """Return the fields of a form on a page, with the token that it sends."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', await self.page(path))
        assert found
        return {"csrf_token": found[1]} | fields

    async def send(self, role: str, path: str, content: object = None) -> httpx.Response:
        """Post JSON as somebody of a role."""
        headers = await self.authorized(role)
        return await self.client.post(path, json=content, headers=headers)

    async def count_cash(self, box: str = "box-0017", **changed: object) -> httpx.Response:
        """Hand in a count as the collector."""
        content = {
            "collection_id": str(uuid4()),
            "box": box,
            "lid_at": self.clock.now().isoformat(),
            "cash": {"1000": 12, "2000": 4, "500": 1},
            "seal": "S-1",
        }
        return await self.send("collector", "/api/v1/collections", content | changed)

    async def remit(self, amount: int, *collections: str, **changed: object) -> httpx.Response:
        """Hand in a remittance as the treasurer."""
        content = {
            "remittance_id": str(uuid4()),
            "collection_ids": collections,
            "amount_idr": amount,
            "method": "slip",
            "reference": "SLIP-000123",
            "paid_at": self.clock.now().isoformat(),
        }
        return await self.send("treasurer", "/api/v1/remittances", content | changed)

    async def statement(self, *rows: str, dry_run: bool = False) -> httpx.Response:
        """Import lines `day of November,time,amount,text`; balances are worked out here."""
        lines, balance = ["date,time,amount,balance,description,reference"], 0
        for row in rows:
            day, time, amount, text = row.split(",", 3)
            balance += int(amount)
            lines.append(f"2026-11-{day},{time},{amount},{balance},{text},")
        return await self.csv("\n".join(lines), dry_run=dry_run)

    async def csv(
        self,
        text: str,
        profile: str = "jimpitan",
        *,
        dry_run: bool = False,
        accept_warnings: bool = False,
    ) -> httpx.Response:
        """Import a statement file as the treasurer."""
        wish = {"dry_run": dry_run, "accept_warnings": accept_warnings}
        return await self.client.post(
            "/api/v1/statements",
            params={"account": ACCOUNT, "profile": profile} | wish,
            content=text.encode(),
            headers=await self.authorized("treasurer") | {"Content-Type": "text/csv"},
        )

    async def money(self) -> tuple[int, int, int, int]:
        """Return the public figures: counted, confirmed, provisional, unattributed."""
        self.clock.step(seconds=2)
        figures = (await self.client.get("/totals.json")).json()
        names = ("counted_idr", "confirmed_idr", "provisional_idr", "unattributed_idr")
        return tuple(figures[name] for name in names)

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        async with self.program.database.read() as connection:
            rows = await connection.execute(select(func.count()).select_from(table))
            return int(rows.scalar_one())

    async def open_kinds(self) -> list[str]:
        """Return the kinds of the discrepancies that are open."""
        table = discrepancies
        async with self.program.database.read() as connection:
            statement = select(table.c.kind).where(table.c.resolved_at.is_(None))
            return sorted((await connection.execute(statement)).scalars())


def signed_s2(body: bytes, timestamp: str, path: str = DEFAULT_PATH) -> str:
    """Return the signature of a bank that signs with the asymmetric scheme of SNAP."""
    digest = hashlib.sha256(body).hexdigest()
    return snap.sign(
        algorithm=Algorithm.RSA_SHA256,
        encoding=Encoding.BASE64,
        key=SNAP["private_key_pem"].encode(),
        text=f"POST:{path}:{digest}:{timestamp}".encode(),
    )


def qris_of(terminal: str | None) -> str:
    """Return a synthetic code of the programme's merchant."""
    return compose(
        mpan=MPAN,
        nmid=NMID,
        merchant_name="KOTAK CONTOH 0017",
        city="LEBAK",
        terminal_label=terminal,
    )


@pytest.fixture
async def town(program: Program, clock: StepClock, client: httpx.AsyncClient) -> Town:
    """Return a server with a bank partner, and two sensor boxes that carry codes."""
    partner = BankPartner(
        partner_id=PARTNER,
        account=ACCOUNT,
        profile=profile_named("snap-asymmetric"),
        merchant_ids=(MERCHANT,),
    )
    account = Account(account_id=ACCOUNT, settlement=Settlement.PAYMENT)
    key = NewKey(purpose=KeyPurpose.NOTIFICATION, text=SNAP["public_key_pem"])
    await program.bank.add_partner(partner, account, [key], actor="test")
    # What these tests are about is money: the papers of counts have tests of their own.
    object.__setattr__(program.collections, "witness_demanded", False)
    there = Town(program, clock, client)
    for name, terminal in (("box-0017", "A17"), ("box-0018", "A18")):
        box = there.boxes[name] = FakeBox(name)
        await program.add_box(name, epoch=box.epoch, key=box.secret)
        await program.money.register_code(
            box=name, payload=qris_of(terminal), store_id=None, merchant_id=None
        )
    return there
