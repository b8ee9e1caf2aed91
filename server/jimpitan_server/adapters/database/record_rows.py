"""Appends records, and answers which of them are held."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bulk import insert_rows, stored
from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.schema import declared_edges, records
from jimpitan_server.adapters.wire import body_of
from jimpitan_server.adapters.wire_facts import fact_of
from jimpitan_server.domain.expectation import moments_sum
from jimpitan_server.domain.facts import Weighed
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.intake import Held, moments_weighed
from jimpitan_server.domain.period import EdgeEvent, PeriodSum
from jimpitan_server.domain.record import RecordKind
from jimpitan_server.services.ports import RecordRow

COLUMNS = (
    "box_id",
    "seq",
    "epoch",
    "boot",
    "uptime_ms",
    "wall_s",
    "wall_uncertainty_s",
    "kind",
    "deposits",
    "prev",
    "tag",
    "raw",
    "gateway_id",
    "received_at",
    "recorded_at",
)
EDGE_KINDS = (4, 7, 8)
HELD = {
    POSTGRESQL: text(
        "SELECT r.box_id, r.seq, r.tag, r.prev FROM records r"
        " JOIN unnest(CAST(:boxes AS text[]), CAST(:seqs AS bigint[])) AS k(box_id, seq)"
        " ON r.box_id = k.box_id AND r.seq = k.seq"
    ),
    "sqlite": text(
        "SELECT r.box_id, r.seq, r.tag, r.prev FROM json_each(:keys) AS k"
        " JOIN records r ON r.box_id = json_extract(k.value, '$[0]')"
        " AND r.seq = json_extract(k.value, '$[1]')"
    ),
}


async def insert_records(
    connection: AsyncConnection,
    rows: Sequence[RecordRow],
    *,
    gateway: GatewayId,
    recorded_at: datetime,
) -> None:
    """Append records that are known to be new; the primary key guards against the rest.

    They are known to be new because the row of their box is locked, so no other transaction
    can add records of that box, and each number up to `seq_max` was looked up.
    """
    at = stored(recorded_at)
    received: dict[datetime, int | None] = {}
    values = []
    for row in rows:
        record = row.record
        if row.received_at not in received:
            received[row.received_at] = stored(row.received_at)
        values.append(
            (
                record.box,
                record.seq,
                record.epoch,
                record.boot,
                record.uptime_ms,
                record.wall_s,
                record.wall_uncertainty_s,
                record.kind,
                row.deposits,
                record.prev,
                record.tag,
                record.raw,
                gateway,
                received[row.received_at],
                at,
            )
        )
    await insert_rows(connection, records, COLUMNS, values)


async def held(
    connection: AsyncConnection, seqs_by_box: Mapping[BoxId, set[int]]
) -> dict[BoxId, dict[int, Held]]:
    """Return those of the named records that are held."""
    keys = [(box, seq) for box, seqs in seqs_by_box.items() for seq in seqs]
    if not keys:
        return {}
    if connection.dialect.name == POSTGRESQL:
        parameters: dict[str, object] = {
            "boxes": [box for box, _ in keys],
            "seqs": [seq for _, seq in keys],
        }
    else:
        parameters = {"keys": json.dumps(keys)}
    found: dict[BoxId, dict[int, Held]] = {}
    result = await connection.execute(HELD[connection.dialect.name], parameters)
    for box, seq, tag, prev in result:
        found.setdefault(BoxId(box), {})[seq] = Held(bytes(tag), bytes(prev))
    return found


async def records_beyond(connection: AsyncConnection, box: BoxId, *, epoch: int, seq: int) -> int:
    """Return how many records of an epoch are held above a sequence number."""
    table = records
    statement = select(func.count()).where(
        table.c.box_id == box, table.c.seq > seq, table.c.epoch == epoch
    )
    return (await connection.execute(statement)).scalar_one()


async def edge_events(
    connection: AsyncConnection, box: BoxId
) -> tuple[list[EdgeEvent], list[int]]:
    """Return the lid openings and collections of a box, and the edges people declared."""
    table = records
    statement = select(table.c.seq, table.c.kind).where(
        table.c.box_id == box,
        text("kind IN (4, 5, 7, 8)"),  # as the partial index says it
        table.c.kind.in_(EDGE_KINDS),
    )
    events = [EdgeEvent(*row) for row in (await connection.execute(statement))]
    declared = select(declared_edges.c.seq).where(declared_edges.c.box_id == box)
    return events, list((await connection.execute(declared)).scalars())


async def sum_between(
    connection: AsyncConnection, box: BoxId, *, after_seq: int, before_seq: int | None
) -> PeriodSum:
    """Return what the records between two sequence numbers add up to.

    Weighings are read out of the records themselves, so that nothing derived is kept twice.
    """
    table = records
    part = [table.c.box_id == box, table.c.seq > after_seq]
    if before_seq is not None:
        part.append(table.c.seq < before_seq)
    counted = select(func.coalesce(func.sum(table.c.deposits), 0)).where(*part)
    deposits = int((await connection.execute(counted)).scalar_one())
    weighings = select(table.c.raw).where(*part, table.c.kind == RecordKind.WEIGHED)
    facts = [
        fact_of(RecordKind.WEIGHED, body_of(bytes(raw)))
        for raw in (await connection.execute(weighings)).scalars()
    ]
    return PeriodSum(
        deposits, moments_sum(moments_weighed(one) for one in facts if isinstance(one, Weighed))
    )
