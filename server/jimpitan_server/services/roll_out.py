"""Brings a release to boxes stage by stage, and follows what becomes of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.facts import FirmwareChanged
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.order import OrderKind, StandingOrder
from jimpitan_server.domain.record import BoxRecord
from jimpitan_server.domain.rollout import (
    EVERY_BOX,
    FAILURES_MAX,
    STAGES_MAX,
    BoxUpdate,
    Decision,
    HaltCause,
    Rollout,
    RolloutFinding,
    RolloutState,
    UpdateState,
    decide,
)
from jimpitan_server.domain.tag import is_tag
from jimpitan_server.services.ports_fleet import AnswerStore, RolloutStore
from jimpitan_server.services.release import release_of

SERVER = "server"  # who advances and halts


async def start(
    store: RolloutStore,
    *,
    release: str,
    stages: Sequence[str],
    failures_max: int,
    advance_permille: int,
    actor: str,
    now: datetime,
) -> int:
    """Begin a rollout of a release, named by version or fingerprint; return its number."""
    _check(stages, failures_max, advance_permille)
    known = await release_of(store, release)
    running = await store.open_rollout()
    if running is not None:
        raise Conflict(
            f"Rollout {running.number} has not ended: end it before another begins.",
            code="rollout_open",
        )
    rollout = Rollout(
        number=0,
        fingerprint=known.release.fingerprint,
        stages=tuple(stages),
        failures_max=failures_max,
        advance_permille=advance_permille,
    )
    for tag in stages:
        if not await store.rollout_boxes(replace(rollout, stages=(tag,))):
            raise Conflict(f"No box belongs to the stage {tag}.", code="stage_empty")
    number = await store.add_rollout(rollout, actor=actor, now=now)
    if number is None:
        raise Conflict("Another rollout was started just now.", code="rollout_open")
    started = replace(rollout, number=number)
    await store.add_rollout_event(started, "started", actor=actor, reason=None, now=now)
    return number


def _check(stages: Sequence[str], failures_max: int, advance_permille: int) -> None:
    if not 1 <= len(stages) <= STAGES_MAX or len(set(stages)) < len(stages):
        raise Malformed(f"A rollout has 1 to {STAGES_MAX} stages, each once.", code="stages")
    for stage in stages:
        if stage != EVERY_BOX and not is_tag(stage):
            raise Malformed("A stage is a tag, or * for every box.", code="stages")
    if not 0 <= failures_max <= FAILURES_MAX or not 1 <= advance_permille <= 1000:
        raise Malformed(
            f"failures_max is 0 to {FAILURES_MAX}, advance_permille 1 to 1000.", code="stages"
        )


async def resume(
    store: RolloutStore, number: int, *, actor: str, reason: str, now: datetime
) -> None:
    """Let a halted rollout go on; its failures so far count no more."""
    rollout = await _open(store, number)
    if rollout.state is not RolloutState.HALTED:
        raise Conflict(f"Rollout {number} is not halted.", code="rollout_not_halted")
    boxes = await store.rollout_boxes(rollout)
    begun = sorted(one.box for one in boxes if one.state is not UpdateState.WAITING)
    await store.lock_boxes(begun)
    await store.accept_failures(rollout)
    resumed = replace(rollout, state=RolloutState.RUNNING, cause=None)
    await store.save_rollout(resumed)
    await store.add_rollout_event(resumed, "resumed", actor=actor, reason=reason, now=now)
    orders = [
        StandingOrder(one.box, OrderKind.UPDATE, one.attempt)
        for one in await store.rollout_boxes(resumed)
        if one.state is UpdateState.ORDERED
    ]
    await store.open_orders(orders, due_at=now)


async def end(store: RolloutStore, number: int, *, actor: str, reason: str, now: datetime) -> None:
    """Order nothing more; what boxes answer later is still noted."""
    rollout = await _open(store, number)
    await _withdraw(store, await store.rollout_boxes(rollout))
    ended = replace(rollout, state=RolloutState.ENDED)
    await store.save_rollout(ended)
    await store.add_rollout_event(ended, "ended", actor=actor, reason=reason, now=now)


async def _open(store: RolloutStore, number: int) -> Rollout:
    rollout = await store.open_rollout()
    if rollout is None or rollout.number != number:
        raise NotFound("There is no open rollout of this number.", code="rollout_unknown")
    return rollout


async def step(store: RolloutStore, *, now: datetime) -> int:
    """Do what the open rollout needs now; return how many boxes were ordered."""
    rollout = await store.open_rollout()
    if rollout is None:
        return 0
    short = (await release_of(store, rollout.fingerprint)).release.short
    for _ in range(STAGES_MAX + 2):  # heartbeats first, then each stage once, then orders
        boxes = await store.rollout_boxes(rollout)
        decision = decide(rollout, boxes, short=short, now=now)
        if decision.settled:
            await _settle(store, rollout, decision, now)
            continue
        if decision.halt is not None:
            await _halt(store, rollout, boxes, decision.halt, now)
            return 0
        if decision.advance_to is None:
            return await _order(store, rollout, decision, now)
        rollout = replace(rollout, stage=decision.advance_to)
        await store.save_rollout(rollout)
        tag = rollout.stages[rollout.stage]
        await store.add_rollout_event(rollout, "advanced", actor=SERVER, reason=tag, now=now)
    return 0


async def _settle(
    store: RolloutStore, rollout: Rollout, decision: Decision, now: datetime
) -> None:
    """Keep what heartbeats told; boxes are locked first, as whoever takes in records does."""
    await store.lock_boxes(sorted(update.box for update, _ in decision.settled))
    for update, state in decision.settled:
        await store.settle_update(rollout, update, state, now=now)
    await _withdraw(store, [update for update, _ in decision.settled])


async def _order(store: RolloutStore, rollout: Rollout, decision: Decision, now: datetime) -> int:
    boxes = sorted(update.box for update in decision.orders)
    if not boxes:
        return 0
    await store.lock_boxes(boxes)
    attempts = await store.last_attempts(boxes)
    updates = [
        replace(one, state=UpdateState.ORDERED, attempt=attempts.get(one.box, 0) + 1)
        for one in decision.orders
    ]
    await store.save_updates(rollout, updates, now=now)
    orders = [StandingOrder(one.box, OrderKind.UPDATE, one.attempt) for one in updates]
    await store.open_orders(orders, due_at=now)
    return len(orders)


async def _halt(
    store: RolloutStore,
    rollout: Rollout,
    boxes: Sequence[BoxUpdate],
    cause: HaltCause,
    now: datetime,
) -> None:
    """Stop, and take back the orders of boxes that have not begun."""
    halted = replace(rollout, state=RolloutState.HALTED, cause=cause)
    await _withdraw(store, boxes)
    await store.save_rollout(halted)
    entry = await store.add_rollout_event(halted, "halted", actor=SERVER, reason=cause, now=now)
    failed = [str(one.box) for one in boxes if one.is_failure]
    finding = Discrepancy(
        kind=RolloutFinding.ROLLOUT_HALTED,
        severity=Severity.CRITICAL,
        subject=f"{rollout.number}/{entry}",
        found_at=now,
        evidence={
            "rollout": rollout.number,
            "cause": str(cause),
            "failed": len(failed),
            "boxes": ", ".join(failed[:10]),
        },
    )
    await store.raise_discrepancies([finding])


async def _withdraw(store: RolloutStore, boxes: Sequence[BoxUpdate]) -> None:
    ordered = sorted(one.box for one in boxes if one.state is UpdateState.ORDERED)
    if ordered:
        await store.lock_boxes(ordered)
        await store.close_orders(ordered, OrderKind.UPDATE)


async def follow_update(
    store: AnswerStore, box: BoxId, answers: Sequence[BoxRecord], *, now: datetime
) -> int:
    """Keep what became of updates of a box, whose row is locked; return how many answers."""
    told = 0
    for record in answers:
        change = record.fact
        if not isinstance(change, FirmwareChanged):
            continue
        told += 1
        await store.add_firmware_report(box, record.seq, change, now=now)
        if change.outcome is not None:
            await store.answer_update(box, record.seq, change, now=now)
    return told
