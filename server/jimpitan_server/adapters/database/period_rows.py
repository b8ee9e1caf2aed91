"""Keeps holding periods, running summaries and the sums over the whole programme."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bulk import stored, update_rows
from jimpitan_server.adapters.database.schema import (
    declared_edges,
    holding_periods,
    running_summaries,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.expectation import NO_MOMENTS, SLOPES, SUM_MAX, Moments
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId
from jimpitan_server.domain.period import Period, PeriodSum

# The sums are spread over some rows, so that gateways do not wait for each other's commit.
SHARDS = 16
_ABOVE = tuple(f"value_above_{number}" for number in range(1, len(SLOPES) + 1))
_BELOW = tuple(f"value_below_{number}" for number in range(1, len(SLOPES) + 1))
MOMENTS = (
    "weighed",
    "pieces",
    "pieces_variance_milli",
    "value_mean_milli",
    "value_variance",
    *_ABOVE,
    *_BELOW,
)
_ADD = (
    "UPDATE programme_totals SET records = records + {}, deposits = deposits + {},"
    " newest_at = CASE WHEN newest_at > {} THEN newest_at ELSE {} END WHERE shard = {}"
)
ADD_TO_TOTALS = {
    "sqlite": _ADD.format(*"?????"),
    "postgresql": _ADD.format(*(f"${place}::bigint" for place in range(1, 6))),
}


async def add_to_periods(
    connection: AsyncConnection, sums: Mapping[tuple[BoxId, int], PeriodSum]
) -> None:
    """Add deposits and what was weighed to the holding periods (box, seq_from)."""
    only_counted: list[tuple[object, ...]] = []
    weighed: list[tuple[object, ...]] = []
    for (box, start), added in sums.items():
        if added.moments is NO_MOMENTS:
            only_counted.append((box, start, added.deposits))
        else:
            weighed.append((box, start, added.deposits, *_columns_of(added.moments)))
    for columns, rows in (((), only_counted), (MOMENTS, weighed)):
        await update_rows(
            connection,
            holding_periods,
            keys=("box_id", "seq_from"),
            columns=("deposits", *columns),
            rows=rows,
            adding_up_to=SUM_MAX,
        )


async def periods(connection: AsyncConnection, box: BoxId) -> list[Period]:
    """Return the holding periods of a box in rising order."""
    table = holding_periods
    statement = select(table).where(table.c.box_id == box).order_by(table.c.seq_from)
    return [
        Period(row["seq_from"], row["seq_to"], row["deposits"], moments_in(row))
        for row in (await connection.execute(statement)).mappings()
    ]


def moments_in(row: RowMapping) -> Moments:
    """Return what was weighed in the holding period of a row."""
    return Moments(
        weighed=row["weighed"],
        pieces=row["pieces"],
        pieces_variance_milli=row["pieces_variance_milli"],
        mean_milli=row["value_mean_milli"],
        variance=row["value_variance"],
        above=tuple(row[name] for name in _ABOVE),
        below=tuple(row[name] for name in _BELOW),
    )


def _columns_of(moments: Moments) -> tuple[int, ...]:
    """Return moments in the order of `MOMENTS`."""
    return (
        moments.weighed,
        moments.pieces,
        moments.pieces_variance_milli,
        moments.mean_milli,
        moments.variance,
        *moments.above,
        *moments.below,
    )


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
                    **dict(zip(MOMENTS, _columns_of(period.moments), strict=True)),
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
