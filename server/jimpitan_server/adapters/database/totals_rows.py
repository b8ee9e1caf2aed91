"""Sums up the records of all boxes for the public figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_totals import totals_money
from jimpitan_server.adapters.database.schema import boxes, programme_totals
from jimpitan_server.services.totals import BoxTotals, MoneyTotals


async def box_totals(connection: AsyncConnection, *, seen_after: datetime) -> BoxTotals:
    """Return the sums over all boxes; reporting ones were seen after an instant."""
    table = programme_totals
    sums = select(
        func.sum(table.c.records), func.sum(table.c.deposits), func.max(table.c.newest_at)
    )
    records, deposits, newest_at = (await connection.execute(sums)).one()
    total = select(func.count()).select_from(boxes)
    reporting = total.where(boxes.c.last_seen_at > seen_after)
    return BoxTotals(
        records=int(records or 0),
        deposits=int(deposits or 0),
        newest_at=newest_at,
        boxes_total=(await connection.execute(total)).scalar_one(),
        boxes_reporting=(await connection.execute(reporting)).scalar_one(),
    )


@dataclass(frozen=True, slots=True)
class DatabaseTotals:
    """`TotalsStore` on an open transaction."""

    connection: AsyncConnection

    async def box_totals(self, *, seen_after: datetime) -> BoxTotals:
        """Return the sums over all boxes; reporting ones were seen after an instant."""
        return await box_totals(self.connection, seen_after=seen_after)

    async def money_totals(self) -> MoneyTotals:
        """Return the sums of the books."""
        return await totals_money(self.connection)
