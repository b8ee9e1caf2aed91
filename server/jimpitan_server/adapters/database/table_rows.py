"""Takes every row of every table out, in one view of the database, and puts them in again.

The form is the same whatever kind of database it comes from or goes to. Rows are ordered by
their key, texts by their bytes, so that the same rows have the same digest everywhere.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cbor2
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    collate,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.engine import POSTGRESQL, SQLITE

CHUNK_ROWS = 500
CHUNK_BYTES = 1024 * 1024
VERSION_TABLE = "alembic_version"  # said by the manifest, written by the migrations
# What lets somebody in for a while. A login that was ended after the backup was made must not
# hold again after a restore: everybody logs in anew.
LEFT_OUT = frozenset({VERSION_TABLE, "sessions", "access_tokens", "enrolment_tokens"})

# What a migration or the first start puts into an empty database.
SEEDED = frozenset({"programme_totals", "books_generation", "server_secrets"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one table, each an encoded CBOR array in the order of the columns."""

    table: str
    count: int
    rows: bytes


async def one_view(connection: AsyncConnection) -> None:
    """Let all that follows in this transaction see one state; call it first."""
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


async def tables_there(connection: AsyncConnection) -> list[Table]:
    """Return the tables whose rows are kept, each behind those that it refers to."""
    found = await connection.run_sync(_reflected)
    return [table for table in found.sorted_tables if table.name not in LEFT_OUT]


def _reflected(connection: Connection) -> MetaData:
    """Return the tables as they stand, which may be those of an older version."""
    found = MetaData()
    found.reflect(connection)
    return found


async def count_rows(connection: AsyncConnection, table: Table) -> int:
    """Return how many rows a table has."""
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def chunks(connection: AsyncConnection, table: Table) -> AsyncIterator[Chunk]:
    """Return the rows of a table, a bounded number of them in memory at a time."""
    dialect = connection.dialect.name
    ordered = select(table).order_by(*(_sorted(one, dialect) for one in table.primary_key))
    result = await connection.stream(ordered)
    kept, length = [], 0
    async for part in result.partitions(CHUNK_ROWS):
        for row in part:
            kept.append(cbor2.dumps(list(row)))
            length += len(kept[-1])
            if length >= CHUNK_BYTES:
                yield Chunk(table.name, len(kept), b"".join(kept))
                kept, length = [], 0
    if kept:
        yield Chunk(table.name, len(kept), b"".join(kept))


def _sorted(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    is_text = isinstance(column.type, String)
    return collate(column, "C") if is_text and dialect == POSTGRESQL else column


async def digest_of(connection: AsyncConnection, table: Table) -> tuple[int, str]:
    """Return how many rows a table has and the SHA-256 of their encoding."""
    digest, count = hashlib.sha256(), 0
    async for chunk in chunks(connection, table):
        digest.update(chunk.rows)
        count += chunk.count
    return count, digest.hexdigest()


async def put_in(
    connection: AsyncConnection, table: Table, columns: list[str], chunk: Chunk
) -> None:
    """Insert the rows of a chunk."""
    decoder, rows = cbor2.CBORDecoder(BytesIO(chunk.rows)), []
    for _ in range(chunk.count):
        rows.append(dict(zip(columns, decoder.decode(), strict=True)))
    for start in range(0, len(rows), CHUNK_ROWS):
        await connection.execute(insert(table), rows[start : start + CHUNK_ROWS])


async def first_filled(connection: AsyncConnection) -> str | None:
    """Return a table in which somebody has put something, None when the database is empty.

    Tables that no migration of ours made are somebody's, even without rows.
    """
    found = await connection.run_sync(_reflected)
    if found.tables and VERSION_TABLE not in found.tables:
        return min(found.tables)
    for table in found.sorted_tables:
        if table.name in SEEDED | {VERSION_TABLE}:
            continue
        if await count_rows(connection, table):
            return table.name
    return None


async def drop_all(connection: AsyncConnection) -> None:
    """Take away our tables, which are empty."""
    await connection.run_sync(lambda one: _reflected(one).drop_all(one))


async def before_rows(connection: AsyncConnection) -> None:
    """Make room for rows in a schema that was just made."""
    if connection.dialect.name == SQLITE:
        await connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    for table in await tables_there(connection):
        if table.name in SEEDED:
            await connection.execute(table.delete())


async def after_rows(connection: AsyncConnection) -> None:
    """Let numbers that the database gives go on above those that were put in."""
    if connection.dialect.name != POSTGRESQL:
        return
    for table in await tables_there(connection):
        for column in table.primary_key:
            if not isinstance(column.type, Integer) or column.server_default is None:
                continue
            highest = (await connection.execute(select(func.max(column)))).scalar()
            if highest is not None:
                await connection.execute(
                    text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)"),
                    {"table": table.name, "column": column.name, "highest": highest},
                )
