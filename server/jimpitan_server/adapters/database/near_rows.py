"""Reads the papers of one account around some days, and what matching said of them last."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.books_rows import (
    credits_where,
    payments_where,
    remittances_where,
)
from jimpitan_server.adapters.database.match_reading import match_of
from jimpitan_server.adapters.database.money_schema import (
    money_matches,
    payment_states,
    payments,
    remittances,
    statement_lines,
)
from jimpitan_server.adapters.database.partner_rows import boxes_by_label
from jimpitan_server.domain.bank_day import WIB
from jimpitan_server.domain.books import Books
from jimpitan_server.domain.match import Match, Relation

_CHUNK = 500


async def papers_near(
    connection: AsyncConnection, account: str, *, first_on: date, last_on: date, now: datetime
) -> tuple[Books, list[Match]]:
    """Return what an account was paid and told of on some days of the bank, and its matches.

    Matches are found by the papers on their expecting side, as their keys name the first of them.
    """
    start = datetime.combine(first_on, time(), WIB)
    end = datetime.combine(last_on + timedelta(days=1), time(), WIB)
    lines = statement_lines.c
    books = Books(
        now=now,
        payments=await payments_where(
            connection,
            payments.c.account_id == account,
            payments.c.paid_at >= start,
            payments.c.paid_at < end,
        ),
        remittances=await remittances_where(
            connection,
            remittances.c.account_id == account,
            remittances.c.paid_at >= start,
            remittances.c.paid_at < end,
        ),
        credits=await credits_where(
            connection,
            lines.account_id == account,
            lines.booked_on >= first_on,
            lines.booked_on <= last_on,
        ),
    )
    books = replace(books, boxes_by_label=await boxes_by_label(connection))
    return books, await _matches_of(connection, books)


async def _matches_of(connection: AsyncConnection, books: Books) -> list[Match]:
    keys = set[str]()
    states = payment_states.c
    ids = [int(one.payment_id) for one in books.payments]
    for part in _chunks(ids):
        found = select(states.match_key).where(states.payment_id.in_(part))
        keys.update((await connection.execute(found)).scalars())
    relations = (Relation.REMITTANCE_CREDIT, Relation.REMITTANCE_PAYMENT)
    keys.update(
        f"{relation.value} left {one.remittance_id}"
        for one in books.remittances
        for relation in relations
    )
    matches: list[Match] = []
    for part in _chunks(sorted(keys)):
        statement = select(money_matches).where(money_matches.c.match_key.in_(part))
        rows = (await connection.execute(statement)).mappings()
        matches += [match_of(row) for row in rows]
    return matches


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
