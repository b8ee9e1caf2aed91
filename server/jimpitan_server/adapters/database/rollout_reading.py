"""Answers what people ask about rollouts and the firmware of a box."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.fleet_schema import (
    releases,
    rollout_boxes,
    rollout_events,
    rollouts,
)
from jimpitan_server.adapters.database.rollout_store import DatabaseRollouts, rollout_of
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rollout import (
    FAILED,
    BoxUpdate,
    Rollout,
    StageCount,
    UpdateState,
    count_stage,
)

SHOWN_MAX = 50
SUMMARY = select(rollouts, releases.c.version).join(
    releases, releases.c.fingerprint == rollouts.c.fingerprint
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutSummary:
    """A rollout for people: what it brings, who began it, and its history so far."""

    rollout: Rollout
    version: str
    actor: str
    started_at: datetime
    events: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutProgress:
    """How far a rollout is: its stages in their order, and every box."""

    summary: RolloutSummary
    stages: tuple[tuple[str, StageCount], ...]
    boxes: tuple[BoxUpdate, ...]

    @property
    def failures(self) -> list[BoxUpdate]:
        """Return the boxes that failed, accepted or not."""
        return [one for one in self.boxes if one.state in FAILED]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFirmware:
    """What a box runs as its records say, and how far its newest update is."""

    runs: str | None
    version: str | None
    state: UpdateState | None = None
    reason: int | None = None
    attempt: int | None = None
    rollout: int | None = None
    changed_at: datetime | None = None


async def rollout_summaries(connection: AsyncConnection) -> list[RolloutSummary]:
    """Return the newest rollouts, newest first, without their histories."""
    statement = SUMMARY.order_by(rollouts.c.rollout_id.desc()).limit(SHOWN_MAX)
    return [_summary(row, ()) for row in (await connection.execute(statement)).mappings()]


async def rollout_progress(
    connection: AsyncConnection, number: int, now: datetime
) -> RolloutProgress | None:
    """Return how far a rollout is."""
    statement = SUMMARY.where(rollouts.c.rollout_id == number)
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    table = rollout_events
    events = (
        select(table.c.event, table.c.stage, table.c.actor, table.c.reason, table.c.at)
        .where(table.c.rollout_id == number)
        .order_by(table.c.event_id)
    )
    history = tuple(dict(one) for one in (await connection.execute(events)).mappings())
    rollout = rollout_of(row)
    boxes = await DatabaseRollouts(connection).rollout_boxes(rollout)
    return RolloutProgress(
        summary=_summary(row, history),
        stages=tuple(
            (tag, count_stage(boxes, place, now)) for place, tag in enumerate(rollout.stages)
        ),
        boxes=tuple(boxes),
    )


async def box_firmware(connection: AsyncConnection, box: BoxId, row: RowMapping) -> BoxFirmware:
    """Return what a box runs; `row` is its row."""
    table = rollout_boxes
    statement = (
        select(table).where(table.c.box_id == box).order_by(table.c.rollout_id.desc()).limit(1)
    )
    newest = (await connection.execute(statement)).mappings().first()
    if newest is None:
        return BoxFirmware(runs=row["runs"], version=row["firmware"])
    return BoxFirmware(
        runs=row["runs"],
        version=row["firmware"],
        state=UpdateState(newest["state"]),
        reason=newest["reason"],
        attempt=newest["attempt"],
        rollout=newest["rollout_id"],
        changed_at=newest["changed_at"],
    )


def _summary(row: RowMapping, events: tuple[Mapping[str, object], ...]) -> RolloutSummary:
    return RolloutSummary(
        rollout=rollout_of(row),
        version=row["version"],
        actor=row["actor"],
        started_at=row["started_at"],
        events=events,
    )
