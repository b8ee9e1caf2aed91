"""Adds up what came from the boxes of each host institution on the days of a report."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.container_schema import placements
from jimpitan_server.adapters.database.money_schema import (
    collection_pieces,
    collections,
    payment_states,
    payments,
)
from jimpitan_server.domain.match import State
from jimpitan_server.domain.report_hosts import TOGETHER, HostFigures

# Of a payment in one of these states the whole sum is in the account.
CONFIRMED = (State.MATCHED, State.WITHIN_TOLERANCE, State.MANUAL, State.FORCED, State.OVER)
# These are no gifts, or none any more.
NO_GIFT = ("remittance", "refunded", State.VOID.value, State.DUPLICATE.value)


async def host_figures(
    connection: AsyncConnection, start: datetime, end: datetime
) -> list[HostFigures]:
    """Return the figures of each host from `start` until `end`, which is not included.

    A box belongs to the host at which it stood when the days ended; what belongs to no box, or to
    a box that stands nowhere, is under the empty name.
    """
    host_by_box = await _hosts(connection, end)
    boxes: dict[str, set[str]] = defaultdict(set)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    cash = await _cash(connection, start, end)
    qris = await _qris(connection, start, end)
    for box, (gifts, counted_idr, confirmed_idr) in (*cash, *qris):
        host = host_by_box.get(box, TOGETHER)
        if box:
            boxes[host].add(box)
        sum_ = sums[host]
        sum_[0] += gifts
        sum_[1] += counted_idr
        sum_[2] += confirmed_idr
    return [
        HostFigures(
            host=host,
            boxes=len(boxes[host]),
            gifts=gifts,
            counted_idr=counted_idr,
            qris_confirmed_idr=confirmed_idr,
        )
        for host, (gifts, counted_idr, confirmed_idr) in sorted(sums.items())
    ]


async def _hosts(connection: AsyncConnection, end: datetime) -> dict[str, str]:
    table = placements
    newest = (
        select(func.max(table.c.placement_id))
        .where(table.c.placed_at < end)
        .group_by(table.c.box_id)
    )
    statement = select(table.c.box_id, table.c.host).where(table.c.placement_id.in_(newest))
    return {row.box_id: row.host for row in await connection.execute(statement)}


async def _cash(
    connection: AsyncConnection, start: datetime, end: datetime
) -> list[tuple[str, tuple[int, int, int]]]:
    """Return box, pieces and rupiah of the counts that stand."""
    table, pieces = collections, collection_pieces
    is_within = (
        table.c.lid_at >= start,
        table.c.lid_at < end,
        ~is_void("collection", table.c.collection_id),
    )
    number = (
        select(table.c.box_id, func.sum(pieces.c.pieces))
        .join(pieces, pieces.c.collection_id == table.c.collection_id)
        .where(*is_within)
        .group_by(table.c.box_id)
    )
    by_box = {row[0]: int(row[1]) for row in await connection.execute(number)}
    money = (
        select(table.c.box_id, func.sum(table.c.total_idr))
        .where(*is_within)
        .group_by(table.c.box_id)
    )
    return [
        (row[0], (by_box.get(row[0], 0), int(row[1]), 0))
        for row in await connection.execute(money)
    ]


async def _qris(
    connection: AsyncConnection, start: datetime, end: datetime
) -> list[tuple[str, tuple[int, int, int]]]:
    """Return box, payments and confirmed rupiah of the gifts by QRIS."""
    table = payments
    statement = (
        select(
            table.c.box_id,
            payment_states.c.state,
            func.count(),
            func.sum(table.c.amount_idr - table.c.fee_idr),
        )
        .outerjoin(payment_states, payment_states.c.payment_id == table.c.payment_id)
        .where(table.c.paid_at >= start, table.c.paid_at < end)
        .group_by(table.c.box_id, payment_states.c.state)
    )
    return [
        (box or "", (int(count), 0, int(due_idr) if state in CONFIRMED else 0))
        for box, state, count, due_idr in await connection.execute(statement)
        if state not in NO_GIFT
    ]
