"""Keeps rollouts: how each is, how far each box is, and what boxes answered."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, update

from jimpitan_server.adapters.database.fleet_schema import (
    box_tags,
    firmware_reports,
    rollout_boxes,
    rollout_events,
    rollouts,
    standing_orders,
)
from jimpitan_server.adapters.database.on_connection import OnConnection
from jimpitan_server.adapters.database.schema import boxes
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.facts import FirmwareChanged
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.order import OrderKind
from jimpitan_server.domain.rollout import (
    EVERY_BOX,
    FAILED,
    FINAL,
    BoxUpdate,
    HaltCause,
    Rollout,
    RolloutState,
    UpdateState,
    first_stage,
)


class DatabaseRollouts(OnConnection):
    """Rollouts on an open transaction, without releases and locks of boxes."""

    __slots__ = ()

    async def open_rollout(self) -> Rollout | None:
        """Return the one rollout that has not ended, locked until the transaction ends."""
        table = rollouts
        statement = select(table).where(table.c.open_place.is_not(None)).with_for_update()
        row = (await self.connection.execute(statement)).mappings().first()
        return None if row is None else rollout_of(row)

    async def has_open_rollout(self) -> bool:
        """Say whether a rollout has not ended, without a lock."""
        statement = select(rollouts.c.rollout_id).where(rollouts.c.open_place.is_not(None))
        return (await self.connection.execute(statement)).first() is not None

    async def add_rollout(self, rollout: Rollout, *, actor: str, now: datetime) -> int | None:
        """Keep a new rollout; return its number, or None if another one is open."""
        result = await self.connection.execute(
            upsert(self.connection, rollouts)
            .values(
                fingerprint=rollout.fingerprint,
                stages=json.dumps(rollout.stages),
                failures_max=rollout.failures_max,
                advance_permille=rollout.advance_permille,
                state=rollout.state,
                open_place=1,
                actor=actor,
                started_at=now,
            )
            .on_conflict_do_nothing()
            .returning(rollouts.c.rollout_id)
        )
        number = result.scalar_one_or_none()
        return None if number is None else int(number)

    async def save_rollout(self, rollout: Rollout) -> None:
        """Keep how a rollout is."""
        is_open = rollout.state is not RolloutState.ENDED
        await self.connection.execute(
            update(rollouts)
            .where(rollouts.c.rollout_id == rollout.number)
            .values(
                stage=rollout.stage,
                state=rollout.state,
                cause=rollout.cause,
                open_place=1 if is_open else None,
            )
        )

    async def add_rollout_event(
        self, rollout: Rollout, event: str, *, actor: str, reason: str | None, now: datetime
    ) -> int:
        """Append to the history of a rollout; return the number of the entry."""
        result = await self.connection.execute(
            insert(rollout_events)
            .values(
                rollout_id=rollout.number,
                event=event,
                stage=rollout.stage,
                actor=actor,
                reason=reason,
                at=now,
            )
            .returning(rollout_events.c.event_id)
        )
        return int(result.scalar_one())

    async def rollout_boxes(self, rollout: Rollout) -> list[BoxUpdate]:
        """Return every box that belongs to a rollout, with how far it is."""
        table, tags = rollout_boxes, await self._tags(rollout.stages)
        is_member: list[ColumnElement[bool]] = [table.c.rollout_id.is_not(None)]
        if EVERY_BOX in rollout.stages:
            is_member.append(boxes.c.seq_max >= 0)
        else:
            tagged = select(box_tags.c.box_id).where(box_tags.c.tag.in_(rollout.stages))
            is_member.append(boxes.c.box_id.in_(tagged))
        joined = and_(table.c.box_id == boxes.c.box_id, table.c.rollout_id == rollout.number)
        statement = (
            select(
                boxes.c.box_id.label("box"),
                boxes.c.last_seen_at,
                boxes.c.runs,
                boxes.c.runs_since,
                boxes.c.runs_until,
                table,
            )
            .outerjoin(table, joined)
            .where(or_(*is_member))
            .order_by(boxes.c.box_id)
        )
        found = []
        for row in (await self.connection.execute(statement)).mappings():
            stage = row["stage"]
            if stage is None:
                stage = first_stage(rollout.stages, tags.get(row["box"], ()))
            if stage is not None:
                found.append(_update(row, stage))
        return found

    async def _tags(self, stages: Sequence[str]) -> dict[str, list[str]]:
        statement = select(box_tags.c.box_id, box_tags.c.tag).where(box_tags.c.tag.in_(stages))
        found: dict[str, list[str]] = {}
        for box, tag in await self.connection.execute(statement):
            found.setdefault(box, []).append(tag)
        return found

    async def save_updates(
        self, rollout: Rollout, updates: Sequence[BoxUpdate], *, now: datetime
    ) -> None:
        """Keep how far boxes are, of which no record told."""
        for one in updates:
            statement = upsert(self.connection, rollout_boxes).values(
                rollout_id=rollout.number,
                box_id=one.box,
                stage=one.stage,
                state=one.state,
                attempt=one.attempt or None,
                changed_at=now,
            )
            await self.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["rollout_id", "box_id"],
                    set_={"state": one.state, "changed_at": now},
                    where=rollout_boxes.c.state.not_in(FINAL),
                )
            )

    async def settle_update(
        self, rollout: Rollout, update: BoxUpdate, state: UpdateState, *, now: datetime
    ) -> None:
        """Keep an outcome that heartbeats told."""
        settled = BoxUpdate(
            box=update.box, stage=update.stage, state=state, attempt=update.attempt
        )
        await self.save_updates(rollout, [settled], now=now)

    async def accept_failures(self, rollout: Rollout) -> None:
        """Let the failures of a rollout so far count no more."""
        table = rollout_boxes
        await self.connection.execute(
            update(table)
            .where(table.c.rollout_id == rollout.number, table.c.state.in_(FAILED))
            .values(is_accepted=1)
        )

    async def last_attempts(self, boxes: Sequence[BoxId]) -> Mapping[BoxId, int]:
        """Return the highest number of an attempt that each box was told of or named."""
        found: dict[BoxId, int] = {}
        for table in (rollout_boxes, firmware_reports):
            statement = (
                select(table.c.box_id, func.coalesce(func.max(table.c.attempt), 0))
                .where(table.c.box_id.in_(boxes))
                .group_by(table.c.box_id)
            )
            for box, attempt in await self.connection.execute(statement):
                found[BoxId(box)] = max(found.get(BoxId(box), 0), attempt)
        return found

    async def add_firmware_report(
        self, box: BoxId, seq: int, change: FirmwareChanged, *, now: datetime
    ) -> None:
        """Append what became of an update."""
        await self.connection.execute(
            insert(firmware_reports).values(
                box_id=box,
                seq=seq,
                outcome=change.outcome,
                fingerprint=change.fingerprint,
                attempt=change.attempt,
                version=change.version,
                reason=change.reason,
                received_at=now,
            )
        )

    async def answer_update(
        self, box: BoxId, seq: int, change: FirmwareChanged, *, now: datetime
    ) -> None:
        """Note how far a box is, unless a later record of it said more already.

        An answer that names another release is none: the box had an earlier life.
        """
        table, orders = rollout_boxes, standing_orders
        meant = select(rollouts.c.rollout_id).where(
            rollouts.c.fingerprint.startswith(change.fingerprint, autoescape=True)
        )
        of_attempt = (table.c.box_id == box, table.c.attempt == change.attempt)
        found = await self.connection.execute(
            select(table.c.attempt).where(*of_attempt, table.c.rollout_id.in_(meant))
        )
        if not change.fingerprint or found.first() is None:
            return
        await self.connection.execute(
            update(table)
            .where(*of_attempt, table.c.answered_seq < seq)
            .values(state=change.outcome, reason=change.reason, answered_seq=seq, changed_at=now)
        )
        await self.connection.execute(
            delete(orders).where(
                orders.c.box_id == box,
                orders.c.kind == OrderKind.UPDATE,
                orders.c.number == change.attempt,
            )
        )


def rollout_of(row: RowMapping) -> Rollout:
    """Return the rollout of a row."""
    return Rollout(
        number=row["rollout_id"],
        fingerprint=row["fingerprint"],
        stages=tuple(json.loads(row["stages"])),
        failures_max=row["failures_max"],
        advance_permille=row["advance_permille"],
        stage=row["stage"],
        state=RolloutState(row["state"]),
        cause=None if row["cause"] is None else HaltCause(row["cause"]),
    )


def _update(row: RowMapping, stage: int) -> BoxUpdate:
    state = row["state"]
    return BoxUpdate(
        box=BoxId(row["box"]),
        stage=stage,
        state=UpdateState.WAITING if state is None else UpdateState(state),
        attempt=row["attempt"] or 0,
        reason=row["reason"],
        is_accepted=bool(row["is_accepted"]),
        changed_at=row["changed_at"],
        last_seen_at=row["last_seen_at"],
        runs=row["runs"],
        runs_since=row["runs_since"],
        runs_until=row["runs_until"],
    )
