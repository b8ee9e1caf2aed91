"""The commands about discrepancies, as an admin or a script types them."""

import asyncio
import json
from pathlib import Path

import pytest
from jimpitan_server.adapters.database.container_rows import DatabaseContainers
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.user import Role, User
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.settings import load_settings
from server_boxes import FRIDAY, MASTER_KEY
from typer.testing import CliRunner

pytestmark = pytest.mark.integration


async def prepare() -> None:
    program = await build(load_settings())
    await program.migrate()
    found = [
        Discrepancy(
            kind="remittance_differs",
            severity=Severity.CRITICAL,
            subject=box,
            found_at=FRIDAY,
            box=BoxId(box),
            evidence={"expected_idr": 500_000, "arrived_idr": arrived},
        )
        for box, arrived in (("box-1", 495_000), ("box-2", 250_000))
    ]
    async with program.database.write() as connection:
        await raise_discrepancies(connection, found)
        for role in (Role.TREASURER, Role.AUDITOR):
            person = User(
                user_id=UserId(f"user-{role}"), login_name=role, role=role, password_hash="none"
            )
            await DatabaseUsers(connection).add_user(person, now=FRIDAY)
    await program.close()


@pytest.fixture
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'jimpitan.db'}")
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("COLUMNS", "200")
    asyncio.run(prepare())


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["discrepancy", *words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.usefixtures("_database")
def test_cases_are_listed_shown_and_resolved() -> None:
    listed = json.loads(run("list", "--order", "amount", "--json"))
    assert [(one["discrepancy_id"], one["at_stake_idr"]) for one in listed["discrepancies"]] == [
        (2, 250_000),
        (1, 5_000),
    ]
    assert "Rp\u00a0250.000" in run("list", "--box", "box-2")
    ending = ("--code", "accepted_difference", "--reason", "tidak sepadan")
    assert "is resolved" in run("resolve", "1", *ending, "--by", "treasurer")
    waiting = json.loads(run("resolve", "2", *ending, "--by", "treasurer", "--json"))
    assert waiting["state"] == "waiting"
    shown = json.loads(run("show", "2", "--json"))
    assert (shown["proposal"]["by"], shown["discrepancy"]["state"]) == (
        "user-treasurer",
        "waiting",
    )
    assert "treasurer resolved: code=accepted_difference" in run("show", "1")
    assert "has ended" in run("resolve", "1", *ending, "--by", "treasurer", code=1)
    assert "an admin acts" in run("resolve", "2", *ending, "--by", "auditor", code=1)
    assert "Nobody logs in" in run("resolve", "2", *ending, "--by", "nobody", code=1)
    assert "no discrepancy 9" in run("show", "9", code=1)


@pytest.mark.usefixtures("_database")
def test_figures_are_told_by_box_and_by_institution() -> None:
    by_box = json.loads(run("statistics", "--json"))
    assert [(one["box"], one["open"]) for one in by_box["boxes"]] == [("box-1", 1), ("box-2", 1)]
    assert json.loads(run("statistics", "--by", "host", "--json"))["hosts"] == []
    asyncio.run(place("box-1", "Masjid Contoh"))
    (host,) = json.loads(run("statistics", "--by", "host", "--json"))["hosts"]
    assert (host["host"], host["too_few"]) == ("Masjid Contoh", True)
    assert "too few counts to say" in run("statistics", "--by", "host")
    assert "box-2" in run("statistics")


async def place(box: str, host: str) -> None:
    program = await build(load_settings())
    async with program.database.write() as connection:
        await DatabaseContainers(connection).add_placement(
            BoxId(box), site="teras", host=host, actor="cli", now=FRIDAY
        )
    await program.close()
