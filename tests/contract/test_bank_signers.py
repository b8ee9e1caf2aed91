"""Acquirers' own libraries and the server agree on what is signed, both ways."""

import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import components
import pytest
from components import ROOT
from jimpitan_server.adapters import snap
from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.domain.notification import parse_instant
from jimpitan_server.domain.partner import BankPartner, KeyPurpose, PartnerKey
from jimpitan_server.domain.signing import Algorithm, Encoding
from jimpitan_server.services.bank_message import Message, Refused
from jimpitan_server.services.issue_token import check_token_request
from jimpitan_server.services.notify import Examined, check_headers, examine
from server_boxes import FRIDAY

SNAP = json.loads((ROOT / "tests/contract/snap-s2-vectors.json").read_text(encoding="utf-8"))
SIGNERS = ROOT / "tests" / "contract"
PATH, TOKEN_PATH, CLIENT = "/v1.0/qr/qr-mpm-notify", "/v1.0/access-token/b2b", "BANK-1"
TOKEN, SECRET, TIMESTAMP = "t0ken", "the-secret-that-we-share", "2026-11-20T10:00:00+07:00"
BODIES: tuple[dict[str, Any], ...] = (
    {
        "originalReferenceNo": "R1",
        "latestTransactionStatus": "00",
        "amount": {"value": "1000.00", "currency": "IDR"},
    },
    {
        "originalReferenceNo": "R2",
        "latestTransactionStatus": "00",
        "amount": {"value": "25000.00", "currency": "IDR"},
        "additionalInfo": {
            "note": "sedekah  untuk / infak",
            "nama": "Siti Núr ☪",
            "list": [1, {}],
        },
    },
)


def partner(name: str) -> BankPartner:
    """Return a partner of a profile whose keys have counted for long."""
    profile = profile_named(name)
    is_secret = profile.algorithm is Algorithm.HMAC_SHA512
    materials = {
        KeyPurpose.NOTIFICATION: SECRET if is_secret else SNAP["public_key_pem"],
        KeyPurpose.TOKEN: SNAP["public_key_pem"],
    }
    keys = [
        PartnerKey(
            key_id=number,
            purpose=purpose,
            material=material.encode(),
            valid_from=FRIDAY - timedelta(days=365 * 50),
        )
        for number, (purpose, material) in enumerate(materials.items())
    ]
    return BankPartner(partner_id=CLIENT, account="a", profile=profile, keys=tuple(keys))


def message(body: bytes, path: str = PATH, **headers: str) -> Message:
    """Return a request that comes at the moment it names."""
    lower = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    received_at = parse_instant(lower["x-timestamp"])
    assert received_at is not None
    return Message(headers=lower, path=path, body=body, received_at=received_at)


def is_taken(found: BankPartner, told: Message) -> bool:
    """Tell whether the server believes a notification."""
    assert check_headers(told, found) is None
    examined = examine(told, found, snap.is_signed)
    assert isinstance(examined, Examined | Refused)
    return isinstance(examined, Examined)


def ours(body: str) -> str:
    """Return what we would sign as a bank of the asymmetric scheme."""
    digest = hashlib.sha256(body.encode()).hexdigest()
    return snap.sign(
        algorithm=Algorithm.RSA_SHA256,
        encoding=Encoding.BASE64,
        key=SNAP["private_key_pem"].encode(),
        text=f"POST:{PATH}:{digest}:{TIMESTAMP}".encode(),
    )


def plain(body: dict[str, Any]) -> str:
    """Return a body as JavaScript writes it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def answers(words: list[str], cases: list[dict[str, Any]], path: Path | None = None) -> Any:
    """Return what a library answered to cases."""
    asked = {
        "cases": cases,
        "private_key_pem": SNAP["private_key_pem"],
        "public_key_pem": SNAP["public_key_pem"],
    }
    done = subprocess.run(
        words,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(path)} if path else None,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def of_midtrans() -> Any:
    node, _ = components.midtrans()
    cases = [
        {
            "body": body,
            "path": PATH,
            "token": TOKEN,
            "secret": SECRET,
            "timestamp": TIMESTAMP,
            "client": CLIENT,
            "asymmetric": ours(plain(body)),
        }
        for body in BODIES
    ]
    cases.append(cases[0] | {"asymmetric": ours(plain(BODIES[1]))})
    return answers([node, str(SIGNERS / "sign_midtrans.mjs")], cases)


@cache
def of_dana() -> Any:
    folder = components.dana()
    cases = [
        {
            "body": plain(body),
            "path": PATH,
            "client": CLIENT,
            "timestamp": TIMESTAMP,
            "asymmetric": ours(plain(body)),
        }
        for body in BODIES
    ]
    cases.append(cases[0] | {"asymmetric": ours(plain(BODIES[1]))})
    return answers([sys.executable, str(SIGNERS / "sign_dana.py")], cases, folder)


def wire_forms(body: str) -> list[bytes]:
    """Return a body as it may come: as signed, and with blanks between its tokens."""
    return [body.encode(), json.dumps(json.loads(body), indent=3, ensure_ascii=False).encode()]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_the_symmetric_signature_of_midtrans_is_taken_as_sent_and_with_blanks(number: int) -> None:
    answer = of_midtrans()[number]
    headers = {
        "X_PARTNER_ID": CLIENT,
        "X_EXTERNAL_ID": "1",
        "X_TIMESTAMP": TIMESTAMP,
        "X_SIGNATURE": answer["symmetric"],
        "AUTHORIZATION": f"Bearer {TOKEN}",
    }
    found = partner("snap-symmetric")
    for body in wire_forms(answer["body"]):
        assert is_taken(found, message(body, **headers))
        assert not is_taken(found, message(body.replace(b"00.00", b"01.00"), **headers))
        assert not is_taken(found, message(body, **headers | {"AUTHORIZATION": "Bearer x"}))
    rewritten = json.dumps(json.loads(answer["body"]), separators=(",", ":")).encode()
    is_the_same = rewritten == answer["body"].encode()  # letters outside ASCII come out otherwise
    assert is_taken(found, message(rewritten, **headers)) is is_the_same is (number == 0)


def test_the_token_request_of_midtrans_is_believed() -> None:
    headers = {
        "X_CLIENT_KEY": CLIENT,
        "X_TIMESTAMP": TIMESTAMP,
        "X_SIGNATURE": of_midtrans()[0]["token"],
    }
    body = b'{"grant_type":"client_credentials"}'  # as its library writes it
    told = message(body, TOKEN_PATH, **headers)
    assert check_token_request(told, partner("snap-symmetric"), snap.is_signed) is None
    other = message(body, TOKEN_PATH, **headers | {"X_TIMESTAMP": "2026-11-20T10:00:01+07:00"})
    assert check_token_request(other, partner("snap-symmetric"), snap.is_signed) is not None


def test_midtrans_takes_our_asymmetric_signatures_and_no_foreign_ones() -> None:
    assert [one["verified"] for one in of_midtrans()] == [True, True, False]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_the_notification_of_dana_is_taken_as_sent_and_with_blanks(number: int) -> None:
    headers = of_dana()[number]["headers"] | {"X-PARTNER-ID": CLIENT}
    found = partner("snap-asymmetric")
    for body in wire_forms(plain(BODIES[number])):
        assert is_taken(found, message(body, **headers))
        assert not is_taken(found, message(body.replace(b"00.00", b"01.00"), **headers))


def test_the_token_request_of_dana_is_believed() -> None:
    told = message(
        b'{"grantType":"client_credentials"}', TOKEN_PATH, **of_dana()[0]["token_headers"]
    )
    assert check_token_request(told, partner("snap-symmetric"), snap.is_signed) is None


def test_dana_takes_our_asymmetric_signatures_and_no_foreign_ones() -> None:
    assert [one["verified"] for one in of_dana()] == [True, True, False]
