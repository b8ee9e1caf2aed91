"""The database keeps the history of configurations and rollouts, also one from before them."""

import asyncio

import pytest
from alembic import command
from fleet_town import PUBLISHER_KEY, answer_update, release_file
from jimpitan_server.adapters.database.append_only import PROTECTED
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.fleet_schema import rollout_boxes, rollouts
from jimpitan_server.adapters.database.migrate import config_for
from jimpitan_server.adapters.database.schema import boxes
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import Conflict, ServerError
from jimpitan_server.entrypoints.doctor import examine
from jimpitan_server.settings import Settings
from jimpitan_wire import records
from server_boxes import MASTER_KEY, FakeBox, StepClock
from server_town import bring, known, rows
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

pytestmark = pytest.mark.integration
HISTORY = (
    "configurations",
    "configuration_reports",
    "firmware_reports",
    "releases",
    "rollout_events",
)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return the settings of a fresh server that knows its publisher."""
    return Settings(database_url=database_url, master_key=MASTER_KEY, publisher_key=PUBLISHER_KEY)


async def started(program: Program, *names: str) -> list[FakeBox]:
    """Return boxes in a rollout that was started for all of them."""
    found = []
    for name in names:
        box = await known(program, FakeBox(name))
        await program.configurations.configure(name, {"zone_min": 480}, actor="a", reason=None)
        await bring(program, box, box.heartbeat(), box.stamp(records.CONFIG_APPLIED, {1: 1}))
        found.append(box)
    await program.rollouts.add_release(release_file(), actor="a")
    await program.rollouts.start(
        release="1.2.0", stages=["*"], failures_max=0, advance_permille=900, actor="a"
    )
    return found


@pytest.mark.parametrize("table", HISTORY)
async def test_history_of_boxes_refuses_to_be_changed(program: Program, table: str) -> None:
    (box,) = await started(program, "box-1")
    await answer_update(program, box, records.FIRMWARE_TRIED)
    column = "actor" if table in {"configurations", "releases", "rollout_events"} else "revision"
    column = "attempt" if table == "firmware_reports" else column
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with program.database.write() as connection:
                await connection.execute(text(statement))
    assert table in PROTECTED
    assert all(finding.is_fine for finding in await examine(program))


async def test_a_rollout_is_never_removed(program: Program) -> None:
    await started(program, "box-1")
    with pytest.raises(DBAPIError):
        async with program.database.write() as connection:
            await connection.execute(text("DELETE FROM rollouts"))
    assert len(await rows(program, rollouts, "state")) == 1


async def test_a_database_from_before_keeps_its_boxes(database_url: str, clock: StepClock) -> None:
    if not database_url.startswith("sqlite"):
        return  # where a database is made empty quickly; the steps are the same on both
    path = database_url.replace("jimpitan.db", "before.db")
    database = Database(path)

    def upgrade(connection: Connection) -> None:
        command.upgrade(config_for(connection), "0003")

    async with database.write() as connection:
        await connection.run_sync(upgrade)
        await connection.execute(
            text(
                "INSERT INTO boxes (box_id, created_at, epoch, tag_max, last_seen_at, firmware)"
                " VALUES ('box-old', 1, 1, x'', 5, '0.1.0')"
            )
        )
    await database.close()
    program = await build(Settings(database_url=path, master_key=MASTER_KEY), clock)
    await program.migrate()
    found = await rows(program, boxes, "box_id", "firmware", "configuration", "runs")
    assert found == [("box-old", "0.1.0", None, None)]
    await program.configurations.configure("box-old", {}, actor="a", reason=None)
    with pytest.raises(DBAPIError, match="keeps every row"):
        async with program.database.write() as connection:
            await connection.execute(text("DELETE FROM boxes"))
    await program.close()


async def test_two_servers_lead_one_rollout_once(
    program: Program, settings: Settings, clock: StepClock
) -> None:
    fakes = await started(program, *(f"box-{number:02}" for number in range(24)))
    other = await build(settings, clock)
    servers = (program, other)
    assert len(await rows(program, rollout_boxes, "box_id")) == 20
    for server, box in zip(servers * 12, fakes[:20], strict=False):
        await answer_update(server, box, records.FIRMWARE_CONFIRMED)
    outcomes = await asyncio.gather(
        *(server.rollouts.step() for server in servers * 4), return_exceptions=True
    )
    assert all(isinstance(one, int | ServerError) for one in outcomes)
    assert (
        sorted(await rows(program, rollout_boxes, "state", "attempt"))[-4:] == [("ordered", 1)] * 4
    )
    await program.rollouts.end(1, actor="a", reason="cukup")
    starts = await asyncio.gather(
        *(
            server.rollouts.start(
                release="1.2.0", stages=["*"], failures_max=0, advance_permille=1, actor="a"
            )
            for server in servers
        ),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, Conflict) for one in starts) == [False, True]
    assert len(await rows(program, rollouts, "rollout_id")) == 2
    await other.close()


async def test_a_polling_gateway_with_nothing_to_do_asks_two_questions(
    program: Program,
) -> None:
    from sqlalchemy import event

    await known(program, FakeBox())
    asked: list[str] = []
    engine = program.database.engine.sync_engine

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    await program._hand_out_commands("gw-1")  # type: ignore[arg-type]
    event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in asked if one.lstrip().startswith("SELECT")]) == 2


async def test_a_record_that_says_nothing_new_costs_no_statement_more(
    program: Program, clock: StepClock
) -> None:
    from sqlalchemy import event

    box = await known(program, FakeBox())
    await program.configurations.configure(box.box, {}, actor="a", reason=None)
    await bring(program, box, box.heartbeat(runs=b"", configuration=0))
    asked: list[str] = []
    engine = program.database.engine.sync_engine

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    clock.step(minutes=5)
    await bring(program, box, box.heartbeat(runs=b"", configuration=0))
    event.remove(engine, "before_cursor_execute", note)
    tables = ("configurations", "standing_orders", "rollout", "releases", "reports")
    assert [one for one in asked if any(table in one for table in tables)] == []
