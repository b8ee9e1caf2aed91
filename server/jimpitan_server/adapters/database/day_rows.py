"""Reads what a collector's phone takes along of the boxes on its route: bounded, no sums."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.money_schema import box_codes, collections
from jimpitan_server.adapters.database.schema import boxes, discrepancies, holding_periods
from jimpitan_server.adapters.database.witness_schema import count_papers
from jimpitan_server.domain.discrepancy import TamperFinding
from jimpitan_server.domain.fill import Fill, fill_of
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.sticker import StickerFinding

# What a collector looks at when standing before a box; what concerns money is not for him.
STICKERS = (
    StickerFinding.SWAPPED,
    StickerFinding.ALTERED,
    StickerFinding.UNREADABLE,
    StickerFinding.REPORTED,
    StickerFinding.SCAN_OVERDUE,
)
ALARMS = [kind.value for kind in (*TamperFinding, *STICKERS)]
ALARMS_MAX = 2_000
CODES_MAX = 1_000


async def rows_by_box(
    connection: AsyncConnection, wanted: Sequence[BoxId]
) -> dict[BoxId, RowMapping]:
    """Return the rows of those that are sensor boxes."""
    statement = select(boxes).where(boxes.c.box_id.in_(wanted))
    found = (await connection.execute(statement)).mappings().all()
    return {BoxId(row["box_id"]): row for row in found}


async def fill_by_box(connection: AsyncConnection, wanted: Sequence[BoxId]) -> dict[BoxId, Fill]:
    """Return how full each sensor box looks in its present holding period."""
    statement = (
        select(boxes.c.box_id, func.coalesce(holding_periods.c.deposits, 0))
        .outerjoin(
            holding_periods,
            (holding_periods.c.box_id == boxes.c.box_id)
            & (holding_periods.c.seq_from == boxes.c.period_seq_from),
        )
        .where(boxes.c.box_id.in_(wanted))
    )
    return {BoxId(box): fill_of(n) for box, n in await connection.execute(statement)}


async def codes_by_box(
    connection: AsyncConnection, wanted: Sequence[BoxId]
) -> dict[BoxId, list[str]]:
    """Return the codes that should be on these boxes."""
    statement = (
        select(box_codes.c.box_id, box_codes.c.payload)
        .where(box_codes.c.box_id.in_(wanted), box_codes.c.withdrawn_at.is_(None))
        .order_by(box_codes.c.code_id)
        .limit(CODES_MAX)
    )
    found: dict[BoxId, list[str]] = {}
    for box, payload in await connection.execute(statement):
        found.setdefault(BoxId(box), []).append(payload)
    return found


async def sealed_boxes(connection: AsyncConnection, wanted: Sequence[BoxId]) -> set[BoxId]:
    """Return the boxes at which a seal should be found; never which."""
    table = collections
    ranked = (
        select(
            table.c.box_id,
            table.c.seal,
            func.row_number()
            .over(partition_by=table.c.box_id, order_by=table.c.lid_at.desc())
            .label("place"),
        )
        .join(count_papers, count_papers.c.collection_id == table.c.collection_id)
        .where(table.c.box_id.in_(wanted), ~is_void("collection", table.c.collection_id))
        .subquery()
    )
    statement = select(ranked.c.box_id).where(ranked.c.place == 1, ranked.c.seal.is_not(None))
    return {BoxId(box) for box in (await connection.execute(statement)).scalars()}


async def alarms_by_box(
    connection: AsyncConnection, wanted: Sequence[BoxId]
) -> dict[BoxId, list[str]]:
    """Return the kinds of open cases to look at when standing before a box, each once."""
    table = discrepancies
    statement = (
        select(table.c.box_id, table.c.kind)
        .where(table.c.box_id.in_(wanted), table.c.kind.in_(ALARMS), table.c.resolved_at.is_(None))
        .group_by(table.c.box_id, table.c.kind)
        .order_by(table.c.box_id, func.max(table.c.found_at).desc())
        .limit(ALARMS_MAX)
    )
    found: dict[BoxId, list[str]] = {}
    for box, kind in await connection.execute(statement):
        found.setdefault(BoxId(box), []).append(kind)
    return found
