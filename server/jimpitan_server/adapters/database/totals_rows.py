"""Reads all public figures with one statement: they are drawn up several times a second."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.metadata import Instant
from jimpitan_server.adapters.database.money_totals import (
    AGE_COLUMNS,
    MONEY_COLUMNS,
    money_totals,
)
from jimpitan_server.adapters.database.schema import boxes, programme_totals
from jimpitan_server.services.totals import BoxTotals, MoneyTotals

_SUMS = programme_totals.c
_ALL_BOXES = select(func.count()).select_from(boxes)
_REPORTING = _ALL_BOXES.where(boxes.c.last_seen_at > bindparam("seen_after", type_=Instant()))
TOTALS = select(
    select(func.coalesce(func.sum(_SUMS.records), 0)).scalar_subquery().label("records"),
    select(func.coalesce(func.sum(_SUMS.deposits), 0)).scalar_subquery().label("deposits"),
    select(func.max(_SUMS.newest_at)).scalar_subquery().label("newest_at"),
    _ALL_BOXES.scalar_subquery().label("boxes_total"),
    _REPORTING.scalar_subquery().label("boxes_reporting"),
    *MONEY_COLUMNS,
    *AGE_COLUMNS,
)


@dataclass(frozen=True, slots=True)
class DatabaseTotals:
    """`TotalsStore` on an open transaction."""

    connection: AsyncConnection

    async def totals(self, *, seen_after: datetime) -> tuple[BoxTotals, MoneyTotals]:
        """Return the sums over all boxes, reporting ones seen after an instant, and the books."""
        found = await self.connection.execute(TOTALS, {"seen_after": seen_after})
        row = dict(found.mappings().one())
        of_boxes = BoxTotals(
            records=int(row["records"]),
            deposits=int(row["deposits"]),
            boxes_reporting=row["boxes_reporting"],
            boxes_total=row["boxes_total"],
            newest_at=row["newest_at"],
        )
        return of_boxes, money_totals(row)
