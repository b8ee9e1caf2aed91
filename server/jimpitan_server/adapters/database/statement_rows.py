"""Keeps statement files, line by line."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bulk import insert_rows
from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.matched_cases import exchange_cases
from jimpitan_server.adapters.database.money_schema import (
    books_generation,
    statement_imports,
    statement_lines,
)
from jimpitan_server.adapters.database.statement_schema import statement_stretches
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementLine
from jimpitan_server.domain.statement_gaps import StatementFinding, Stretch
from jimpitan_server.services.ports_money import ImportRow

BOOKS_LOCK = 0x6A_62_6F_6F  # "jboo": one import or matching at a time on one PostgreSQL database

_LINE_COLUMNS = (
    "import_id",
    "account_id",
    "booked_on",
    "booked_time",
    "amount_idr",
    "balance_idr",
    "description",
    "reference",
    "row_hash",
    "occurrence",
)


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


async def stretches(connection: AsyncConnection, account: str) -> list[Stretch]:
    """Return the days and balances of every import of an account that told balances."""
    table = statement_stretches
    statement = select(table).where(table.c.account_id == account).order_by(table.c.import_id)
    return [
        Stretch(
            first_on=row["first_on"],
            last_on=row["last_on"],
            opening=Rupiah(row["opening_idr"]),
            closing=Rupiah(row["closing_idr"]),
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def moved_by_day(connection: AsyncConnection, account: str) -> dict[date, Rupiah]:
    """Return the sum of the lines held, by the day they were booked."""
    table = statement_lines
    statement = (
        select(table.c.booked_on, func.sum(table.c.amount_idr))
        .where(table.c.account_id == account)
        .group_by(table.c.booked_on)
    )
    return {day: Rupiah(int(moved)) for day, moved in await connection.execute(statement)}


async def add_import(
    connection: AsyncConnection,
    row: ImportRow,
    lines: Sequence[StatementLine],
    stretch: Stretch | None,
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
    rows = _line_rows(lines, number, row.account, dialect=connection.dialect.name)
    await insert_rows(connection, statement_lines, _LINE_COLUMNS, rows)
    if stretch is not None:
        await connection.execute(
            insert(statement_stretches).values(
                import_id=number,
                account_id=row.account,
                first_on=stretch.first_on,
                last_on=stretch.last_on,
                opening_idr=stretch.opening.amount,
                closing_idr=stretch.closing.amount,
            )
        )
    return number


def _line_rows(
    lines: Sequence[StatementLine], import_id: int, account: str, *, dialect: str
) -> list[tuple[object, ...]]:
    """Return lines as the drivers take them: PostgreSQL wants days, SQLite their text."""
    has_days = dialect == POSTGRESQL
    return [
        (
            import_id,
            account,
            line.booked_on if has_days else line.booked_on.isoformat(),
            line.booked_time.isoformat() if line.booked_time else None,
            line.amount.amount,
            line.balance.amount if line.balance is not None else None,
            line.description,
            line.reference,
            line.row_hash,
            line.occurrence,
        )
        for line in lines
    ]


async def exchange_gaps(
    connection: AsyncConnection, account: str, found: Sequence[Discrepancy], now: datetime
) -> None:
    """Raise the gaps of an account that are new, and close those that are filled."""
    kinds = [StatementFinding.GAP.value]
    await exchange_cases(connection, found, now, kinds=kinds, beginning=f"{account}/")


async def past_imports(connection: AsyncConnection, *, limit: int) -> list[RowMapping]:
    """Return the newest imports of all accounts."""
    table = statement_imports
    statement = select(table).order_by(table.c.import_id.desc()).limit(limit)
    return list((await connection.execute(statement)).mappings().all())
