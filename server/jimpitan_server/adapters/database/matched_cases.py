"""Brings the cases that programs raise in line with what they find now, by events of theirs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.case_rows import CHUNK, append_events, ends_of
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.domain.case import (
    MATCHER,
    CaseEvent,
    CaseState,
    EventKind,
    matched_again,
    numbers_changed,
)
from jimpitan_server.domain.case_action import EVENTS_MAX
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.domain.severity import at_stake, severity_at_stake

EXPLAINED = {"code": ResolutionCode.EXPLAINED.value, "needs_approval": False}


@dataclass(frozen=True, slots=True)
class _Step:
    """What matching has to do to one case; without a kind only its evidence is renewed."""

    kind: EventKind | None
    detail: Mapping[str, object]
    found: Discrepancy | None = None


async def exchange_cases(
    connection: AsyncConnection,
    found: Sequence[Discrepancy],
    now: datetime,
    *,
    kinds: Sequence[str],
    beginning: str = "",
) -> None:
    """Raise what is new, go on with what came back, and end what is explained now.

    It is about all cases of these `kinds` whose subject begins so. What a person has ended stays
    so, unless its numbers are others now.
    """
    present = {(str(item.kind), item.subject): item for item in found}
    table = discrepancies
    statement = select(table.c.discrepancy_id, table.c.kind, table.c.subject, table.c.state).where(
        table.c.kind.in_(kinds), table.c.subject.startswith(beginning, autoescape=True)
    )
    numbers = sorted(
        number
        for number, kind, subject, state in await connection.execute(statement)
        if state != CaseState.RESOLVED or (kind, subject) in present
    )
    await raise_discrepancies(connection, found)
    for start in range(0, len(numbers), CHUNK):
        steps = await _judged(connection, numbers[start : start + CHUNK], present)
        if steps:
            await _take(connection, sorted(steps), present, now)


async def _judged(
    connection: AsyncConnection,
    numbers: Sequence[int],
    present: Mapping[tuple[str, str], Discrepancy],
    *,
    lock: bool = False,
) -> dict[int, _Step]:
    """Return what is to be done to those of these cases to which anything is."""
    table = discrepancies
    statement = (
        select(*_columns())
        .where(table.c.discrepancy_id.in_(numbers))
        .order_by(table.c.discrepancy_id)
    )
    rows = await connection.execute(statement.with_for_update() if lock else statement)
    judged = {row.discrepancy_id: _step(row, present.get((row.kind, row.subject))) for row in rows}
    return {number: step for number, step in judged.items() if step is not None}


def _columns() -> list[ColumnElement[Any]]:
    names = ("discrepancy_id", "kind", "subject", "state", "resolved_by", "evidence")
    return [discrepancies.c[name] for name in names]


def _step(row: Row[Any], found: Discrepancy | None) -> _Step | None:
    state = CaseState(row.state)
    if found is None:
        if state is CaseState.RESOLVED:
            return None
        return _Step(EventKind.RESOLVED, EXPLAINED)
    is_same = row.evidence == json.dumps(found.evidence, sort_keys=True)
    changed = {} if is_same else numbers_changed(json.loads(row.evidence), found.evidence)
    kind = matched_again(state, row.resolved_by, changed=bool(changed))
    if kind is None and (is_same or state is CaseState.RESOLVED):
        return None
    return _Step(kind, {"changed": changed}, None if is_same else found)


async def _take(
    connection: AsyncConnection,
    numbers: Sequence[int],
    present: Mapping[tuple[str, str], Discrepancy],
    now: datetime,
) -> None:
    """Do to these cases what is to be done, judged anew: a person may have acted meanwhile."""
    still = await _judged(connection, numbers, present, lock=True)
    ends = await ends_of(connection, sorted(still))
    events = {
        number: CaseEvent(
            number=ends.get(number, (0, b""))[0] + 1,
            at=now,
            actor=MATCHER,
            kind=step.kind,
            detail=step.detail,
        )
        for number, step in still.items()
        if step.kind is not None
        and (step.kind is not EventKind.COMMENTED or ends.get(number, (0, b""))[0] < EVENTS_MAX)
    }
    await append_events(connection, events.items())
    await _save(connection, events, now)
    await _renew(connection, {n: step.found for n, step in still.items() if step.found})


async def _save(
    connection: AsyncConnection, events: Mapping[int, CaseEvent], now: datetime
) -> None:
    table = discrepancies
    endings = {
        EventKind.RESOLVED: (CaseState.RESOLVED, now, MATCHER, ResolutionCode.EXPLAINED.value),
        EventKind.REOPENED: (CaseState.OPEN, None, None, None),
    }
    for kind, (state, at, actor, code) in endings.items():
        numbers = [number for number, event in events.items() if event.kind is kind]
        await connection.execute(
            update(table)
            .where(table.c.discrepancy_id.in_(numbers))
            .values(
                state=state.value,
                resolved_at=at,
                resolved_by=actor,
                resolution_code=code,
                resolution_reason=None,
            )
        )


async def _renew(connection: AsyncConnection, found_by_number: Mapping[int, Discrepancy]) -> None:
    """Let these cases show the present evidence; what it was stands in their events."""
    rows = []
    for number, found in sorted(found_by_number.items()):
        stake = at_stake(str(found.kind), found.evidence)
        rows.append(
            {
                "case": number,
                "evidence_now": json.dumps(found.evidence, sort_keys=True),
                "stake": None if stake is None else stake.amount,
                "severity_now": severity_at_stake(found).value,
            }
        )
    if rows:
        statement = (
            update(discrepancies)
            .where(discrepancies.c.discrepancy_id == bindparam("case"))
            .values(
                evidence=bindparam("evidence_now"),
                at_stake_idr=bindparam("stake"),
                severity_at_stake=bindparam("severity_now"),
            )
        )
        await connection.execute(statement, rows)
