"""How an account settles, changed from a day on, on both databases and by command."""

import json
from datetime import date

import pytest
from jimpitan_server.adapters.bank_holidays import bank_calendar
from jimpitan_server.adapters.database.money_schema import account_settlements
from jimpitan_server.adapters.database.money_store import DatabaseMoney
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.services.partner import add_account
from money_town import ACCOUNT, Town, town
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from test_server_cli import CommandLine, command

__all__ = ["command", "town"]
pytestmark = pytest.mark.integration


async def settle(town: Town, profile: str, day: int) -> None:
    await town.program.money.settle_by(
        ACCOUNT, profile=profile, valid_from=date(2026, 11, day), actor="user-admin"
    )


async def test_a_batch_is_known_when_the_account_settles_by_batches(town: Town) -> None:
    for number, amount in enumerate((1_000, 2_000)):
        assert await town.pay(f"REF-{number}", amount, terminalId="A17") == "2005200"
    town.clock.step(days=1)
    await town.statement("21,09:00:00,3000,QRIS SETTLEMENT")
    before = await town.money()
    assert before[1:3] == (3_000, 3_000)  # a credit that nobody notified, and two that wait
    await settle(town, "daily", 1)
    await town.program.money.reconcile()
    assert (await town.money())[1:3] == (3_000, 0)
    await settle(town, "payment", 1)
    (account,) = await town.program.money.accounts()
    assert account.changes == ((date(2026, 11, 1), "payment"),)
    assert await town.count(account_settlements) == 2
    with pytest.raises(DBAPIError, match="append-only"):
        async with town.program.database.write() as connection:
            await connection.execute(delete(account_settlements))


async def test_what_nobody_knows_is_refused(town: Town) -> None:
    with pytest.raises(ProfileMalformed, match="no settlement profile"):
        await settle(town, "gratis", 1)
    with pytest.raises(NotFound):
        await town.program.money.settle_by(
            "bsi-9", profile="daily", valid_from=date(2026, 11, 1), actor="x"
        )


async def test_an_account_that_changed_is_still_the_same_account(town: Town) -> None:
    await settle(town, "daily", 1)
    async with town.program.database.write() as connection:
        same = Account(account_id=ACCOUNT, settlement=Settlement.PAYMENT)
        await add_account(DatabaseMoney(connection), same, town.clock.now())


async def test_an_account_is_settled_by_command(town: Town, command: CommandLine) -> None:
    told = await command.asks("account", "settle", ACCOUNT, "bca-umi", "--from", "2026-11-01")
    assert told == {"account": ACCOUNT, "profile": "bca-umi", "from": "2026-11-01"}
    listed = await command.asks("account", "list")
    assert listed == [{"account": ACCOUNT, "settlement": "payment, bca-umi from 2026-11-01"}]
    assert "bca-umi from 2026-11-01" in (await command("account", "list")).output
    profiles = await command.asks("account", "profiles")
    assert {one["profile"] for one in profiles} >= {"daily", "t-plus-2"}
    assert not any(one["verified"] for one in profiles)
    assert "cutoffs=['04:00'" in (await command("account", "profiles")).output
    wrong = await command("account", "settle", ACCOUNT, "gratis", "--from", "2026-11-01")
    assert wrong.exit_code == 1
    assert json.dumps("known are")[1:-1] in wrong.output


def test_banks_rest_at_eid_and_on_the_days_an_office_adds() -> None:
    calendar = bank_calendar(date(2026, 11, 20), (date(2026, 11, 23),))
    assert not calendar.is_open(date(2026, 3, 20))
    assert not calendar.is_open(date(2026, 11, 23))
    assert calendar.is_open(date(2026, 11, 24))
