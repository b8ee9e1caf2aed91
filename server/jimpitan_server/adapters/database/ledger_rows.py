"""Reads and appends the custody ledger."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, RowMapping, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.ledger_schema import (
    ledger_closings,
    ledger_entries,
    ledger_seals,
)
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.domain.custody import Movement, Place, Why
from jimpitan_server.domain.ledger import Entry, Head, Standing
from jimpitan_server.domain.merkle import Frontier
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.seal import Seal
from jimpitan_server.services.ports_ledger import Closing, SealRow

# Rows fetched at a time while a ledger is read through.
_PAGE = 1_000


async def head(connection: AsyncConnection) -> Head:
    """Return where the ledger ends."""
    table = ledger_entries
    statement = select(table.c.number, table.c.day, table.c.chain)
    last = (await connection.execute(statement.order_by(table.c.number.desc()).limit(1))).first()
    sealed = (await connection.execute(select(func.max(ledger_seals.c.day)))).scalar_one()
    open_day = sealed + timedelta(days=1) if sealed else date.min
    if last is None:
        return Head(day_min=open_day)
    return Head(number=last.number, day_min=max(last.day, open_day), chain=bytes(last.chain))


async def standing(connection: AsyncConnection) -> dict[str, Standing]:
    """Return the movements that stand: entries that reverse nothing and are not reversed."""
    table = ledger_entries
    back = table.alias("back")
    statement = (
        select(table)
        .outerjoin(back, back.c.reverses == table.c.number)
        .where(table.c.reverses.is_(None), back.c.number.is_(None))
    )
    places: dict[str, Place] = {}
    found: dict[str, Standing] = {}
    for row in (await connection.execute(statement)).mappings():
        for side in ("source", "target"):
            places.setdefault(row[side], Place.of(row[side]))
        found[row["key"]] = Standing(
            number=row["number"],
            movement=Movement(
                key=row["key"],
                occurred_on=row["book_on"],
                source=places[row["source"]],
                target=places[row["target"]],
                amount=Rupiah(row["amount_idr"]),
                why=Why(row["why"]),
            ),
        )
    return found


async def append(connection: AsyncConnection, entries: Sequence[tuple[Entry, bytes]]) -> None:
    """Append entries with their chains; the primary key refuses a number that is taken."""
    rows = [
        {
            "number": entry.number,
            "day": entry.day,
            "book_on": entry.book_on,
            "posted_at": entry.posted_at,
            "key": entry.key,
            "source": str(entry.source),
            "target": str(entry.target),
            "amount_idr": entry.amount.amount,
            "why": entry.why.value,
            "reverses": entry.reverses,
            "actor": entry.actor,
            "chain": chain,
        }
        for entry, chain in entries
    ]
    await connection.execute(insert(ledger_entries), rows)


async def read_through(
    connection: AsyncConnection, *, day: date | None = None, after: int = 0
) -> AsyncIterator[tuple[Entry, bytes]]:
    """Yield entries with their chains in order, of one day or of all, a page at a time."""
    table = ledger_entries
    while True:
        statement = select(table).where(table.c.number > after)
        if day is not None:
            statement = statement.where(table.c.day == day)
        statement = statement.order_by(table.c.number).limit(_PAGE)
        rows = (await connection.execute(statement)).mappings().all()
        for row in rows:
            yield _entry(row), bytes(row["chain"])
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]


async def latest(connection: AsyncConnection, *, before: int | None, limit: int) -> list[Entry]:
    """Return entries newest first, those with a number below `before`."""
    table = ledger_entries
    statement = select(table).order_by(table.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(table.c.number < before)
    return [_entry(row) for row in (await connection.execute(statement)).mappings()]


def _entry(row: RowMapping) -> Entry:
    return Entry(
        number=row["number"],
        day=row["day"],
        book_on=row["book_on"],
        posted_at=row["posted_at"],
        key=row["key"],
        source=Place.of(row["source"]),
        target=Place.of(row["target"]),
        amount=Rupiah(row["amount_idr"]),
        why=Why(row["why"]),
        reverses=row["reverses"],
        actor=row["actor"],
    )


async def balances(connection: AsyncConnection, *, until: date | None) -> dict[Place, Rupiah]:
    """Return what lies where, by entries that count for days up to `until`, or by all."""
    amounts: dict[str, int] = {}
    for column, sign in ((ledger_entries.c.target, 1), (ledger_entries.c.source, -1)):
        for place, amount in await _sums(connection, column, until):
            amounts[place] = amounts.get(place, 0) + sign * int(amount)
    return {Place.of(place): Rupiah(amounts[place]) for place in sorted(amounts)}


async def _sums(
    connection: AsyncConnection, column: ColumnElement[str], until: date | None
) -> list[tuple[str, int]]:
    statement = select(column, func.sum(ledger_entries.c.amount_idr)).group_by(column)
    if until is not None:
        statement = statement.where(ledger_entries.c.book_on <= until)
    return [(row[0], row[1]) for row in await connection.execute(statement)]


async def first_day(connection: AsyncConnection) -> date | None:
    """Return the day of the first entry."""
    found: date | None = (
        await connection.execute(select(func.min(ledger_entries.c.day)))
    ).scalar_one()
    return found


async def count_open_discrepancies(connection: AsyncConnection) -> int:
    """Return how many discrepancies are open."""
    statement = select(func.count()).where(discrepancies.c.resolved_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


async def closed_until(connection: AsyncConnection) -> date | None:
    """Return the last day that is closed."""
    found: date | None = (
        await connection.execute(select(func.max(ledger_closings.c.until)))
    ).scalar_one()
    return found


async def add_closing(connection: AsyncConnection, closing: Closing) -> None:
    """Keep that a period is closed."""
    amounts = {account: amount.amount for account, amount in closing.into_fund.items()}
    await connection.execute(
        insert(ledger_closings).values(
            until=closing.until,
            actor=closing.actor,
            note=closing.note,
            discrepancies_open=closing.discrepancies_open,
            into_fund=json.dumps(amounts, sort_keys=True),
            recorded_at=closing.recorded_at,
        )
    )


async def closings(connection: AsyncConnection, *, limit: int) -> list[Closing]:
    """Return closings, the latest first."""
    table = ledger_closings
    statement = select(table).order_by(table.c.until.desc()).limit(limit)
    return [
        Closing(
            until=row["until"],
            actor=row["actor"],
            note=row["note"],
            discrepancies_open=row["discrepancies_open"],
            into_fund={
                account: Rupiah(amount) for account, amount in json.loads(row["into_fund"]).items()
            },
            recorded_at=row["recorded_at"],
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def add_seal(connection: AsyncConnection, row: SealRow) -> None:
    """Keep a seal."""
    await connection.execute(
        insert(ledger_seals).values(
            day=row.seal.day,
            size=row.seal.size,
            root=row.seal.root,
            frontier=row.frontier.to_bytes(),
            signature=row.signature,
            public_key=row.public_key,
            sealed_at=row.sealed_at,
        )
    )


async def seals(
    connection: AsyncConnection, *, day: date | None = None, limit: int | None = None
) -> list[SealRow]:
    """Return seals, the latest first: all, the newest `limit`, or that of one day."""
    table = ledger_seals
    statement = select(table).order_by(table.c.day.desc()).limit(limit)
    if day is not None:
        statement = statement.where(table.c.day == day)
    return [_seal(row) for row in (await connection.execute(statement)).mappings()]


def _seal(row: RowMapping) -> SealRow:
    return SealRow(
        seal=Seal(day=row["day"], size=row["size"], root=bytes(row["root"])),
        frontier=Frontier.of(row["size"], bytes(row["frontier"])),
        signature=bytes(row["signature"]),
        public_key=bytes(row["public_key"]),
        sealed_at=row["sealed_at"],
    )
