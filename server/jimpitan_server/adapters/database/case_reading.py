"""Finds cases: filtered, sorted and page by page, one with its history, facts for figures."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.case_rows import case_of, events_of
from jimpitan_server.adapters.database.money_schema import collections, voids
from jimpitan_server.adapters.database.schema import discrepancies, users
from jimpitan_server.domain.case import CaseState
from jimpitan_server.domain.case_action import ACTING
from jimpitan_server.domain.case_figures import CaseFact
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.money_discrepancies import MoneyFinding
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.severity import OLD_AFTER, present_severity
from jimpitan_server.services.ports_cases import (
    CaseFilter,
    CaseHistory,
    CasePage,
    CaseView,
    Order,
)

RANKS = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
FACTS_MAX = 100_000
PEOPLE_MAX = 500
DAY = timedelta(days=1)
# Kinds whose evidence names collections: only these can be about one person's counts.
OF_COLLECTIONS = (
    MoneyFinding.COUNT_WITHOUT_LID,
    MoneyFinding.COUNT_BELOW_SENSOR,
    MoneyFinding.COUNT_ABOVE_SENSOR,
    MoneyFinding.COUNT_NOT_REMITTED,
    MoneyFinding.COUNT_REMITTED_TWICE,
    MoneyFinding.REMITTANCE_DIFFERS,
)
_table = discrepancies


def _rank(now: datetime) -> ColumnElement[int]:
    """Return the place of the present severity among `RANKS`, as `present_severity` has it."""
    by_stake = case(
        *[(_table.c.severity_at_stake == one.value, place) for one, place in RANKS.items()]
    )
    rises = and_(
        _table.c.resolved_at.is_(None),
        or_(_table.c.due_at < now, _table.c.found_at < now - OLD_AFTER),
    )
    risen = by_stake + case((rises, 1), else_=0)
    return case((risen > RANKS[Severity.CRITICAL], RANKS[Severity.CRITICAL]), else_=risen)


def _wanted(wanted: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states != set(CaseState):
        found.append(_table.c.state.in_(sorted(state.value for state in wanted.states)))
    if wanted.severity is not None:
        found.append(_rank(now) == RANKS[wanted.severity])
    if wanted.kind is not None:
        found.append(_table.c.kind == wanted.kind)
    if wanted.owner is not None:
        found.append(_table.c.owner == wanted.owner if wanted.owner else _table.c.owner.is_(None))
    if wanted.box is not None:
        found.append(_table.c.box_id == wanted.box)
    if wanted.overdue:
        found += [_table.c.resolved_at.is_(None), _table.c.due_at < now]
    return found


def _key(order: Order) -> ColumnElement[int]:
    """Return by what cases are sorted: a whole number, the smallest first."""
    keys: dict[Order, ColumnElement[int]] = {
        Order.NUMBER: literal(0, Integer),
        Order.DUE: type_coerce(_table.c.due_at, BigInteger),
        Order.AMOUNT: -func.coalesce(_table.c.at_stake_idr, -1),
        Order.AGE: type_coerce(_table.c.found_at, BigInteger),
    }
    return keys[order]


def _viewed() -> Select[Any]:
    return select(_table, users.c.login_name.label("owner_name")).outerjoin(
        users, users.c.user_id == _table.c.owner
    )


async def page_of_cases(
    connection: AsyncConnection,
    wanted: CaseFilter,
    *,
    order: Order,
    after: tuple[int, int] | None,
    limit: int,
    now: datetime,
) -> CasePage:
    """Return the cases behind `after` (the key and number of the last one seen)."""
    conditions = _wanted(wanted, now)
    counted = select(func.count()).select_from(_table).where(*conditions)
    count = int((await connection.execute(counted)).scalar_one())
    key, number = _key(order), _table.c.discrepancy_id
    statement = _viewed().add_columns(key.label("sort_key")).where(*conditions)
    if after is not None:
        statement = statement.where(or_(key > after[0], and_(key == after[0], number > after[1])))
    statement = statement.order_by(key, number).limit(limit + 1)
    if order is Order.NUMBER:
        statement = statement.order_by(None).order_by(number)
    rows = (await connection.execute(statement)).mappings().all()
    shown = rows[:limit]
    more = len(rows) > limit
    return CasePage(
        cases=tuple(_view(row, now) for row in shown),
        count=count,
        next_cursor=f"{shown[-1]['sort_key']}.{shown[-1]['discrepancy_id']}" if more else None,
    )


def _view(row: RowMapping, now: datetime) -> CaseView:
    state, by_stake = CaseState(row["state"]), Severity(row["severity_at_stake"])
    severity = by_stake
    if state is not CaseState.RESOLVED:
        severity = present_severity(
            by_stake, found_at=row["found_at"], due_at=row["due_at"], now=now
        )
    stake = row["at_stake_idr"]
    ended = row["resolved_at"] or now
    return CaseView(
        number=row["discrepancy_id"],
        kind=row["kind"],
        subject=row["subject"],
        state=state,
        severity=severity,
        severity_raised=Severity(row["severity"]),
        box=row["box_id"],
        owner=row["owner"],
        owner_name=row["owner_name"],
        found_at=row["found_at"],
        due_at=row["due_at"],
        is_overdue=state is not CaseState.RESOLVED and row["due_at"] < now,
        age_days=max((ended - row["found_at"]) // DAY, 0),
        at_stake=None if stake is None else Rupiah(stake),
        seq_from=row["seq_from"],
        seq_to=row["seq_to"],
        resolved_at=row["resolved_at"],
        resolved_by=row["resolved_by"],
        resolution_code=row["resolution_code"],
        resolution_reason=row["resolution_reason"],
        evidence=json.loads(row["evidence"]),
    )


async def history_of(
    connection: AsyncConnection, number: int, now: datetime
) -> CaseHistory | None:
    """Return one case with all its events, or None."""
    statement = _viewed().where(_table.c.discrepancy_id == number)
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    events = (await events_of(connection, [number]))[number]
    people = {one.actor for one in events}
    people |= {str(one.detail["owner"]) for one in events if one.detail.get("owner")}
    people |= {str(row[name]) for name in ("owner", "resolved_by") if row[name]}
    return CaseHistory(
        view=_view(row, now),
        case=case_of(row, events),
        events=tuple(events),
        name_by_id=await _names(connection, sorted(people)),
    )


async def _names(connection: AsyncConnection, people: Sequence[str]) -> dict[str, str]:
    statement = select(users.c.user_id, users.c.login_name).where(users.c.user_id.in_(people))
    return {row.user_id: row.login_name for row in await connection.execute(statement)}


async def owners(connection: AsyncConnection) -> dict[str, str]:
    """Return the login names of those who may own a case, by their ids."""
    statement = (
        select(users.c.user_id, users.c.login_name)
        .where(users.c.role.in_(sorted(ACTING)), users.c.disabled_at.is_(None))
        .order_by(users.c.login_name)
        .limit(PEOPLE_MAX)
    )
    return {row.user_id: row.login_name for row in await connection.execute(statement)}


async def facts_of(connection: AsyncConnection) -> list[tuple[str | None, CaseFact]]:
    """Return box and facts of the newest `FACTS_MAX` cases."""
    statement = (
        select(_table.c.box_id, *_fact_columns())
        .order_by(_table.c.discrepancy_id.desc())
        .limit(FACTS_MAX)
    )
    return [
        (row["box_id"], _fact(row)) for row in (await connection.execute(statement)).mappings()
    ]


def _fact_columns() -> list[ColumnElement[Any]]:
    names = ("state", "found_at", "resolved_at", "resolution_code", "at_stake_idr")
    return [_table.c[name] for name in names]


def _fact(row: RowMapping) -> CaseFact:
    stake = row["at_stake_idr"]
    return CaseFact(
        state=CaseState(row["state"]),
        found_at=row["found_at"],
        resolved_at=row["resolved_at"],
        code=row["resolution_code"],
        at_stake=None if stake is None else Rupiah(stake),
    )


async def collections_of(
    connection: AsyncConnection, collector: str, since: datetime
) -> frozenset[str]:
    """Return the ids of the counts of one collector that stand, at most `FACTS_MAX`."""
    table = collections
    withdrawn = select(voids.c.subject_id).where(voids.c.subject_kind == "collection")
    statement = (
        select(table.c.collection_id)
        .where(
            table.c.collector == collector,
            table.c.lid_at >= since,
            table.c.collection_id.not_in(withdrawn),
        )
        .limit(FACTS_MAX)
    )
    return frozenset((await connection.execute(statement)).scalars())


async def facts_about(
    connection: AsyncConnection, collection_ids: frozenset[str], since: datetime
) -> list[CaseFact]:
    """Return the facts of the cases whose evidence names one of these collections."""
    statement = (
        select(_table.c.evidence, *_fact_columns())
        .where(
            _table.c.kind.in_([kind.value for kind in OF_COLLECTIONS]), _table.c.found_at >= since
        )
        .order_by(_table.c.discrepancy_id.desc())
        .limit(FACTS_MAX)
    )
    found = []
    for row in (await connection.execute(statement)).mappings():
        evidence = json.loads(row["evidence"])
        named = {*evidence.get("expected", ()), *evidence.get("arrived", ())}
        if named & collection_ids:
            found.append(_fact(row))
    return found
