"""Reads and writes the row of a box: its `BoxState`, and what it says of itself."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bulk import loaded, stored, update_rows
from jimpitan_server.adapters.database.engine import POSTGRESQL, SQLITE
from jimpitan_server.adapters.database.schema import boxes, journal_gaps
from jimpitan_server.domain.box import BoxState, Gap
from jimpitan_server.domain.health import Heard
from jimpitan_server.domain.ids import BoxId

OPEN = "open"
STATE_COLUMNS = (
    "epoch",
    "keys_version",
    "seq_max",
    "tag_max",
    "gaps_open",
    "down_counter",
    "records",
    "deposits",
    "period_seq_from",
    "gateway_id",
    "last_seen_at",
    "heartbeat_seq",
    "lid_seq",
    "boot_seq",
    "configuration",
    "runs",
    "runs_since",
    "runs_until",
)
GAPS_OPEN = 1 + STATE_COLUMNS.index("gaps_open")
HEARTBEAT_COLUMNS = (
    "battery_mv",
    "journal_permille",
    "unacked",
    "slot_blocked",
    "rejected",
    "heap_free",
    "rssi_dbm",
    "dropped",
)
_COLUMNS = ", ".join(("box_id", *STATE_COLUMNS))
# Read past SQLAlchemy's types, as all that is read or written for every box of every batch.
LOCK = {
    POSTGRESQL: f"SELECT {_COLUMNS} FROM boxes"  # noqa: S608  (our own column names)
    " WHERE box_id = ANY($1::text[]) ORDER BY box_id FOR UPDATE",
    SQLITE: f"SELECT {_COLUMNS} FROM boxes"  # noqa: S608
    " WHERE box_id IN (SELECT value FROM json_each(?)) ORDER BY box_id",
}


async def lock_boxes(
    connection: AsyncConnection, wanted: Sequence[BoxId]
) -> dict[BoxId, BoxState]:
    """Return the known ones of these boxes with their open gaps, locked in rising order."""
    if not wanted:
        return {}
    dialect = connection.dialect.name
    named: object = list(wanted) if dialect == POSTGRESQL else json.dumps(wanted)
    rows = (await connection.exec_driver_sql(LOCK[dialect], (named,))).all()
    with_gaps = [row[0] for row in rows if row[GAPS_OPEN]]
    gaps = await open_gaps(connection, with_gaps)
    return {row[0]: _state(row, gaps.get(row[0], ())) for row in rows}


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
    found: dict[BoxId, list[Gap]] = {}
    for box, seq_from, seq_to, noticed_at in await connection.execute(statement):
        found.setdefault(BoxId(box), []).append(Gap(seq_from, seq_to, noticed_at))
    return {box: tuple(gaps) for box, gaps in found.items()}


async def save_boxes(connection: AsyncConnection, states: Sequence[BoxState]) -> None:
    """Keep the states of boxes that were locked."""
    await update_rows(
        connection,
        boxes,
        keys=("box_id",),
        columns=("head_seq", *STATE_COLUMNS),
        rows=[_row(state) for state in states],
    )


async def save_heard(connection: AsyncConnection, heard_by_box: Mapping[BoxId, Heard]) -> None:
    """Keep what boxes said anew of themselves."""
    beats: list[tuple[object, ...]] = []
    lids: list[tuple[object, ...]] = []
    boots: list[tuple[object, ...]] = []
    for box, heard in heard_by_box.items():
        beat = heard.heartbeat
        if beat is not None:
            beats.append((box, *(getattr(beat, name) for name in HEARTBEAT_COLUMNS)))
        if heard.lid_open is not None:
            lids.append((box, heard.lid_open))
        if heard.boot is not None:
            boots.append((box, heard.boot.version))
    for columns, rows in (
        (HEARTBEAT_COLUMNS, beats),
        (("lid_open",), lids),
        (("firmware",), boots),
    ):
        await update_rows(connection, boxes, keys=("box_id",), columns=columns, rows=rows)


def _state(row: Any, gaps: tuple[Gap, ...]) -> BoxState:
    box, epoch, version, seq_max, tag_max, _, counter, records, deposits, *rest = row
    period_seq_from, gateway, last_seen_at, heartbeat_seq, lid_seq, boot_seq, *named = rest
    configuration, runs, runs_since, runs_until = named
    return BoxState(
        box=box,
        epoch=epoch,
        keys_version=version,
        seq_max=seq_max,
        tag_max=tag_max,
        gaps=gaps,
        down_counter=counter,
        records=records,
        deposits=deposits,
        period_seq_from=period_seq_from,
        gateway=gateway,
        last_seen_at=loaded(last_seen_at),
        heartbeat_seq=heartbeat_seq,
        lid_seq=lid_seq,
        boot_seq=boot_seq,
        configuration=configuration,
        runs=runs,
        runs_since=loaded(runs_since),
        runs_until=loaded(runs_until),
    )


def _row(state: BoxState) -> tuple[object, ...]:
    return (
        state.box,
        state.head_seq,
        state.epoch,
        state.keys_version,
        state.seq_max,
        state.tag_max,
        len(state.gaps),
        state.down_counter,
        state.records,
        state.deposits,
        state.period_seq_from,
        state.gateway,
        stored(state.last_seen_at),
        state.heartbeat_seq,
        state.lid_seq,
        state.boot_seq,
        state.configuration,
        state.runs,
        stored(state.runs_since),
        stored(state.runs_until),
    )
