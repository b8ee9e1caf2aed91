"""Answers what a box recorded: lid events, deposits between two of them, its state."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import boxes, records
from jimpitan_server.adapters.wire import body_of
from jimpitan_server.adapters.wire_facts import fact_of
from jimpitan_server.domain.facts import CollectionMoved, LidMoved
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.occurred import Occurred, Stamp, estimate_occurred
from jimpitan_server.domain.record import RecordKind

# How far around a record an anchor of the same power cycle is looked for.
ANCHOR_REACH = 2000
PAGE_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LidEvent:
    """A lid opening or closing, or the opening or closing of a collection, in record order.

    `visit` is the one a collection was opened for, `deposits` what the box itself counted
    since the lid event before.
    """

    box: BoxId
    seq: int
    kind: RecordKind
    occurred: Occurred
    received_at: datetime
    visit: int | None = None
    deposits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensedDeposit:
    """One deposit record; `deposits` is above one for the summary of a full journal.

    `features` is the body as the box sent it, by its small integer keys.
    """

    box: BoxId
    seq: int
    deposits: int
    occurred: Occurred
    received_at: datetime
    features: dict[int, object]


COLUMNS = (
    records.c.box_id,
    records.c.seq,
    records.c.boot,
    records.c.uptime_ms,
    records.c.wall_s,
    records.c.wall_uncertainty_s,
    records.c.kind,
    records.c.deposits,
    records.c.raw,
    records.c.received_at,
)


async def lid_events(
    connection: AsyncConnection, box: BoxId, *, after_seq: int = 0
) -> list[LidEvent]:
    """Return the lid and collection events of a box after a sequence number, in order."""
    statement = (
        select(*COLUMNS)
        .where(records.c.box_id == box, records.c.seq > after_seq, text("kind IN (4, 5, 7, 8)"))
        .order_by(records.c.seq)
        .limit(PAGE_MAX)
    )
    events = []
    for row in (await connection.execute(statement)).mappings().all():
        fact = fact_of(row["kind"], body_of(bytes(row["raw"])))
        events.append(
            LidEvent(
                box=box,
                seq=row["seq"],
                kind=RecordKind(row["kind"]),
                occurred=await _occurred(connection, row),
                received_at=row["received_at"],
                visit=fact.visit if isinstance(fact, CollectionMoved) else None,
                deposits=fact.deposits if isinstance(fact, LidMoved) else None,
            )
        )
    return events


async def deposits_between(
    connection: AsyncConnection, box: BoxId, *, seq_from: int, seq_to: int | None
) -> list[SensedDeposit]:
    """Return the deposits after `seq_from` and before `seq_to`, in order, at most 10,000."""
    statement = (
        select(*COLUMNS)
        .where(records.c.box_id == box, records.c.seq > seq_from, records.c.deposits > 0)
        .order_by(records.c.seq)
        .limit(PAGE_MAX)
    )
    if seq_to is not None:
        statement = statement.where(records.c.seq < seq_to)
    rows = (await connection.execute(statement)).mappings().all()
    anchors = await _anchors_by_boot(connection, rows)
    return [
        SensedDeposit(
            box=box,
            seq=row["seq"],
            deposits=row["deposits"],
            occurred=estimate_occurred(stamp := _stamp(row), _nearest(anchors, stamp)),
            received_at=row["received_at"],
            features=body_of(bytes(row["raw"])),
        )
        for row in rows
    ]


async def records_of_kinds(
    connection: AsyncConnection, box: BoxId, *, kinds: Sequence[int], after_seq: int
) -> list[tuple[int, int, bytes, Occurred]]:
    """Return number, kind, envelope and time of records of these kinds, in order."""
    statement = (
        select(*COLUMNS)
        .where(records.c.box_id == box, records.c.seq > after_seq, records.c.kind.in_(kinds))
        .order_by(records.c.seq)
        .limit(PAGE_MAX)
    )
    return [
        (row["seq"], row["kind"], bytes(row["raw"]), await _occurred(connection, row))
        for row in (await connection.execute(statement)).mappings().all()
    ]


async def _anchors_by_boot(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> dict[int, list[Stamp]]:
    """Return the records with a clock by power cycle; one is looked up where there is none."""
    anchors: dict[int, list[Stamp]] = {}
    for row in rows:
        if row["wall_s"] is not None:
            anchors.setdefault(row["boot"], []).append(_stamp(row))
    for row in rows:
        if row["boot"] not in anchors:
            found = await _anchor(connection, row)
            anchors[row["boot"]] = [] if found is None else [found]
    return anchors


def _nearest(anchors: dict[int, list[Stamp]], stamp: Stamp) -> Stamp | None:
    """Return the anchor of the same power cycle that is nearest in uptime."""
    same_boot = anchors[stamp.boot]  # in rising order of uptime, as records are numbered
    place = bisect_left(same_boot, stamp.uptime_ms, key=_uptime_ms)
    near = same_boot[max(place - 1, 0) : place + 1]
    return min(near, key=lambda other: abs(other.uptime_ms - stamp.uptime_ms), default=None)


def _uptime_ms(stamp: Stamp) -> int:
    return stamp.uptime_ms


async def _occurred(connection: AsyncConnection, row: RowMapping) -> Occurred:
    stamp = _stamp(row)
    anchor = None if stamp.wall_s is not None else await _anchor(connection, row)
    return estimate_occurred(stamp, anchor)


async def _anchor(connection: AsyncConnection, row: RowMapping) -> Stamp | None:
    """Return the next record of the same power cycle with a clock, or else the one before."""
    for statement in _anchors(row):
        found = (await connection.execute(statement)).mappings().first()
        if found is not None:
            return _stamp(found)
    return None


def _anchors(row: RowMapping) -> tuple[Select[tuple[object, ...]], ...]:
    """Return where to look for a record of the same power cycle with a clock: after, before."""
    c = records.c
    found = select(*COLUMNS).where(
        c.box_id == row["box_id"], c.boot == row["boot"], c.wall_s.is_not(None)
    )
    seq = row["seq"]
    after = found.where(c.seq > seq, c.seq <= seq + ANCHOR_REACH).order_by(c.seq)
    before = found.where(c.seq < seq, c.seq >= seq - ANCHOR_REACH).order_by(c.seq.desc())
    return after.limit(1), before.limit(1)


def _stamp(row: RowMapping) -> Stamp:
    return Stamp(
        boot=row["boot"],
        uptime_ms=row["uptime_ms"],
        wall_s=row["wall_s"],
        wall_uncertainty_s=row["wall_uncertainty_s"],
        received_at=row["received_at"],
    )


async def box_rows_all(
    connection: AsyncConnection, *, after: str = "", limit: int = 1000
) -> list[RowMapping]:
    """Return the rows of boxes in order of their id, page by page."""
    statement = select(boxes).where(boxes.c.box_id > after).order_by(boxes.c.box_id).limit(limit)
    return list((await connection.execute(statement)).mappings().all())


async def box_row(connection: AsyncConnection, box: BoxId) -> RowMapping | None:
    """Return the row of a box."""
    statement = select(boxes).where(boxes.c.box_id == box)
    return (await connection.execute(statement)).mappings().first()
