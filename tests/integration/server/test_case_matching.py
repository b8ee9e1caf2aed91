"""Matching and people on the same case: what comes back with other numbers goes on."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from alembic import command
from case_town import act, differing, get, raised
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.matched_cases import exchange_cases
from jimpitan_server.adapters.database.migrate import config_for
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.money_discrepancies import MoneyFinding
from jimpitan_server.entrypoints.doctor import examine
from jimpitan_server.settings import Settings
from money_town import Town, town
from server_boxes import MASTER_KEY, StepClock
from server_town import rows
from sqlalchemy import Connection, text

__all__ = ["town"]
pytestmark = pytest.mark.integration
LOSS = {"code": "loss", "reason": "hilang di jalan"}


async def match(town: Town, *found: Discrepancy) -> None:
    town.clock.step(minutes=1)
    async with town.program.database.write() as connection:
        await exchange_cases(connection, found, town.clock.now(), kinds=list(MoneyFinding))


async def happened(town: Town, number: int) -> Sequence[tuple[str, str]]:
    events = (await get(town, "admin", f"/{number}")).json()["events"]
    return [(one["actor"], one["event"]) for one in events]


async def test_what_matching_ends_and_finds_again_is_told_as_events(town: Town) -> None:
    found = differing(town, "a", 5_000)
    (number,) = await raised(town, found)
    await match(town, found)
    assert await happened(town, number) == []
    await match(town)
    await match(town)
    await match(town, found)
    assert await happened(town, number) == [("matching", "resolved"), ("matching", "reopened")]
    assert await rows(town.program, discrepancies, "state", "resolved_by") == [("open", None)]
    assert all(one.is_fine for one in await examine(town.program))


async def test_what_a_person_ended_stays_so_while_its_numbers_do(town: Town) -> None:
    found = differing(town, "a", 5_000)
    (number,) = await raised(town, found)
    await act(town, "admin", number, "resolved", **LOSS)
    reworded = replace(found, evidence=dict(found.evidence) | {"reason": "in other words"})
    await match(town, found)
    await match(town, reworded)
    await match(town)
    assert await happened(town, number) == [("user-admin", "resolved")]
    await match(town, differing(town, "a", 700_000))
    shown = (await get(town, "admin", f"/{number}")).json()
    assert shown["events"][1]["detail"] == {"changed": {"arrived_idr": [995_000, 300_000]}}
    case = shown["discrepancy"]
    assert (case["state"], case["at_stake_idr"]) == ("open", 700_000)
    assert (case["severity"], case["severity_raised"]) == ("critical", "notice")
    assert all(one.is_fine for one in await examine(town.program))


async def test_a_proposal_about_other_numbers_waits_no_longer(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 150_000))
    await act(town, "treasurer", number, "resolved", **LOSS)
    await match(town, differing(town, "a", 150_000))
    assert await rows(town.program, discrepancies, "state") == [("waiting",)]
    await match(town, differing(town, "a", 160_000))
    assert await rows(town.program, discrepancies, "state") == [("open",)]
    await act(town, "treasurer", number, "resolved", **LOSS)
    await match(town)
    row = await rows(town.program, discrepancies, "state", "resolved_by", "resolution_code")
    assert row == [("resolved", "matching", "explained")]


async def test_an_open_case_is_told_its_new_numbers(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    await match(town, differing(town, "a", 6_000))
    assert await happened(town, number) == [("matching", "commented")]
    ((evidence, stake),) = await rows(town.program, discrepancies, "evidence", "at_stake_idr")
    assert (json.loads(str(evidence))["arrived_idr"], stake) == (994_000, 6_000)


async def test_the_real_matching_ends_a_case_when_the_money_came(town: Town) -> None:
    one = (await town.count_cash()).json()["collection_id"]
    wrong = (await town.remit(9_999, one)).json()["remittance_id"]
    await town.program.money.reconcile()
    (case,) = (await get(town, "admin")).json()["discrepancies"]
    assert (case["kind"], case["at_stake_idr"], case["severity"]) == (
        "remittance_differs",
        10_501,
        "notice",
    )
    reason = {"reason": "the slip says another amount"}
    await town.send("treasurer", f"/api/v1/remittances/{wrong}/void", reason)
    await town.remit(20_500, one)
    await town.program.money.reconcile()
    assert (await get(town, "admin")).json()["discrepancies"] == []
    assert await happened(town, case["discrepancy_id"]) == [("matching", "resolved")]


BEFORE = (
    "INSERT INTO discrepancies (kind, subject, severity, evidence, found_at, due_at, resolved_at,"
    " resolved_by, resolution_code, resolution_reason) VALUES"
    " ('remittance_differs', 'a', 'critical', :sums, 1, 2, 3000000, 'user-1', 'loss', 'hilang'),"
    " ('remittance_differs', 'b', 'critical', :sums, 1, 2, 3000000, 'matching', 'explained',"
    " NULL),"
    " ('fishing', 'c', 'critical', '{}', 1, 2, NULL, NULL, NULL, NULL)"
)


async def test_a_database_from_before_keeps_its_endings(
    database_url: str, clock: StepClock
) -> None:
    if not database_url.startswith("sqlite"):
        return  # where a database is made empty quickly; the steps are the same on both
    path = database_url.replace("jimpitan.db", "before.db")
    database = Database(path)

    def upgrade(connection: Connection) -> None:
        command.upgrade(config_for(connection), "0010")

    async with database.write() as connection:
        await connection.run_sync(upgrade)
        sums = json.dumps({"expected_idr": 9_000, "arrived_idr": 2_000})
        await connection.execute(text(BEFORE), {"sums": sums})
    await database.close()
    program = await build(Settings(database_url=path, master_key=MASTER_KEY), clock)
    await program.migrate()
    kept = await rows(
        program, discrepancies, "subject", "state", "at_stake_idr", "severity_at_stake"
    )
    assert kept == [
        ("a", "resolved", 7_000, "critical"),
        ("b", "resolved", 7_000, "critical"),
        ("c", "open", None, "critical"),
    ]
    history = await program.cases.history(1)
    assert history.case.ending is not None
    assert (history.case.ending.by, history.case.ending.reason) == ("user-1", "hilang")
    assert await program.cases.first_broken() is None
    await program.close()
