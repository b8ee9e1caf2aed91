"""Notifications of every scheme: genuine ones in, once; everything else by its own code."""

import asyncio
import json

import pytest
from bank_town import SCHEMES, SECRET, SNAP_PATH, Bank, banks, earlier
from jimpitan_server.adapters.database.bank_schema import (
    bank_answers,
    bank_refusals,
    payment_hints,
)
from jimpitan_server.adapters.database.money_schema import notifications, payments
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.entrypoints.doctor import examine
from jimpitan_server.services.bank_message import TOKEN_SERVICE, too_many
from sqlalchemy import select

__all__ = ["banks"]
pytestmark = pytest.mark.integration
TOKEN_SCHEMES = ("snap-symmetric", "snap-symmetric-hex")
COVERING = tuple(scheme for scheme in SCHEMES if scheme != "nicepay-like")


async def refusals(bank: Bank) -> list[tuple[str, str, str]]:
    """Return (subject, code, reason) of what the audit trail kept."""
    table = bank_refusals
    async with bank.town.program.database.read() as connection:
        rows = await connection.execute(
            select(table.c.subject, table.c.code, table.c.reason).order_by(table.c.refusal_id)
        )
        return [(row[0], row[1], row[2]) for row in rows]


async def test_each_scheme_books_a_payment_once(banks: dict[str, Bank]) -> None:
    for scheme, bank in banks.items():
        body = bank.body(f"R-{scheme}", 1_000)
        pretty = json.dumps(json.loads(body), indent=2).encode()
        assert await bank.send(body) == "2005200"
        # Sent with blanks, signed without them, under another external id: the same payment.
        assert await bank.send(pretty, bank.headers(body)) == "2005200"
    town = banks["snap-symmetric"].town
    assert await town.count(payments) == len(COVERING)
    assert await town.count(payment_hints) == 1
    assert (await town.money())[2] == 1_000 * len(COVERING)
    assert await refusals(banks["snap-symmetric"]) == []


def wrong_messages(bank: Bank) -> dict[str, tuple[bytes, dict[str, str], str, str, str]]:
    """Return (body, headers, path, code, reason) of messages that must not be booked."""
    body = bank.body("R-WRONG")
    again = json.dumps(json.loads(bank.body("R-é"))).encode()
    fits = bank.headers(body)
    refused = "4015200"
    covers = bank.scheme != "nicepay-like"
    found = {
        "mis-signed": (body, fits | {"X-SIGNATURE": "QUJD"}, bank.path, refused, "signature"),
        "other key": (
            body,
            bank.headers(body, secret="another-secret-altogether")
            if bank.scheme in COVERING and bank.scheme != "snap-asymmetric"
            else fits | {"X-SIGNATURE": fits["X-SIGNATURE"].swapcase()},
            bank.path,
            refused,
            "signature",
        ),
        "wrong date": (
            body,
            fits | {"X-TIMESTAMP": earlier(bank.town, days=1)},
            bank.path,
            refused,
            "signature",
        ),
        "wrong path": (body, fits, "/v9.9/qr/qr-mpm-notify", refused, "path"),
        "no signature": (
            body,
            {name: value for name, value in fits.items() if name != "X-SIGNATURE"},
            bank.path,
            "4005202",
            "header",
        ),
        "long external id": (
            body,
            fits | {"X-EXTERNAL-ID": "9" * 65},
            bank.path,
            "4005201",
            "header",
        ),
    }
    if covers:
        tampered = body.replace(b"1000.00", b"9000.00")
        found["tampered"] = (tampered, fits, bank.path, refused, "signature")
        headers = bank.headers(json.dumps(json.loads(again), ensure_ascii=False).encode())
        found["re-serialised"] = (again, headers, bank.path, refused, "signature")
    return found


async def test_what_is_not_genuine_is_refused_by_its_code_and_leaves_a_trail(
    banks: dict[str, Bank],
) -> None:
    expected = []
    for scheme in SCHEMES:
        bank = banks[scheme]
        for name, (body, headers, path, code, reason) in wrong_messages(bank).items():
            assert await bank.send(body, headers, path) == code, (scheme, name)
            expected.append((bank.partner_id, code, reason))
    assert await refusals(bank) == expected
    assert await bank.town.count(notifications) == 0
    assert await bank.town.count(payments) == 0
    assert await bank.town.count(payment_hints) == 0


@pytest.mark.parametrize("scheme", TOKEN_SCHEMES)
async def test_a_token_is_needed_and_must_be_the_banks_own(
    banks: dict[str, Bank], scheme: str
) -> None:
    bank, other = banks[scheme], banks[TOKEN_SCHEMES[scheme == TOKEN_SCHEMES[0]]]
    own, body = bank.token, bank.body("R1")
    for token, code in (("", "4015203"), ("unknown", "4015201"), (other.token, "4015201")):
        bank.token = token
        assert await bank.send(body) == code
    bank.token = own
    headers = bank.headers(body) | {"Authorization": f"Basic {own}"}
    assert await bank.send(body, headers) == "4015203"
    assert await bank.town.count(payments) == 0
    assert await bank.send(body) == "2005200"
    first = bank.token
    bank.town.clock.step(seconds=600)
    await bank.take_token()
    second, bank.token = bank.token, first
    assert (second != first, await bank.send(bank.body("R2"))) == (True, "2005200")
    bank.town.clock.step(seconds=300)  # 900 s after the first was given
    assert await bank.send(bank.body("R3")) == "4015201"
    bank.token = second
    assert await bank.send(bank.body("R3")) == "2005200"
    reasons = [reason for _, _, reason in await refusals(bank)]
    assert reasons == ["token_missing", "token", "token", "token_missing", "token"]


async def test_a_hundred_copies_at_once_are_one_credit(banks: dict[str, Bank]) -> None:
    bank = banks["snap-symmetric"]
    body = bank.body("R1", 7_000)
    same = bank.headers(body)
    copies = [bank.send(body, same if number % 2 else None) for number in range(100)]
    assert set(await asyncio.gather(*copies)) == {"2005200"}
    assert await bank.town.count(payments) == 1
    assert await bank.town.count(notifications) == 51
    assert (await bank.town.money())[2] == 7_000


async def test_another_body_under_a_known_external_id_is_a_conflict_with_a_trail(
    banks: dict[str, Bank],
) -> None:
    for scheme in ("snap-symmetric", "nicepay-like"):
        bank = banks[scheme]
        one, other = bank.body("R1"), bank.body("R2")
        assert await bank.send(one, bank.headers(one, X_EXTERNAL_ID="1")) == "2005200"
        assert await bank.send(one, bank.headers(one, X_EXTERNAL_ID="1")) == "2005200"
        assert await bank.send(other, bank.headers(other, X_EXTERNAL_ID="1")) == "4095200"
    assert [code for _, code, _ in await refusals(banks["snap-symmetric"])] == ["4095200"] * 2
    assert await banks["snap-symmetric"].town.count(payments) == 1


async def test_a_payment_without_reference_is_one_however_late_it_comes_again(
    banks: dict[str, Bank],
) -> None:
    bank = banks["yokke-like"]
    fields = json.loads(bank.body("", rrn="123456789012"))
    del fields["additionalInfo"]
    body = json.dumps(fields).encode()
    headers = bank.headers(body)
    assert await bank.send(body, headers) == "2005200"
    bank.town.clock.step(days=2)
    assert await bank.send(body, headers | {"X-EXTERNAL-ID": "later"}) == "2005200"
    assert await bank.town.count(payments) == 1


async def test_a_header_only_message_out_of_its_time_is_refused(banks: dict[str, Bank]) -> None:
    bank = banks["nicepay-like"]
    body = bank.body("R1")
    headers = bank.headers(body)
    bank.town.clock.step(minutes=16)
    assert await bank.send(body, headers) == "4015200"
    assert await refusals(bank) == [(bank.partner_id, "4015200", "window")]
    assert await bank.town.count(payment_hints) == 0


async def test_a_refund_is_kept_whichever_comes_first(banks: dict[str, Bank]) -> None:
    bank = banks["snap-symmetric"]
    for reference, order in (("EARLY", ("04", "00")), ("LATE", ("00", "04"))):
        for status in order:
            body = bank.body(reference, latestTransactionStatus=status)
            assert await bank.send(body) == "2005200"
    assert await bank.town.open_kinds() == ["payment_refunded"] * 2


async def test_what_is_refused_is_kept_up_to_a_bound_and_counted_beyond(
    banks: dict[str, Bank],
) -> None:
    bank = banks["yokke-like"]
    program = bank.town.program
    program.bank.trail.kept_max = 3
    body = bank.body("R1")
    for _ in range(5):
        await bank.send(body, bank.headers(body) | {"X-SIGNATURE": "QUJD"})
        await bank.send(body, bank.headers(body) | {"X-PARTNER-ID": "STRANGER"})
    assert await bank.send(body) == "2005200"
    assert len(await refusals(bank)) == 6
    await program.maintain()
    await program.maintain()  # counted once
    async with program.database.read() as connection:
        rows = (await connection.execute(select(bank_answers))).mappings().all()
    day = bank_day(bank.town.clock.now())
    counted = {(row["subject"], row["code"]): row["answers"] for row in rows}
    assert {row["bank_day"] for row in rows} == {day}
    assert counted[bank.partner_id, "4015200"] == 5
    assert counted["-", "4015200"] == 5
    assert counted[bank.partner_id, "2005200"] == 1
    assert all(finding.is_fine for finding in await examine(program))


async def test_a_body_beyond_the_bound_is_refused_with_a_trail(banks: dict[str, Bank]) -> None:
    bank = banks["snap-symmetric"]
    assert await bank.send(b" " * (64 * 1024 + 1), bank.headers(b"")) == "4005200"
    assert await refusals(bank) == [(bank.partner_id, "4005200", "body")]


async def test_who_is_too_quick_is_told_in_the_words_of_banks(banks: dict[str, Bank]) -> None:
    from jimpitan_server.entrypoints.http import rate

    assert rate.door_of("POST", SNAP_PATH) is rate.BANK
    assert rate.door_of("POST", "/any/access-token/b2b") is rate.BANK
    assert rate.door_of("GET", "/") is rate.PUBLIC
    answer = rate._refusal("/x/access-token/b2b", rate.BANK)
    assert json.loads(bytes(answer.body))["responseCode"] == too_many(TOKEN_SERVICE).code
    assert json.loads(bytes(rate._refusal("/", rate.PUBLIC).body))["error"] == "too_many"


async def test_two_keys_overlap_and_a_revoked_one_counts_no_longer(
    banks: dict[str, Bank],
) -> None:
    from jimpitan_server.domain.partner import KeyPurpose
    from jimpitan_server.services.bank_partner import NewKey

    bank = banks["yokke-like"]
    desk, fresh = bank.town.program.bank, "the-next-secret-of-this-bank"
    new = NewKey(purpose=KeyPurpose.NOTIFICATION, text=fresh + "\n")
    number = await desk.add_key(bank.partner_id, new, actor="test")
    for secret in (SECRET, fresh):
        body = bank.body(f"R-{secret}")
        assert await bank.send(body, bank.headers(body, secret=secret)) == "2005200"
    (old,) = [
        key.key_id
        for view in await desk.partners()
        if view.partner.partner_id == bank.partner_id
        for key in view.keys
        if key.key_id != number
    ]
    await desk.revoke_key(bank.partner_id, old, actor="test")
    assert await bank.send(bank.body("R3")) == "4015200"
    body = bank.body("R4")
    assert await bank.send(body, bank.headers(body, secret=fresh)) == "2005200"
    await desk.revoke_partner(bank.partner_id, actor="test", reason="kontrak berakhir")
    assert await bank.send(body, bank.headers(body, secret=fresh)) == "4015200"
