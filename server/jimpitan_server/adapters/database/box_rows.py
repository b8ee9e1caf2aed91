"""Reads and writes the row of a box: its `BoxState`."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bulk import stored, update_rows
from jimpitan_server.adapters.database.schema import boxes, journal_gaps
from jimpitan_server.domain.box import BoxState, Gap, Health
from jimpitan_server.domain.facts import Heartbeat
from jimpitan_server.domain.ids import BoxId

OPEN = "open"
REACH_COLUMNS = (
    "epoch",
    "keys_version",
    "head_seq",
    "seq_max",
    "tag_max",
    "gaps_open",
    "down_counter",
    "records",
    "deposits",
    "period_seq_from",
    "gateway_id",
    "last_seen_at",
)
HEALTH_COLUMNS = (
    "lid_open",
    "lid_seq",
    "heartbeat_seq",
    "battery_mv",
    "journal_permille",
    "unacked",
    "slot_blocked",
    "rejected",
    "heap_free",
    "rssi_dbm",
    "dropped",
    "firmware",
    "boot_seq",
)


# Built once: making the statement anew would cost more than running it.
LOCK = (
    select(boxes)
    .where(boxes.c.box_id.in_(bindparam("wanted", expanding=True)))
    .order_by(boxes.c.box_id)
    .with_for_update()
)


async def lock_boxes(
    connection: AsyncConnection, wanted: Sequence[BoxId]
) -> dict[BoxId, BoxState]:
    """Return the known ones of these boxes with their open gaps, locked in rising order."""
    if not wanted:
        return {}
    rows = (await connection.execute(LOCK, {"wanted": wanted})).mappings().all()
    gaps = await open_gaps(connection, [row["box_id"] for row in rows if row["gaps_open"]])
    return {row["box_id"]: _state(row, gaps.get(row["box_id"], ())) for row in rows}


async def open_gaps(
    connection: AsyncConnection, wanted: Sequence[BoxId]
) -> Mapping[BoxId, tuple[Gap, ...]]:
    """Return the open gaps of these boxes in rising order."""
    if not wanted:
        return {}
    table = journal_gaps
    statement = (
        select(table.c.box_id, table.c.seq_from, table.c.seq_to, table.c.noticed_at)
        .where(table.c.box_id.in_(wanted), table.c.state == OPEN)
        .order_by(table.c.box_id, table.c.seq_from)
    )
    found: dict[BoxId, tuple[Gap, ...]] = {}
    for box, seq_from, seq_to, noticed_at in await connection.execute(statement):
        found[BoxId(box)] = (*found.get(BoxId(box), ()), Gap(seq_from, seq_to, noticed_at))
    return found


async def save_boxes(
    connection: AsyncConnection, before: Mapping[BoxId, BoxState], after: Sequence[BoxState]
) -> None:
    """Keep the states of boxes that were locked; health only where it changed."""
    await update_rows(
        connection,
        boxes,
        keys=("box_id",),
        columns=REACH_COLUMNS,
        rows=[_reach(state) for state in after],
    )
    changed = [state for state in after if state.health is not before[state.box].health]
    await update_rows(
        connection,
        boxes,
        keys=("box_id",),
        columns=HEALTH_COLUMNS,
        rows=[_health(state) for state in changed],
    )


def _state(row: RowMapping, gaps: tuple[Gap, ...]) -> BoxState:
    return BoxState(
        box=BoxId(row["box_id"]),
        epoch=row["epoch"],
        keys_version=row["keys_version"],
        seq_max=row["seq_max"],
        tag_max=row["tag_max"],
        down_counter=row["down_counter"],
        records=row["records"],
        deposits=row["deposits"],
        period_seq_from=row["period_seq_from"],
        gaps=gaps,
        gateway=row["gateway_id"],
        last_seen_at=row["last_seen_at"],
        health=Health(
            lid_open=row["lid_open"],
            lid_seq=row["lid_seq"],
            heartbeat=_heartbeat(row) if row["heartbeat_seq"] else None,
            heartbeat_seq=row["heartbeat_seq"],
            firmware=row["firmware"],
            boot_seq=row["boot_seq"],
        ),
    )


def _heartbeat(row: RowMapping) -> Heartbeat:
    return Heartbeat(
        battery_mv=row["battery_mv"],
        journal_permille=row["journal_permille"],
        unacked=row["unacked"],
        down_counter=row["down_counter"],
        lid_open=row["lid_open"],
        slot_blocked=row["slot_blocked"],
        rejected=row["rejected"],
        heap_free=row["heap_free"],
        rssi_dbm=row["rssi_dbm"],
        dropped=row["dropped"],
    )


def _reach(state: BoxState) -> tuple[object, ...]:
    return (
        state.box,
        state.epoch,
        state.keys_version,
        state.head_seq,
        state.seq_max,
        state.tag_max,
        len(state.gaps),
        state.down_counter,
        state.records,
        state.deposits,
        state.period_seq_from,
        state.gateway,
        stored(state.last_seen_at),
    )


def _health(state: BoxState) -> tuple[object, ...]:
    health = state.health
    beat = health.heartbeat
    return (
        state.box,
        health.lid_open,
        health.lid_seq,
        health.heartbeat_seq,
        beat and beat.battery_mv,
        beat and beat.journal_permille,
        beat and beat.unacked,
        beat and beat.slot_blocked,
        beat and beat.rejected,
        beat and beat.heap_free,
        beat and beat.rssi_dbm,
        beat and beat.dropped,
        health.firmware,
        health.boot_seq,
    )
