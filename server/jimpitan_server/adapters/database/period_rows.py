"""Keeps holding periods, running summaries and the sums over the whole programme."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bulk import stored, update_rows
from jimpitan_server.adapters.database.schema import (
    declared_edges,
    holding_periods,
    running_summaries,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId
from jimpitan_server.domain.period import Period

# The sums are spread over some rows, so that gateways do not wait for each other's commit.
SHARDS = 16
_ADD = (
    "UPDATE programme_totals SET records = records + {}, deposits = deposits + {},"
    " newest_at = CASE WHEN newest_at > {} THEN newest_at ELSE {} END WHERE shard = {}"
)
ADD_TO_TOTALS = {
    "sqlite": _ADD.format(*"?????"),
    "postgresql": _ADD.format(*(f"${place}::bigint" for place in range(1, 6))),
}


async def add_to_periods(
    connection: AsyncConnection, deposits: Mapping[tuple[BoxId, int], int]
) -> None:
    """Add deposits to the holding periods (box, seq_from)."""
    await update_rows(
        connection,
        holding_periods,
        keys=("box_id", "seq_from"),
        columns=("deposits",),
        rows=[(box, start, added) for (box, start), added in deposits.items()],
        adding=True,
    )


async def periods(connection: AsyncConnection, box: BoxId) -> list[Period]:
    """Return the holding periods of a box in rising order."""
    table = holding_periods
    statement = (
        select(table.c.seq_from, table.c.seq_to, table.c.deposits)
        .where(table.c.box_id == box)
        .order_by(table.c.seq_from)
    )
    return [Period(*row) for row in (await connection.execute(statement))]


async def replace_periods(
    connection: AsyncConnection,
    box: BoxId,
    *,
    removed: Sequence[Period],
    added: Sequence[Period],
) -> None:
    """Exchange holding periods whose edges have moved."""
    table = holding_periods
    if removed:
        starts = [period.seq_from for period in removed]
        await connection.execute(
            delete(table).where(table.c.box_id == box, table.c.seq_from.in_(starts))
        )
    if added:
        await connection.execute(
            insert(table),
            [
                {
                    "box_id": box,
                    "seq_from": period.seq_from,
                    "seq_to": period.seq_to,
                    "deposits": period.deposits,
                }
                for period in added
            ],
        )


async def summaries(
    connection: AsyncConnection, ids_by_box: Mapping[BoxId, set[int]]
) -> dict[BoxId, dict[int, int]]:
    """Return the deposits counted so far of these running summaries."""
    table = running_summaries
    found: dict[BoxId, dict[int, int]] = {}
    for box, ids in ids_by_box.items():
        statement = select(table.c.summary_id, table.c.deposits).where(
            table.c.box_id == box, table.c.summary_id.in_(ids)
        )
        found[box] = dict((await connection.execute(statement)).all())
    return found


async def save_summaries(
    connection: AsyncConnection, deposits_by_box: Mapping[BoxId, Mapping[int, int]]
) -> None:
    """Keep what running summaries have counted so far."""
    for box, counted in deposits_by_box.items():
        for summary, deposits in counted.items():
            statement = upsert(connection, running_summaries).values(
                box_id=box, summary_id=summary, deposits=deposits
            )
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["box_id", "summary_id"], set_={"deposits": deposits}
                )
            )


async def add_to_totals(
    connection: AsyncConnection,
    gateway: GatewayId,
    *,
    records: int,
    deposits: int,
    newest_at: datetime,
) -> None:
    """Add to the sums over the whole programme."""
    at = stored(newest_at)
    shard = zlib.crc32(gateway.encode()) % SHARDS
    statement = ADD_TO_TOTALS[connection.dialect.name]
    await connection.exec_driver_sql(statement, (records, deposits, at, at, shard))


async def declare_edge(
    connection: AsyncConnection,
    box: BoxId,
    *,
    seq: int,
    actor: UserId,
    reason: str,
    now: datetime,
) -> None:
    """Keep that a person called a lid opening the end of a holding period."""
    statement = upsert(connection, declared_edges).values(
        box_id=box, seq=seq, actor=actor, reason=reason, declared_at=now
    )
    await connection.execute(statement.on_conflict_do_nothing())
