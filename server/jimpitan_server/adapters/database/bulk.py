"""Writes many rows with one statement, in the quickest way each database has.

PostgreSQL: COPY for new rows, one UPDATE joined with arrays for known ones. SQLite: one
prepared statement for all rows. Both run inside the transaction of the connection.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.metadata import Instant

Rows = Sequence[tuple[object, ...]]
_instant = Instant()


def stored(at: datetime | None) -> int | None:
    """Return an instant in the form in which the columns keep it."""
    return None if at is None else _instant.process_bind_param(at, None)  # type: ignore[arg-type]


def loaded(value: int | None) -> datetime | None:
    """Return the instant that a column keeps."""
    return None if value is None else _instant.process_result_value(value, None)  # type: ignore[arg-type]


async def insert_rows(
    connection: AsyncConnection, table: Table, columns: Sequence[str], rows: Rows
) -> None:
    """Insert rows of driver values; a row that is there already is an error."""
    if not rows:
        return
    if connection.dialect.name == POSTGRESQL:
        driver = await _driver(connection)
        await driver.copy_records_to_table(table.name, records=rows, columns=list(columns))
        return
    marks = ", ".join("?" * len(columns))
    await connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
        list(rows),
    )


async def update_rows(
    connection: AsyncConnection,
    table: Table,
    *,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Rows,
    adding_up_to: int | None = None,
) -> None:
    """Set the columns of known rows, or add to them up to a bound; a row is its keys, then values.

    The bound and each value are below 2**62, so that no sum leaves the column.
    """
    if not rows:
        return
    if connection.dialect.name == POSTGRESQL:
        statement = _joined_update(table, keys, columns, most=adding_up_to)
        parameters: Any = tuple(list(values) for values in zip(*rows, strict=True))
    else:
        statement = _prepared_update(table, keys, columns, most=adding_up_to)
        at = len(keys)
        parameters = [(*row[at:], *row[:at]) for row in rows]
    await connection.exec_driver_sql(statement, parameters)


def _prepared_update(
    table: Table, keys: Sequence[str], columns: Sequence[str], *, most: int | None
) -> str:
    value = "?" if most is None else f"min({{0}} + ?, {most})"
    sets = ", ".join(f"{name} = {value.format(name)}" for name in columns)
    where = " AND ".join(f"{name} = ?" for name in keys)
    return f"UPDATE {table.name} SET {sets} WHERE {where}"  # noqa: S608


def _joined_update(
    table: Table, keys: Sequence[str], columns: Sequence[str], *, most: int | None
) -> str:
    names = [*keys, *columns]
    arrays = ", ".join(
        f"${place}::{array_type(table.c[name].type)}[]" for place, name in enumerate(names, 1)
    )
    value = "v.{0}" if most is None else f"LEAST(t.{{0}} + v.{{0}}, {most})"
    sets = ", ".join(f"{name} = {value.format(name)}" for name in columns)
    where = " AND ".join(f"t.{name} = v.{name}" for name in keys)
    return (
        f"UPDATE {table.name} AS t SET {sets}"  # noqa: S608
        f" FROM unnest({arrays}) AS v({', '.join(names)}) WHERE {where}"
    )


def array_type(kind: TypeEngine[Any]) -> str:
    """Return the PostgreSQL name of a column type."""
    if isinstance(kind, Instant | BigInteger):
        return "bigint"
    if isinstance(kind, Integer):
        return "integer"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, LargeBinary):
        return "bytea"
    assert isinstance(kind, String), kind
    return "text"


async def _driver(connection: AsyncConnection) -> Any:
    """Return asyncpg's own connection, inside the transaction that was begun."""
    raw = await connection.get_raw_connection()
    return raw.driver_connection
