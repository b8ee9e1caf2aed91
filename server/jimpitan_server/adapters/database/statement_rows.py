"""Keeps statement files, line by line."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.money_schema import (
    books_generation,
    statement_imports,
    statement_lines,
)
from jimpitan_server.domain.statement import StatementLine
from jimpitan_server.services.ports_money import ImportRow

BOOKS_LOCK = 0x6A_62_6F_6F  # "jboo": one import or matching at a time on one PostgreSQL database


async def lock_books(connection: AsyncConnection) -> None:
    """Let no other import or matching run until the transaction ends.

    On SQLite the writing transaction itself is that lock.
    """
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": BOOKS_LOCK})


async def generation(connection: AsyncConnection) -> int:
    """Return the number of the books' present state."""
    return int((await connection.execute(select(books_generation.c.number))).scalar_one())


async def next_generation(connection: AsyncConnection) -> None:
    """Note that matching would now find something else."""
    await connection.execute(update(books_generation).values(number=books_generation.c.number + 1))


async def other_profiles(
    connection: AsyncConnection, account: str, *, profile: str, first_on: date, last_on: date
) -> list[str]:
    """Return under which other profiles lines of these days were imported."""
    lines, imports = statement_lines, statement_imports
    statement = (
        select(imports.c.profile)
        .distinct()
        .join(lines, lines.c.import_id == imports.c.import_id)
        .where(
            lines.c.account_id == account,
            lines.c.booked_on.between(first_on, last_on),
            imports.c.profile != profile,
        )
        .order_by(imports.c.profile)
    )
    return list((await connection.execute(statement)).scalars())


async def known_lines(
    connection: AsyncConnection, account: str, *, first_on: date, last_on: date
) -> set[tuple[str, int]]:
    """Return (row hash, occurrence) of the lines held of these days."""
    table = statement_lines
    statement = select(table.c.row_hash, table.c.occurrence).where(
        table.c.account_id == account, table.c.booked_on.between(first_on, last_on)
    )
    return {(row_hash, number) for row_hash, number in await _tuples(connection, statement)}


async def _tuples(connection: AsyncConnection, statement: object) -> list[tuple[str, int]]:
    result = await connection.execute(statement)  # type: ignore[call-overload]
    return [(row[0], row[1]) for row in result]


async def add_import(
    connection: AsyncConnection, row: ImportRow, lines: Sequence[StatementLine]
) -> int:
    """Keep an import with its new lines; return its number."""
    statement = insert(statement_imports).values(
        account_id=row.account,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        profile=row.profile,
        first_on=row.first_on,
        last_on=row.last_on,
        lines_read=row.lines_read,
        lines_new=len(lines),
        actor=row.actor,
        imported_at=row.imported_at,
    )
    result = await connection.execute(statement.returning(statement_imports.c.import_id))
    number: int = result.scalar_one()
    await next_generation(connection)
    if lines:
        await connection.execute(
            insert(statement_lines), [_line(line, number, row.account) for line in lines]
        )
    return number


def _line(line: StatementLine, import_id: int, account: str) -> dict[str, object]:
    return {
        "import_id": import_id,
        "account_id": account,
        "booked_on": line.booked_on,
        "booked_time": line.booked_time.isoformat() if line.booked_time else None,
        "amount_idr": line.amount.amount,
        "balance_idr": line.balance.amount if line.balance is not None else None,
        "description": line.description,
        "reference": line.reference,
        "row_hash": line.row_hash,
        "occurrence": line.occurrence,
    }
