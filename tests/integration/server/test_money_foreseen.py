"""What new credits will answer is told before a statement is imported, and holds afterwards."""

import asyncio
import threading
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from jimpitan_server.adapters.database import near_rows
from jimpitan_server.adapters.database.money_schema import money_matches, statement_lines
from jimpitan_server.domain.books import Books
from jimpitan_server.domain.match import Match
from jimpitan_server.services import foresee
from jimpitan_server.services.foresee import FORESEEN_MAX
from money_town import ACCOUNT, Town, town
from sqlalchemy.ext.asyncio import AsyncConnection
from test_money_statement_page import HEADER, look

__all__ = ["town"]
pytestmark = pytest.mark.integration


def day(town: Town) -> str:
    """Return the bank's day of this moment, in November."""
    return (town.clock.now() + timedelta(hours=7)).strftime("%d")


async def dry(town: Town, *rows: str) -> dict[str, dict[str, int]]:
    answer = await town.statement(*rows, dry_run=True)
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[str, int]] = answer.json()["foreseen"]["outlooks"]
    return found


async def slip(town: Town, amount: int, reference: str) -> httpx.Response:
    counted = await town.count_cash()
    return await town.remit(amount, counted.json()["collection_id"], reference=reference)


async def test_each_new_credit_has_its_outlook(town: Town) -> None:
    await town.pay("REF0000001", 5_000)
    await slip(town, 20_500, "SLIP-001")
    await town.program.money.reconcile()
    on = day(town)
    rows = [
        f"{on},10:00,5000,QRIS REF0000001",
        f"{on},10:01,20500,SETOR TUNAI SLIP-001",
        f"{on},10:02,7000,QRIS",
        f"{on},10:03,9000,TRSF",
        f"{on},10:04,-500,ADM",
    ]
    outlooks = await dry(town, *rows)
    assert outlooks == {
        "remittance": {"lines": 1, "amount_idr": 20_500},
        "payments": {"lines": 1, "amount_idr": 5_000},
        "not_notified": {"lines": 1, "amount_idr": 7_000},
        "unexplained": {"lines": 1, "amount_idr": 9_000},
    }
    assert await town.count(statement_lines) == 0
    assert (await town.statement(*rows)).status_code == 201
    assert await dry(town, *rows) == {}


async def test_another_sum_is_foreseen_and_what_is_answered_answers_nothing_more(
    town: Town,
) -> None:
    await slip(town, 20_500, "SLIP-001")
    on = day(town)
    assert await dry(town, f"{on},10:01,20000,SETOR SLIP-001") == {
        "differs": {"lines": 1, "amount_idr": 20_000}
    }
    assert (await town.statement(f"{on},10:01,20500,SETOR SLIP-001")).status_code == 201
    assert await town.count(money_matches) > 0
    rows = (f"{on},10:01,20500,SETOR SLIP-001", f"{on},10:09,20500,SETOR SLIP-001")
    assert await dry(town, *rows) == {"unexplained": {"lines": 1, "amount_idr": 20_500}}


async def test_too_many_lines_are_looked_at_in_part_and_it_is_said(town: Town) -> None:
    on = day(town)
    rows = [f"{on},10:00,1000,TRSF A{number}" for number in range(FORESEEN_MAX + 7)]
    answer = (await town.statement(*rows, dry_run=True)).json()["foreseen"]
    assert answer["outlooks"] == {
        "unexplained": {"lines": FORESEEN_MAX, "amount_idr": FORESEEN_MAX * 1_000}
    }
    assert (answer["lines_left_out"], len(answer["to_look_at"])) == (7, 20)


async def test_the_page_says_what_new_credits_will_be(town: Town) -> None:
    await slip(town, 20_500, "SLIP-001")
    await town.enter("treasurer")
    on = f"2026-11-{day(town)}"
    text = HEADER + f"{on},10:00,20500,20500,SETOR SLIP-001,\n{on},10:05,900,21400,TRSF BUDI,\n"
    page = (await look(town, text, rekening=ACCOUNT)).text
    assert "Kredit baru ini akan menjadi" in page
    assert "persis sebuah setoran" in page
    assert "Yang perlu dibandingkan" in page
    assert "belum jelas dari mana" in page
    faulty = await look(town, text.replace("20500,20500", "20500,1"))
    assert "Kredit baru ini akan menjadi" not in faulty.text


async def test_nobody_waits_while_a_file_is_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count is kept in the midst of it, and answers go on: it is worked out in a thread."""
    read, match = near_rows.papers_near, foresee.match_at_once
    counted: list[int] = []
    threads: list[threading.Thread] = []

    async def reading(
        connection: AsyncConnection, account: str, *, first_on: date, last_on: date, now: datetime
    ) -> tuple[Books, list[Match]]:
        async with asyncio.timeout(5):
            counted.append((await town.count_cash()).status_code)
        return await read(connection, account, first_on=first_on, last_on=last_on, now=now)

    def matching(*papers: Any) -> list[Match]:
        threads.append(threading.current_thread())
        return match(*papers)

    monkeypatch.setattr(near_rows, "papers_near", reading)
    monkeypatch.setattr(foresee, "match_at_once", matching)
    assert await dry(town, f"{day(town)},10:03,9000,TRSF")
    assert counted == [201]
    assert threading.main_thread() not in threads
    assert len(threads) == 1
