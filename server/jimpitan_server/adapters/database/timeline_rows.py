"""The timeline of one box: its newest records, as they are held."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import records
from jimpitan_server.adapters.wire import body_of
from jimpitan_server.adapters.wire_facts import fact_shown
from jimpitan_server.domain.facts import Fact
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.record import RecordKind

SHOWN_MAX = 200
TOLD = {
    RecordKind.THANKS_SHOWN,
    RecordKind.CONFIG_APPLIED,
    RecordKind.FIRMWARE_CHANGED,
    RecordKind.EPOCH_START,
    RecordKind.WEIGHED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One record for a person to read; `stamped_at` is None when the box had no clock.

    `fact` is what it says besides, of the kinds that say more than their name.
    """

    seq: int
    kind: int
    boot: int
    deposits: int
    stamped_at: datetime | None
    uncertainty_s: int
    received_at: datetime
    fact: Fact | None


async def timeline(
    connection: AsyncConnection, box: BoxId, *, shown: int = 100
) -> list[TimelineEntry]:
    """Return the newest records of a box, newest first, at most 200."""
    c = records.c
    columns = (c.seq, c.kind, c.boot, c.deposits, c.wall_s, c.wall_uncertainty_s, c.received_at)
    statement = (
        select(*columns, c.raw)
        .where(c.box_id == box)
        .order_by(c.seq.desc())
        .limit(min(shown, SHOWN_MAX))
    )
    return [
        TimelineEntry(
            seq=row.seq,
            kind=row.kind,
            boot=row.boot,
            deposits=row.deposits,
            stamped_at=None if row.wall_s is None else datetime.fromtimestamp(row.wall_s, tz=UTC),
            uncertainty_s=row.wall_uncertainty_s,
            received_at=row.received_at,
            fact=fact_shown(row.kind, body_of(bytes(row.raw))) if row.kind in TOLD else None,
        )
        for row in await connection.execute(statement)
    ]
