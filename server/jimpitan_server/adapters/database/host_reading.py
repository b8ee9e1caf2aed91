"""Reads what figures by institution need: where containers stood, and when they were counted."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.container_schema import placements
from jimpitan_server.adapters.database.money_schema import collections, voids
from jimpitan_server.domain.host_figures import Placed, Places

PLACEMENTS_MAX = 100_000
COUNTS_MAX = 200_000


async def places(connection: AsyncConnection) -> Places:
    """Return where every container stood, from the newest `PLACEMENTS_MAX` placements."""
    table = placements
    statement = select(table).order_by(table.c.placement_id.desc()).limit(PLACEMENTS_MAX)
    rows = (await connection.execute(statement)).mappings().all()
    return Places(
        Placed(box=row["box_id"], host=row["host"].strip(), since=row["placed_at"])
        for row in reversed(rows)
    )


async def counts_since(connection: AsyncConnection, since: datetime) -> list[tuple[str, datetime]]:
    """Return box and moment of the counts that stand, the newest `COUNTS_MAX`."""
    table = collections
    withdrawn = select(voids.c.subject_id).where(voids.c.subject_kind == "collection")
    statement = (
        select(table.c.box_id, table.c.lid_at)
        .where(table.c.lid_at >= since, table.c.collection_id.not_in(withdrawn))
        .order_by(table.c.lid_at.desc())
        .limit(COUNTS_MAX)
    )
    return [(row.box_id, row.lid_at) for row in await connection.execute(statement)]
