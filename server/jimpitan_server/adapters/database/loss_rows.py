"""Reads what a loss statement says: what the box told in an interval, and the counts around it."""

from datetime import datetime, timedelta

from jimpitan_wire import records as wire
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.books_rows import UNCLOCKED
from jimpitan_server.adapters.database.box_reading import (
    box_row,
    deposits_between,
    records_of_kinds,
)
from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.money_schema import collections
from jimpitan_server.adapters.database.schema import journal_gaps, records
from jimpitan_server.adapters.wire import body_of
from jimpitan_server.adapters.wire_facts import SIGNS
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.occurred import Basis, Occurred
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.loss import LossCount, LossEvent, SensedSince

EVENTS_MAX = 120
KINDS = {
    wire.BOOT_KIND: "boot",
    wire.LID_OPENED: "lid_opened",
    wire.LID_CLOSED: "lid_closed",
    wire.COLLECTION_OPENED: "collection_opened",
    wire.COLLECTION_CLOSED: "collection_closed",
    wire.JOURNAL_GAP: "journal_gap",
}
# Not every quarter of an hour of a missing beam belongs on paper.
NOT_TOLD = {"beam_degraded"}


def _slack(occurred: Occurred) -> timedelta:
    """Return how far from its time a record may be; without any clock it may be a day old."""
    return UNCLOCKED if occurred.basis is Basis.RECEIVED else occurred.uncertainty


async def first_seq(connection: AsyncConnection, box: BoxId, since: datetime) -> int:
    """Return the last number before which nothing is of the interval: records come after it."""
    statement = select(func.min(records.c.seq)).where(
        records.c.box_id == box, records.c.received_at > since
    )
    found = (await connection.execute(statement)).scalar_one()
    return 0 if found is None else int(found) - 1


async def told(
    connection: AsyncConnection, box: BoxId, *, since: datetime, until: datetime
) -> tuple[tuple[LossEvent, ...], int]:
    """Return what the box told in an interval, in order, and how much of it is left out."""
    after_seq = await first_seq(connection, box, since)
    kinds = (*KINDS, wire.TAMPER)
    found = []
    for seq, kind, raw, occurred in await records_of_kinds(
        connection, box, kinds=kinds, after_seq=after_seq
    ):
        slack = _slack(occurred)
        if not since - slack <= occurred.at <= until + slack:
            continue
        what, lost_mg = KINDS.get(kind, ""), None
        if kind == wire.TAMPER:
            body = body_of(raw)
            sign, lost = body.get(wire.TAMPER_SIGN), body.get(wire.TAMPER_MASS_MG)
            what = str(SIGNS.get(sign, "tamper")) if type(sign) is int else "tamper"
            lost_mg = lost if type(lost) is int else None
        if what not in NOT_TOLD:
            found.append(
                LossEvent(
                    seq=seq,
                    at=occurred.at,
                    uncertainty_s=int(slack / timedelta(seconds=1)),
                    what=what,
                    lost_mg=lost_mg,
                )
            )
    return tuple(found[-EVENTS_MAX:]), max(len(found) - EVENTS_MAX, 0)


async def sensed(
    connection: AsyncConnection, box: BoxId, *, since: datetime, until: datetime
) -> SensedSince | None:
    """Return the deposits of an interval; None for a container without sensors."""
    if await box_row(connection, box) is None:
        return None
    after_seq = await first_seq(connection, box, since)
    sure = perhaps = 0
    seq_last = after_seq
    for one in await deposits_between(connection, box, seq_from=after_seq, seq_to=None):
        slack = _slack(one.occurred)
        if since + slack < one.occurred.at <= until - slack:
            sure += one.deposits
            seq_last = one.seq
        elif since - slack <= one.occurred.at <= until + slack:
            perhaps += one.deposits
            seq_last = one.seq
    table = journal_gaps
    gaps = select(table.c.seq_from, table.c.seq_to).where(
        table.c.box_id == box, table.c.seq_to > after_seq, table.c.seq_from <= seq_last + 1
    )
    missing = sum(
        seq_to - max(seq_from, after_seq + 1) + 1
        for seq_from, seq_to in await connection.execute(gaps)
    )
    return SensedSince(sure=sure, perhaps=perhaps, records_missing=missing)


async def counts_around(
    connection: AsyncConnection, box: BoxId, *, since: datetime, until: datetime
) -> tuple[LossCount | None, tuple[LossCount, ...]]:
    """Return the last count until `since`, and those after it until `until`, if they stand."""
    table = collections
    standing = select(table).where(
        table.c.box_id == box, ~is_void("collection", table.c.collection_id)
    )
    before = standing.where(table.c.lid_at <= since).order_by(table.c.lid_at.desc()).limit(1)
    after = standing.where(table.c.lid_at > since, table.c.lid_at <= until)
    found = [
        [
            LossCount(
                collection_id=row["collection_id"],
                at=row["lid_at"],
                total=Rupiah(row["total_idr"]),
                seal_put_on=row["seal"],
            )
            for row in (await connection.execute(statement)).mappings()
        ]
        for statement in (before, after.order_by(table.c.lid_at))
    ]
    return next(iter(found[0]), None), tuple(found[1])
