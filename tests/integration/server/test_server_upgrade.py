"""From the first schema to this one: nothing is lost, a spool of 10,000 gets on, and back."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import components
import pytest
from jimpitan_gateway import relay as relaying
from jimpitan_gateway.spool import Message, Spool
from jimpitan_server.adapters.database.migrate import migrate_to, version_of
from jimpitan_server.adapters.database.schema import audit, boxes, records
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import Conflict
from jimpitan_server.domain.user import Role
from jimpitan_server.entrypoints import backup_check, cli_upgrade
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.entrypoints.cli_upgrade import sentence, upgraded
from jimpitan_server.settings import Settings
from server_boxes import GATEWAY, MASTER_KEY, FakeBox, StepClock
from server_town import bring, known, rows
from sqlalchemy import MetaData, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner

SPOOLED = 10_000
TABLES_FILLED_MIN = 13  # of the 17 of the first schema; the others keep what is rare
PASSWORD = "nasi liwet hangat"


@pytest.fixture(params=["sqlite", "postgresql"])
async def old(
    request: pytest.FixtureRequest, tmp_path: Path, clock: StepClock
) -> AsyncIterator[Program]:
    """Return a program on a database that has the first schema and no row."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path}/old.db"
    else:
        host = request.getfixturevalue("postgresql_server")
        name = f"old_{uuid.uuid4().hex}"
        connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        url = components.postgresql_url(host, name)
    program = await build(Settings(database_url=url, master_key=MASTER_KEY), clock)
    async with program.database.write() as writing:
        await migrate_to(writing, "0001")
    yield program
    await program.close()


async def reflected(connection: AsyncConnection) -> MetaData:
    found = MetaData()
    await connection.run_sync(found.reflect)
    return found


async def filled(old: Program, tmp_path: Path) -> tuple[FakeBox, int]:
    """Put into the old database what boxes and people left; return a box, and how many records.

    The rows are made by the program of today, and copied as far as the first schema has them.
    """
    url = f"sqlite+aiosqlite:///{tmp_path}/maker.db"
    maker = await build(old.settings.model_copy(update={"database_url": url}), old.clock)
    await maker.migrate()
    box = await known(maker, FakeBox())
    await maker.add_gateway(str(GATEWAY))
    await maker.add_user("siti", role=Role.AUDITOR, password=PASSWORD)
    await maker.make_enrolment_token()
    await maker.enrolment_public_key()
    await bring(maker, box, box.heartbeat(), *box.stamps(19))
    await bring(maker, box, b"no record at all")
    other = await known(maker, FakeBox("box-0002"))
    await bring(maker, other, *other.stamps(5)[::4])  # three are missing
    user = (await maker.log_in(login_name="siti", password=PASSWORD)).session.user_id
    await maker.open_collection(box.box, actor=user)
    async with maker.database.write() as connection:
        await append_audit(
            connection,
            at=old.clock.now(),
            actor="cli",
            action="box_tagged",
            subject="x",
            detail={},
        )
    async with maker.database.read() as reading, old.database.write() as writing:
        made, first = await reflected(reading), await reflected(writing)
        await writing.execute(text("DELETE FROM programme_totals"))
        filled_count = 0
        for table in first.sorted_tables:
            if table.name == "alembic_version":
                continue
            source = made.tables[table.name]
            shared = [one.name for one in table.columns if one.name in source.columns]
            found = await reading.execute(select(*(source.c[name] for name in shared)))
            copied = [dict(row) for row in found.mappings()]
            filled_count += bool(copied)
            if copied:
                await writing.execute(insert(table), copied)
    await maker.close()
    assert filled_count >= TABLES_FILLED_MIN
    return box, 20


class Door:
    """The server's door for records, as the gateway's relay sees it."""

    def __init__(self, program: Program, loop: asyncio.AbstractEventLoop) -> None:
        self._program, self._loop = program, loop

    def post(self, messages: Sequence[Message]) -> Any:
        """Hand a batch to the server and wait for its answer."""
        from jimpitan_server.services.accept import Delivery

        now = self._program.clock.now()
        deliveries = [Delivery(one.box, now, one.content) for one in messages]
        accepting = self._program.accept(deliveries, gateway=GATEWAY)
        accepted = asyncio.run_coroutine_threadsafe(accepting, self._loop).result(60)
        verdicts = [relaying.Verdict(not one.reasons) for one in accepted.receipts]
        return relaying.Answer(verdicts, [(one.box, one.message) for one in accepted.down])


def relay_all(spool: Spool, door: Door) -> None:
    """Relay until nothing waits."""
    relay = relaying.Relay(500)
    for _ in range(100):
        relaying.step_relay(relay, spool, door, 1)
        assert relay.failures == 0, relay.last_failure
        if relay.wait_ms < 0:
            return


async def test_first_schema_and_a_full_spool_come_to_this_version(
    old: Program, tmp_path: Path
) -> None:
    box, count = await filled(old, tmp_path)
    spool = Spool(tmp_path / "spool.db")
    spool.keep([Message(box.box, n, box.stamp()) for n in range(SPOOLED)])
    done = await upgraded(old, tmp_path / "backups")
    have, need = await version_of(old.database)
    assert (done.before, done.after, have, done.wrong) == ("0001", need, need, ())
    assert done.rows > count
    await asyncio.to_thread(relay_all, spool, Door(old, asyncio.get_running_loop()))
    assert spool.waiting() == 0
    spool.close()
    found = await rows(old, records, "box_id", "seq")
    numbers = [seq for owner, seq in found if owner == box.box]
    assert numbers == list(range(1, count + SPOOLED + 1))  # lost = doubled = 0
    reach = await rows(old, boxes, "box_id", "head_seq", "records", "gaps_open")
    assert reach == [(box.box, count + SPOOLED, count + SPOOLED, 0), ("box-0002", 1, 2, 1)]
    assert await old.log_in(login_name="siti", password=PASSWORD)
    assert (await upgraded(old, None)).before == need  # again changes nothing


async def test_way_back_holds_what_was_there_before(
    old: Program, tmp_path: Path, clock: StepClock
) -> None:
    _, count = await filled(old, tmp_path)
    done = await upgraded(old, tmp_path / "backups")
    assert done.backup in sentence(done)
    url = f"sqlite+aiosqlite:///{tmp_path}/back.db"
    back = await build(old.settings.model_copy(update={"database_url": url}), clock)
    try:
        manifest = await backup_check.desk_of(back).restore(Path(done.backup))
        assert manifest.revision == "0001"
        assert (await version_of(back.database))[0] == "0001"
        assert await backup_check.desk_of(back).differences(manifest) == []
        assert len(await rows(back, records, "seq")) == count + 2
        assert await rows(back, audit, "chain") == await rows(old, audit, "chain")
    finally:
        await back.close()


async def test_trial_that_fails_changes_nothing(
    old: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(old, tmp_path)

    async def wrong(*_: object, **__: object) -> tuple[None, list[str]]:
        return None, ["The custody ledger was changed at entry 7."]

    monkeypatch.setattr(backup_check, "verify", wrong)
    with pytest.raises(Conflict, match=r"Nothing was changed\..*entry 7"):
        await upgraded(old, tmp_path / "backups")
    assert (await version_of(old.database))[0] == "0001"


async def test_without_place_or_room_nothing_is_changed(
    old: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Conflict, match="--folder"):
        await upgraded(old, None)
    monkeypatch.setattr(cli_upgrade, "ROOM_BYTES_MIN", 10**18)
    with pytest.raises(Conflict, match="has room for"):
        await upgraded(old, tmp_path / "backups")
    async with old.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer version"):
        await upgraded(old, tmp_path / "backups")
    assert not (tmp_path / "backups").exists()


async def test_rows_that_an_upgrade_loses_are_told(
    old: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(old, tmp_path)
    migrate = Program.migrate

    async def losing(program: Program) -> str:
        reached = await migrate(program)
        if program is old:
            async with program.database.write() as connection:
                await connection.execute(text("DELETE FROM box_keys"))
        return reached

    monkeypatch.setattr(Program, "migrate", losing)
    done = await upgraded(old, tmp_path / "backups")
    assert done.wrong == ("2 rows of box_keys are gone.",)


async def of_version(version: str) -> None:
    """Let the database that the environment names have the schema of a version."""
    program = await build(Settings())
    async with program.database.write() as connection:
        await migrate_to(connection, version)
    await program.close()


def test_command_upgrades_and_says_how_to_go_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/x.db")
    empty = CliRunner().invoke(app, ["upgrade"])
    assert (empty.exit_code, "is empty" in empty.stderr) == (1, True)
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    same = CliRunner().invoke(app, ["upgrade"])
    assert (same.exit_code, "nothing was changed" in same.stdout) == (0, True)
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/y.db")
    asyncio.run(of_version("0018"))
    folder = str(tmp_path / "backups")
    done = CliRunner().invoke(app, ["upgrade", "--folder", folder, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["before"] == "0018"
