"""Keeps the events of cases, each case as a chain, and the rows that are derived from them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.case_schema import discrepancy_events
from jimpitan_server.adapters.database.schema import discrepancies, users
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.domain.case import Case, CaseEvent, CaseState, EventKind, after, after_all
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.user import Role

CHUNK = 500


@dataclass(frozen=True, slots=True)
class DatabaseCases:
    """`CaseStore` on an open transaction."""

    connection: AsyncConnection

    async def lock_cases(self, numbers: Sequence[int]) -> dict[int, Case]:
        """Return those of these cases that exist, locked until the transaction ends."""
        table = discrepancies
        statement = (
            select(table)
            .where(table.c.discrepancy_id.in_(numbers))
            .order_by(table.c.discrepancy_id)
            .with_for_update()
        )
        rows = (await self.connection.execute(statement)).mappings().all()
        events = await events_of(self.connection, numbers)
        return {row["discrepancy_id"]: case_of(row, events[row["discrepancy_id"]]) for row in rows}

    async def add_events(self, events: Sequence[tuple[Case, CaseEvent]]) -> None:
        """Append one event to each of these cases, bring their rows in line, and audit it."""
        chains = await append_events(
            self.connection, [(case.discrepancy, event) for case, event in events]
        )
        for case, event in events:
            await _save(self.connection, after(case, event))
            await append_audit(
                self.connection,
                at=event.at,
                actor=event.actor,
                action=f"discrepancy_{event.kind.value}",
                subject=str(case.discrepancy),
                detail={
                    **event.detail,
                    "number": event.number,
                    "chain": chains[case.discrepancy].hex(),
                },
            )

    async def role_of(self, user_id: str) -> Role | None:
        """Return the role of a person who may log in, or None."""
        statement = select(users.c.role).where(
            users.c.user_id == user_id, users.c.disabled_at.is_(None)
        )
        role = (await self.connection.execute(statement)).scalar_one_or_none()
        return None if role is None else Role(role)


def case_of(row: RowMapping, events: Sequence[CaseEvent]) -> Case:
    """Return the case that a row and its events tell of."""
    stake = row["at_stake_idr"]
    moved = (one.detail["was"] for one in events if one.kind is EventKind.DUE_CHANGED)
    first_due = next(moved, None)
    raised = Case(
        discrepancy=row["discrepancy_id"],
        at_stake=None if stake is None else Rupiah(stake),
        due_at=row["due_at"] if first_due is None else datetime.fromisoformat(str(first_due)),
    )
    return after_all(raised, events)


async def events_of(
    connection: AsyncConnection, numbers: Sequence[int]
) -> defaultdict[int, list[CaseEvent]]:
    """Return the events of these cases, each in its order."""
    table = discrepancy_events
    found: defaultdict[int, list[CaseEvent]] = defaultdict(list)
    statement = (
        select(table)
        .where(table.c.discrepancy_id.in_(numbers))
        .order_by(table.c.discrepancy_id, table.c.number)
    )
    for row in (await connection.execute(statement)).mappings():
        found[row["discrepancy_id"]].append(_event(row))
    return found


def _event(row: RowMapping) -> CaseEvent:
    return CaseEvent(
        number=row["number"],
        at=row["at"],
        actor=row["actor"],
        kind=EventKind(row["event"]),
        detail=json.loads(row["detail"]),
    )


async def ends_of(
    connection: AsyncConnection, numbers: Sequence[int]
) -> dict[int, tuple[int, bytes]]:
    """Return for each of these cases that has events the number and chain of the last one."""
    table = discrepancy_events
    ends: dict[int, tuple[int, bytes]] = {}
    for start in range(0, len(numbers), CHUNK):
        statement = (
            select(table.c.discrepancy_id, table.c.number, table.c.chain)
            .where(table.c.discrepancy_id.in_(numbers[start : start + CHUNK]))
            .order_by(table.c.discrepancy_id, table.c.number)
        )
        for discrepancy, number, chain in await connection.execute(statement):
            ends[discrepancy] = (number, bytes(chain))
    return ends


async def append_events(
    connection: AsyncConnection, events: Iterable[tuple[int, CaseEvent]]
) -> dict[int, bytes]:
    """Append at most one event to each case; return the new chain of each."""
    wanted = dict(events)
    ends = await ends_of(connection, sorted(wanted))
    chains = {
        discrepancy: event.chain(ends.get(discrepancy, (0, b""))[1], discrepancy=discrepancy)
        for discrepancy, event in wanted.items()
    }
    rows = [
        {
            "discrepancy_id": discrepancy,
            "number": event.number,
            "at": event.at,
            "actor": event.actor,
            "event": event.kind.value,
            "detail": json.dumps(dict(event.detail), sort_keys=True),
            "chain": chains[discrepancy],
        }
        for discrepancy, event in sorted(wanted.items())
    ]
    if rows:
        await connection.execute(insert(discrepancy_events), rows)
    return chains


def derived(case: Case) -> dict[str, object]:
    """Return what the row of a case says of its events."""
    ending = case.ending if case.state is CaseState.RESOLVED else None
    return {
        "state": case.state.value,
        "owner": case.owner,
        "due_at": case.due_at,
        "resolved_at": case.resolved_at,
        "resolved_by": ending.by if ending else None,
        "resolution_code": ending.code if ending else None,
        "resolution_reason": ending.reason if ending else None,
    }


async def _save(connection: AsyncConnection, case: Case) -> None:
    table = discrepancies
    await connection.execute(
        update(table).where(table.c.discrepancy_id == bindparam("case")).values(**derived(case)),
        {"case": case.discrepancy},
    )


async def first_broken_case(connection: AsyncConnection) -> int | None:
    """Return the first case whose chain or whose row its events do not fit, or None."""
    table, after_number = discrepancies, 0
    while True:
        statement = (
            select(table)
            .where(table.c.discrepancy_id > after_number)
            .order_by(table.c.discrepancy_id)
            .limit(CHUNK)
        )
        rows = (await connection.execute(statement)).mappings().all()
        if not rows:
            return None
        numbers = [row["discrepancy_id"] for row in rows]
        events, ends = await events_of(connection, numbers), await ends_of(connection, numbers)
        for row in rows:
            number = row["discrepancy_id"]
            if not _fits(row, events[number], ends.get(number, (0, b""))[1]):
                return int(number)
        after_number = numbers[-1]


def _fits(row: RowMapping, events: Sequence[CaseEvent], end: bytes) -> bool:
    chain = b""
    for number, event in enumerate(events, 1):
        if event.number != number:
            return False
        chain = event.chain(chain, discrepancy=row["discrepancy_id"])
    if chain != end:
        return False
    said = derived(case_of(row, events))
    return all(row[name] == value for name, value in said.items())
