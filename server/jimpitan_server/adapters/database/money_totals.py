"""Sums up the books for the public figures."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import (
    collections,
    fresh_payments,
    money_positions,
    voids,
)
from jimpitan_server.services.totals import MoneyTotals


async def totals_money(connection: AsyncConnection) -> MoneyTotals:
    """Return what was counted, confirmed, is provisional and is unattributed, in rupiah.

    QRIS money is the position that matching left, and the payments that came since.
    """
    position = await _positions(connection)
    table = fresh_payments
    fresh = select(
        func.coalesce(func.sum(table.c.due_idr), 0),
        func.coalesce(func.sum(table.c.unattributed_idr), 0),
    )
    due, unattributed = (await connection.execute(fresh)).one()
    return MoneyTotals(
        counted_idr=await _counted(connection),
        confirmed_idr=position.get("qris_confirmed", 0),
        provisional_idr=position.get("qris_provisional", 0) + int(due),
        unattributed_idr=position.get("qris_unattributed", 0) + int(unattributed),
    )


async def _positions(connection: AsyncConnection) -> dict[str, int]:
    statement = select(money_positions.c.position, money_positions.c.amount_idr)
    return dict((await connection.execute(statement)).all())


async def _counted(connection: AsyncConnection) -> int:
    """Return the sum of all counts less the void ones, of which there are few."""
    counted = select(func.coalesce(func.sum(collections.c.total_idr), 0))
    void = counted.join_from(
        collections, voids, voids.c.subject_id == collections.c.collection_id
    ).where(voids.c.subject_kind == "collection")
    amounts = [int((await connection.execute(one)).scalar_one()) for one in (counted, void)]
    return amounts[0] - amounts[1]
