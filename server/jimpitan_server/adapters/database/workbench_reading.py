"""Reads what a treasurer links by hand: what is waited for, and what came unexplained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.match_reading import match_of
from jimpitan_server.adapters.database.money_schema import (
    money_matches,
    payments,
    remittances,
    statement_lines,
)
from jimpitan_server.adapters.database.schema import users
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.link import SIDE_MAX

# A pane shows this many matches; the rest is counted and found by searching or by linking.
SHOWN_MAX = 100
_WAITING = (State.LATE, State.MISSING, State.UNDER, State.OVER, State.AMBIGUOUS)
_UNEXPLAINED = (State.ORPHAN, State.OVER, State.UNDER, State.AMBIGUOUS)
# Of the papers that one match holds together, a group shows the first few.
PAPERS_SHOWN = 5
NO_IDS = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A remittance, a payment or a credit, as a person tells it from another."""

    paper_id: str
    amount: Rupiah
    account: str
    at: datetime | date
    text: str = ""
    person: str = ""
    box: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Papers of one match on one side: alone when plain, together when matching left them open.

    `ids` names all of them, `papers` those that are shown.
    """

    match: Match
    ids: tuple[str, ...]
    papers: tuple[Paper, ...]
    total: Rupiah

    @property
    def is_linkable(self) -> bool:
        """Return whether one link may hold all papers."""
        return len(self.ids) <= SIDE_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """One side of the workbench: groups, and how many matches there are in all."""

    groups: tuple[Group, ...]
    count: int


async def waiting(connection: AsyncConnection, relation: Relation) -> Pane:
    """Return remittances or payments whose credit was not found, in the order of their names."""
    table = money_matches
    wanted = and_(
        table.c.relation == relation.value,
        table.c.state.in_([one.value for one in _WAITING]),
        table.c.left_ids != NO_IDS,
    )
    found = await _matches(connection, wanted)
    ids = _shown_ids(found, is_left=True)
    is_remitted = relation is Relation.REMITTANCE_CREDIT
    papers = await (_remittances if is_remitted else _payments)(connection, ids)
    return _pane(found, papers, is_left=True)


async def unexplained(
    connection: AsyncConnection, relation: Relation, *, near_idr: int | None = None
) -> Pane:
    """Return credits that nothing explains, those nearest to an amount first if one is named."""
    table = money_matches
    wanted = and_(
        or_(
            and_(
                table.c.relation == Relation.OTHER_CREDIT.value,
                table.c.state == State.ORPHAN.value,
            ),
            and_(
                table.c.relation == relation.value,
                table.c.state.in_([one.value for one in _UNEXPLAINED]),
            ),
        ),
        table.c.right_ids != NO_IDS,
    )
    order = None
    if near_idr is not None:
        gap = table.c.right_idr - near_idr
        order = case((gap < 0, -gap), else_=gap)
    found = await _matches(connection, wanted, order)
    papers = await _lines(connection, _shown_ids(found, is_left=False))
    return _pane(found, papers, is_left=False)


async def _matches(
    connection: AsyncConnection,
    wanted: ColumnElement[bool],
    order: ColumnElement[Any] | None = None,
) -> tuple[list[Match], int]:
    """Return the first matches that are wanted, in an order, and how many there are."""
    table = money_matches
    count = select(func.count()).select_from(table).where(wanted)
    statement = select(table).where(wanted).limit(SHOWN_MAX)
    orders = [table.c.match_key] if order is None else [order, table.c.match_key]
    rows = (await connection.execute(statement.order_by(*orders))).mappings()
    return [match_of(row) for row in rows], int((await connection.execute(count)).scalar_one())


def _pane(matches: tuple[list[Match], int], papers: Mapping[str, Paper], *, is_left: bool) -> Pane:
    found, count = matches
    groups = []
    for match in found:
        ids = match.left if is_left else match.right
        shown = tuple(papers[one] for one in ids[:PAPERS_SHOWN] if one in papers)
        total = match.left_total if is_left else match.right_total
        groups.append(Group(match=match, ids=ids, papers=shown, total=total))
    return Pane(groups=tuple(groups), count=count)


def _shown_ids(matches: tuple[list[Match], int], *, is_left: bool) -> list[str]:
    return [
        one
        for match in matches[0]
        for one in (match.left if is_left else match.right)[:PAPERS_SHOWN]
    ]


async def _remittances(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Paper]:
    table = remittances
    statement = select(table, users.c.login_name).outerjoin(
        users, users.c.user_id == table.c.actor
    )
    rows = (await connection.execute(statement.where(table.c.remittance_id.in_(ids)))).mappings()
    return {
        row["remittance_id"]: Paper(
            paper_id=row["remittance_id"],
            amount=Rupiah(row["amount_idr"]),
            account=row["account_id"],
            at=row["paid_at"],
            text=row["reference"],
            person=row["login_name"] or row["actor"],
        )
        for row in rows
    }


async def _payments(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Paper]:
    table = payments
    numbers = [int(one) for one in ids if one.isdigit()]
    rows = (
        await connection.execute(select(table).where(table.c.payment_id.in_(numbers)))
    ).mappings()
    return {
        str(row["payment_id"]): Paper(
            paper_id=str(row["payment_id"]),
            amount=Rupiah(row["amount_idr"] - row["fee_idr"]),
            account=row["account_id"],
            at=row["paid_at"],
            text=row["reference"] or row["rrn"] or "",
            box=row["box_id"] or "",
        )
        for row in rows
    }


async def _lines(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Paper]:
    table = statement_lines
    numbers = [int(one) for one in ids if one.isdigit()]
    rows = (await connection.execute(select(table).where(table.c.line_id.in_(numbers)))).mappings()
    return {
        str(row["line_id"]): Paper(
            paper_id=str(row["line_id"]),
            amount=Rupiah(row["amount_idr"]),
            account=row["account_id"],
            at=row["booked_on"],
            text=f"{row['description']} {row['reference']}".strip(),
        )
        for row in rows
    }
