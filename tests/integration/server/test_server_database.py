"""The database keeps what the program promises: whole transactions, history that only grows."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from jimpitan_server.adapters.database import money_schema, schema
from jimpitan_server.adapters.database.append_only import PROTECTED
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.metadata import metadata
from jimpitan_server.adapters.database.migrate import migrate, version_of
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import Misconfigured, Unavailable
from jimpitan_server.entrypoints.doctor import examine
from jimpitan_server.settings import Settings
from server_boxes import FRIDAY, FakeBox, StepClock
from server_town import bring, known, rows
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

ONE_GATEWAY = {"gateway_id": "gw-9", "token_sha256": b"9" * 32, "created_at": FRIDAY}


async def gateways(database: Database) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(schema.gateways))).all())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET deposits = 9",
        "UPDATE records SET raw = raw WHERE seq = 2",
        "DELETE FROM records",
        "DELETE FROM records WHERE seq = 1",
        "UPDATE quarantine SET reason = ''",
        "DELETE FROM quarantine",
        "DELETE FROM boxes",
    ],
)
async def test_history_refuses_to_be_changed(program: Program, statement: str) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(3))
    await bring(program, box, b"junk")
    with pytest.raises(DBAPIError, match=r"append-only|keeps every row"):
        async with program.database.write() as connection:
            await connection.execute(text(statement))
    assert len(await rows(program, schema.records, "seq")) == 3
    assert await rows(program, schema.quarantine, "reason") == [("malformed",)]


async def test_replacing_a_row_is_refused_too(program: Program) -> None:
    if program.database.dialect != "sqlite":
        return  # INSERT OR REPLACE exists only there
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp())
    statement = "INSERT OR REPLACE INTO records SELECT * FROM records"
    with pytest.raises(DBAPIError, match="append-only"):
        async with program.database.write() as connection:
            await connection.execute(text(statement))


async def test_doctor_sees_that_a_table_lost_its_protection(program: Program) -> None:
    assert all(finding.is_fine for finding in await examine(program))
    drop = "DROP TRIGGER records_no_update"
    drops = [drop, "DROP TRIGGER records_no_delete"]
    if program.database.dialect == "postgresql":
        drops = ["DROP TRIGGER records_append_only ON records"]
    async with program.database.write() as connection:
        for statement in drops:
            await connection.execute(text(statement))
    findings = {finding.name: finding for finding in await examine(program)}
    assert not findings["append_only"].is_fine
    assert "records" in findings["append_only"].sentence
    assert "records" in PROTECTED


async def test_failing_transaction_leaves_neither_rows_nor_tables(program: Program) -> None:
    async def fails() -> None:
        async with program.database.write() as connection:
            await connection.execute(text("CREATE TABLE passing (n INTEGER)"))
            await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
            await connection.execute(text("INSERT INTO passing VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await gateways(program.database) == 0
    with pytest.raises(DBAPIError):
        async with program.database.read() as connection:
            await connection.execute(text("SELECT * FROM passing"))


async def test_failing_statement_leaves_what_came_before_it_undone(program: Program) -> None:
    async def fails() -> None:
        async with program.database.write() as connection:
            await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
            await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))

    with pytest.raises(DBAPIError):
        await fails()
    assert await gateways(program.database) == 0


async def test_savepoint_is_undone_without_the_rest(program: Program) -> None:
    async with program.database.write() as connection:
        await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
        with pytest.raises(DBAPIError):
            async with connection.begin_nested():
                await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
    assert await gateways(program.database) == 1


async def test_cancelled_transaction_leaves_nothing(program: Program) -> None:
    entered = asyncio.Event()

    async def never_ends() -> None:
        async with program.database.write() as connection:
            await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gateways(program.database) == 0
    async with program.database.write() as connection:
        await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
    assert await gateways(program.database) == 1


async def test_reading_transaction_keeps_nothing(program: Program) -> None:
    async with program.database.read() as connection:
        await connection.execute(insert(schema.gateways).values(ONE_GATEWAY))
    assert await gateways(program.database) == 0


async def test_two_servers_on_one_database_count_each_record_once(
    program: Program, settings: Settings, clock: StepClock
) -> None:
    other = await build(settings, clock)
    boxes = [await known(program, FakeBox(f"box-{number}")) for number in range(4)]
    messages = [(box, box.stamps(10)) for box in boxes for _ in range(5)]
    results = await asyncio.gather(
        *(bring(server, box, *message) for server in (program, other) for box, message in messages)
    )
    assert sum(accepted.stored for accepted in results) == 200
    assert sum(accepted.receipts[0].duplicate for accepted in results) == 200
    found = await rows(program, schema.boxes, "deposits", "head_seq", "down_counter")
    assert found == [(50, 50, 10)] * 4
    assert (await other.live.latest()).sensed.deposits == 200
    await other.close()


async def test_key_of_a_new_epoch_is_known_to_every_server_at_once(
    program: Program, settings: Settings, clock: StepClock
) -> None:
    other = await build(settings, clock)
    box = await known(program, FakeBox())
    await bring(other, box, box.stamp())
    new = box.renewed(2)
    await program.add_box(new.box, epoch=2, key=new.secret)
    accepted = await bring(other, new, new.start_epoch(box))
    assert accepted.receipts[0].stored == 1
    accepted = await bring(program, box, box.sign(seq=9))
    assert accepted.receipts[0].reasons == ["epoch_ended"]
    await other.close()


async def test_migrations_lead_to_the_schema_the_program_uses(program: Program) -> None:
    assert money_schema.__name__ != schema.__name__  # both fill the one metadata

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with program.database.read() as connection:
        assert await connection.run_sync(differences) == []
    have, need = await version_of(program.database)
    assert have == need
    assert await migrate(program.database) == need


async def test_master_key_of_another_database_is_named_as_such(
    program: Program, settings: Settings
) -> None:
    await program.enrolment_public_key()
    other_key = "zg7kB0wNQnJ2m3m3f1rR7p0aHq1cYwLw4lqJc8bSxTU="
    other = await build(Settings(database_url=settings.database_url, master_key=other_key))
    with pytest.raises(Misconfigured, match="JIMPITAN_MASTER_KEY does not fit"):
        await other.enrolment_public_key()
    await other.close()


async def test_missing_database_is_unavailable_not_a_bug() -> None:
    for url in (
        "sqlite+aiosqlite:////nowhere/at/all.db",
        "postgresql+asyncpg://nobody@127.0.0.1:9/none",
    ):
        database = Database(url)
        with pytest.raises(Unavailable):
            async with database.read() as connection:
                await connection.execute(text("SELECT 1"))
        await database.close()


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///:memory:", "mysql://x", "sqlite:///x.db"])
def test_database_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="JIMPITAN_DATABASE_URL"):
        Database(url)
