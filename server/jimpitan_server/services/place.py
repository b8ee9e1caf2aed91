"""Puts deposits into the holding period between two collections, by the order of records."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from jimpitan_server.domain.errors import Conflict, NotFound
from jimpitan_server.domain.ids import BoxId, UserId, is_box_id
from jimpitan_server.domain.intake import Intake
from jimpitan_server.domain.period import (
    Period,
    PeriodSum,
    period_edges,
    period_start,
    periods_between,
)
from jimpitan_server.domain.record import RecordKind
from jimpitan_server.services.ports import IntakeStore


async def place(store: IntakeStore, intakes: Mapping[BoxId, Intake]) -> dict[BoxId, int]:
    """Count the new deposits; return where the present period of each moved box begins.

    Records must be in the store already: where edges moved, periods are counted anew.
    """
    deltas: dict[tuple[BoxId, int], PeriodSum] = {}
    moved: dict[BoxId, int] = {}
    for box, intake in intakes.items():
        if intake.edges_moved:
            touched = {*intake.deposits_by_seq, *intake.moments_by_seq}
            moved[box] = await recount(store, box, touched)
        elif intake.deposits_by_seq or intake.moments_by_seq:
            await _add(store, deltas, box, intake)
    if deltas:
        await store.add_to_periods(deltas)
    return moved


async def _add(
    store: IntakeStore,
    deltas: dict[tuple[BoxId, int], PeriodSum],
    box: BoxId,
    intake: Intake,
) -> None:
    present = intake.state.period_seq_from
    counted, weighed = intake.deposits_by_seq, intake.moments_by_seq
    starts: list[int] = []
    deposits: dict[int, int] = {}
    if min((*counted, *weighed)) > present:  # as nearly always
        if counted:
            deposits[present] = sum(counted.values())
    else:
        starts = [period.seq_from for period in await store.periods(box)]
        for seq, number in counted.items():
            start = present if seq > present else period_start(starts, seq)
            deposits[start] = deposits.get(start, 0) + number
    for start, number in deposits.items():
        deltas[box, start] = PeriodSum(number)
    for seq, moments in weighed.items():
        start = present if seq > present else period_start(starts, seq)
        deltas[box, start] = deltas.get((box, start), PeriodSum()) + PeriodSum(0, moments)


async def recount(store: IntakeStore, box: BoxId, touched_seqs: Iterable[int]) -> int:
    """Bring the periods of a box in line with its edges; return where the present one begins."""
    events, declared = await store.edge_events(box)
    known = {(period.seq_from, period.seq_to): period for period in await store.periods(box)}
    wanted = periods_between(period_edges(events, declared))
    starts = [period.seq_from for period in wanted]
    touched = {period_start(starts, seq) for seq in touched_seqs}
    added: list[Period] = []
    for period in wanted:
        before = known.get((period.seq_from, period.seq_to))
        if before is not None and period.seq_from not in touched:
            del known[period.seq_from, period.seq_to]
            continue
        found = await store.sum_between(box, after_seq=period.seq_from, before_seq=period.seq_to)
        added.append(Period(period.seq_from, period.seq_to, found.deposits, found.moments))
    await store.replace_periods(box, removed=list(known.values()), added=added)
    return starts[-1]


async def declare_edge(
    store: IntakeStore, *, box: BoxId, seq: int, actor: UserId, reason: str, now: datetime
) -> None:
    """Let a lid opening outside a collection end a holding period, on a person's word."""
    states = await store.lock_boxes([box]) if is_box_id(box) else {}
    if box not in states:
        raise NotFound("There is no such box.", code="box_unknown")
    events, _ = await store.edge_events(box)
    if not any(event.seq == seq and event.kind == RecordKind.LID_OPENED for event in events):
        raise Conflict("There is no lid opening at this number.", code="no_lid_opening")
    await store.declare_edge(box, seq=seq, actor=actor, reason=reason, now=now)
    start = await recount(store, box, ())
    await store.save_boxes([replace(states[box], period_seq_from=start)])
