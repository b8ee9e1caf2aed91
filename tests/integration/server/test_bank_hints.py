"""Hints: no money until the bank or the statement says so, and then once."""

from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from bank_town import Bank, one_bank
from fake_bank import CLIENT, QUERY, SECRET, STATEMENT, TOKEN, FakeBank, credit, running
from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.adapters.database.bank_schema import (
    bank_backfills,
    hint_progress,
    payment_hints,
    payment_refunds,
)
from jimpitan_server.adapters.database.money_schema import payments, statement_lines
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.bank_connection import BankConnection
from jimpitan_server.domain.partner import KeyPurpose
from jimpitan_server.services.bank_partner import NewKey
from money_town import MPAN, NMID, SNAP, qris_of
from server_boxes import StepClock
from sqlalchemy import select
from structlog.testing import capture_logs

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """Return what is logged meanwhile, whatever a command before made of the log."""
    with capture_logs() as found:
        yield found


@pytest.fixture
def far() -> Iterator[FakeBank]:
    """Return a bank that can be asked."""
    with running() as bank:
        yield bank


@pytest.fixture
async def bank(program: Program, clock: StepClock, client: httpx.AsyncClient) -> Bank:
    """Return the bank whose signature does not cover the body, with a code on one box."""
    found = await one_bank(program, clock, client, "nicepay-like")
    await found.town.program.money.register_code(
        box="box-0017", payload=qris_of("A17"), store_id=None, merchant_id=None
    )
    return found


@pytest.fixture
async def asked(bank: Bank, far: FakeBank) -> Bank:
    """Return that bank, connected; waiting steps the clock, and chance stands in the middle."""
    desk, clock = bank.town.program.bank, bank.town.clock

    async def pause(seconds: float) -> None:
        clock.step(microseconds=int(seconds * 1_000_000))

    desk.asking.outside = replace(desk.asking.outside, pause=pause, draw=lambda: 0.5)
    keys = [
        NewKey(purpose=KeyPurpose.REQUEST_KEY, text=SNAP["private_key_pem"]),
        NewKey(purpose=KeyPurpose.REQUEST_SECRET, text=SECRET),
    ]
    await desk.connect(connection(bank, far), keys, actor="test")
    return bank


def connection(bank: Bank, far: FakeBank, **changed: Any) -> BankConnection:
    given: dict[str, Any] = {
        "partner_id": bank.partner_id,
        "base_url": far.url,
        "client_id": CLIENT,
        "profile": profile_named("snap-symmetric"),
        "token_path": TOKEN,
        "query_path": QUERY,
    }
    return BankConnection(**given | changed)


async def outcomes(bank: Bank) -> list[str | None]:
    async with bank.town.program.database.read() as reading:
        rows = await reading.execute(
            select(hint_progress.c.outcome).order_by(hint_progress.c.hint_id)
        )
        return list(rows.scalars())


async def kept(bank: Bank) -> list[tuple[object, ...]]:
    table = payments
    async with bank.town.program.database.read() as reading:
        rows = await reading.execute(
            select(table.c.payment_key, table.c.amount_idr, table.c.box_id).order_by(
                table.c.payment_id
            )
        )
        return [tuple(row) for row in rows]


async def test_a_hint_is_shown_as_one_and_counts_nowhere(bank: Bank) -> None:
    town = bank.town
    assert await bank.send(bank.body("NICE-0001", 5_000)) == "2005200"
    assert await town.money() == (0, 0, 0, 0)
    matching = await town.program.money.reconcile()
    assert matching.matches == ()
    dossier = await town.client.get(
        "/api/v1/dossier/box-0017", headers=await town.authorized("auditor")
    )
    assert dossier.json()["qris"]["hints"] == {
        "count": 1,
        "claimed_idr": 5_000,
        "counted_in_totals": False,
    }
    assert dossier.json()["qris"]["payments"] == {}
    (view,) = [v for v in await town.program.bank.partners() if v.hints_open]
    assert view.partner.partner_id == bank.partner_id


async def test_the_bank_confirms_a_hint_when_asked_and_not_before_its_time(
    asked: Bank, far: FakeBank
) -> None:
    town, asking = asked.town, asked.town.program.bank.asking
    await asked.send(asked.body("NICE-0001", 5_000))
    far.payments["NICE-0001"] = {
        "latestTransactionStatus": "00",
        "amount": {"value": "5000.00", "currency": "IDR"},
        "terminalId": "A17",
        "additionalInfo": {"nmid": NMID, "mpan": MPAN},
        "originalReferenceNo": None,  # not every bank repeats it
    }
    town.clock.step(minutes=14)
    assert (await asking.step()).asked == 0
    town.clock.step(minutes=1)
    done = await asking.step()
    assert (done.asked, done.confirmed, done.failed) == (1, 1, 0)
    assert far.asked[0][1] == {"originalReferenceNo": "NICE-0001", "serviceCode": "47"}
    assert await kept(asked) == [("reference:NICE-0001", 5_000, "box-0017")]
    assert (await town.money())[2:] == (5_000, 0)
    assert (await asking.step()).asked == 0
    # The same message once more changes nothing.
    assert await asked.send(asked.body("NICE-0001", 5_000)) == "2005200"
    assert (await town.count(payments), await outcomes(asked)) == (1, ["query"])


async def test_what_the_bank_says_counts_and_not_what_the_hint_said(
    asked: Bank, far: FakeBank
) -> None:
    town, asking = asked.town, asked.town.program.bank.asking
    statuses = {"FORGED": "00", "FAILED": "06", "GIVENBACK": "04", "PENDING": "03"}
    for reference, status in statuses.items():
        await asked.send(asked.body(reference, 900_000))
        far.payments[reference] = {
            "latestTransactionStatus": status,
            "amount": {"value": "1000.00", "currency": "IDR"},
        }
    await asked.send(asked.body("UNKNOWN", 900_000))
    for _ in range(3):
        town.clock.step(hours=3)
        assert (await asking.step()).failed == 0
    assert await kept(asked) == [("reference:FORGED", 1_000, None)]
    assert await outcomes(asked) == ["query", "denied", "denied", None, "denied"]
    assert await town.count(payment_refunds) == 1
    assert await town.open_kinds() == ["payment_contradicted"]


async def test_a_bank_in_trouble_is_asked_again_with_one_token_and_patience(
    asked: Bank, far: FakeBank
) -> None:
    town, asking = asked.town, asked.town.program.bank.asking
    for number in (1, 2, 3):
        await asked.send(asked.body(f"NICE-000{number}"))
        far.payments[f"NICE-000{number}"] = {
            "latestTransactionStatus": "00",
            "amount": {"value": "1000.00"},
        }
    town.clock.step(minutes=15)
    far.failures = [503, 0, 504, 429]
    began = town.clock.now()
    done = await asking.step()
    assert (done.confirmed, done.failed, len(far.tokens)) == (3, 0, 1)
    assert town.clock.now() - began >= timedelta(seconds=4)
    far.tokens.append("another")  # the bank forgot ours before its time
    await asked.send(asked.body("NICE-0004"))
    town.clock.step(minutes=5)
    far.payments["NICE-0004"] = far.payments["NICE-0001"]
    town.clock.step(minutes=10)
    assert (await asking.step()).confirmed == 1
    assert len(far.tokens) == 3
    await asked.send(asked.body("NICE-0005"))
    town.clock.step(minutes=15)
    far.failures = [500] * 4
    assert (await asking.step()).failed == 1
    far.failures = [400]
    town.clock.step(minutes=40)
    assert (await asking.step()).failed == 1
    assert await outcomes(asked) == ["query"] * 4 + [None]


async def test_a_bank_that_cannot_be_reached_or_babbles_confirms_nothing(
    asked: Bank, far: FakeBank, logs: list[MutableMapping[str, Any]]
) -> None:
    asking = asked.town.program.bank.asking
    await asked.send(asked.body("NICE-0001"))
    asked.town.clock.step(minutes=15)
    far.payments["NICE-0001"] = {
        "latestTransactionStatus": "00",
        "originalReferenceNo": "ANOTHER",
        "amount": {"value": "1000.00"},
    }
    assert (await asking.step()).failed == 1
    await asking.connect(connection(asked, far, base_url="http://127.0.0.1:1"))
    asked.town.clock.step(hours=5)
    assert (await asking.step()).failed == 1
    assert await kept(asked) == []
    told = [(one["event"], one["partner"], one["error"]) for one in logs]
    assert told == [
        ("bank_query_failed", asked.partner_id, "malformed"),
        ("bank_query_failed", asked.partner_id, "bank_silent"),
    ]


async def test_a_statement_line_that_names_it_makes_a_hint_a_payment_once(bank: Bank) -> None:
    town = bank.town
    await bank.send(bank.body("NICE-0001", 5_000))
    await bank.send(bank.body("NICE-0002", 5_000, rrn="111122223333"))
    await bank.send(bank.body("NICE-0003", 5_000, rrn="111122223333"))  # forged beside it
    await bank.send(bank.body("NICE-0004", 9_000))
    await town.statement(
        "20,12:00,5000,QRIS NICE-0001",
        "20,12:00,5000,QRIS RRN 111122223333",
        "20,12:01,8000,QRIS NICE-0004",
    )
    assert await outcomes(bank) == ["statement", "statement", None, None]
    assert await kept(bank) == [
        ("reference:NICE-0001", 5_000, None),
        ("reference:NICE-0002", 5_000, None),
    ]
    figures = await town.money()
    assert (figures[1], figures[2]) == (18_000, 0)  # what stands on the statement, and no more
    town.clock.step(days=32)
    await town.program.maintain()
    assert await outcomes(bank) == ["statement", "statement", "unanswered", "unanswered"]


async def test_paying_is_a_hint_and_a_signed_success_ends_it(
    program: Program, clock: StepClock, client: httpx.AsyncClient
) -> None:
    bank = await one_bank(program, clock, client, "snap-asymmetric")
    paying = bank.body("PAY-00001", 2_000, latestTransactionStatus="02")
    assert await bank.send(paying) == "2005200"
    assert await bank.town.count(payments) == 0
    assert await bank.town.count(payment_hints) == 1
    assert await bank.send(bank.body("PAY-00001", 2_000)) == "2005200"
    await bank.town.statement("20,12:00,2000,QRIS PAY-00001")
    assert await outcomes(bank) == ["notified"]
    assert await bank.town.count(payments) == 1


async def test_unsigned_messages_are_bounded_in_a_day(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jimpitan_server.services import book_notification

    monkeypatch.setitem(book_notification.book.__kwdefaults__, "messages_max", 2)
    codes = [await bank.send(bank.body(f"NICE-000{number}")) for number in range(3)]
    assert codes == ["2005200", "2005200", "4295200"]
    assert await bank.town.count(payment_hints) == 2


async def test_statements_are_fetched_by_night_in_windows_and_match_what_never_was_told(
    asked: Bank, far: FakeBank
) -> None:
    town, desk = asked.town, asked.town.program.bank
    fetching = connection(
        asked,
        far,
        query_path=None,
        statement_path=STATEMENT,
        account_no="7123456789",
        statement_from=date(2026, 9, 1),
    )
    await desk.asking.connect(fetching)
    await asked.send(asked.body("NICE-0001", 5_000))
    far.lines = [
        credit("2026-11-20", 5_000, "QRIS NICE-0001", "T2"),
        credit("2026-11-20", 4_000, "QRIS NEVER-TOLD", "T1"),
        credit("2026-09-03", 1_000, "SETOR", "T0"),
    ]
    for _ in range(6):
        assert (await desk.asking.step()).failed == 0
    windows = [(c["fromDateTime"][:10], c["toDateTime"][:10]) for _, c, _ in far.asked]
    assert windows == [
        ("2026-09-01", "2026-10-01"),
        ("2026-09-29", "2026-10-29"),
        ("2026-10-27", "2026-11-19"),  # today is not over
    ]
    assert await town.count(statement_lines) == 1
    town.clock.step(hours=15)  # 01:00 WIB
    assert (await desk.asking.step()).statement_lines == 0
    town.clock.step(hours=2)
    assert (await desk.asking.step()).statement_lines == 2
    assert await outcomes(asked) == ["statement"]
    assert "payment_not_notified" in await town.open_kinds()
    assert (await town.money())[1] == 9_000
    far.changed = {"totalCreditEntries": {"amount": {"value": "99999.00"}}}
    town.clock.step(days=1)
    assert (await desk.asking.step()).failed == 1  # a page of it is missing: nothing is taken
    assert (await desk.asking.step()).failed == 0  # and it is not asked again at once
    assert await backfill(asked) == (date(2026, 11, 20), 1)
    far.changed = {}
    town.clock.step(minutes=5)
    await desk.asking.step()
    assert await backfill(asked) == (date(2026, 11, 21), 0)
    assert await town.count(statement_lines) == 3


async def backfill(bank: Bank) -> tuple[date, int]:
    """Return how far the statement is, and how often in a row it failed."""
    async with bank.town.program.database.read() as reading:
        row = (await reading.execute(select(bank_backfills))).mappings().one()
    return row["done_until"], row["attempts"]
