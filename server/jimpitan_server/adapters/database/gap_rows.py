"""Keeps the gaps of boxes: open ones change as records come, closed ones stay as history."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.box_rows import OPEN
from jimpitan_server.adapters.database.schema import journal_gaps
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.box import Gap
from jimpitan_server.domain.ids import BoxId

DECLARED, PASSED = "declared", "passed"


async def save_gaps(
    connection: AsyncConnection,
    box: BoxId,
    *,
    before: Sequence[Gap],
    after: Sequence[Gap],
    declared: Sequence[tuple[int, int, int]],
    now: datetime,
) -> None:
    """Exchange the open gaps of a box, and keep those that the box declared."""
    table = journal_gaps
    gone = [gap.seq_from for gap in before if gap not in after]
    if gone:
        await connection.execute(
            delete(table).where(
                table.c.box_id == box, table.c.state == OPEN, table.c.seq_from.in_(gone)
            )
        )
    opened = [_row(box, gap) for gap in after if gap not in before]
    if opened:
        await connection.execute(insert(table), opened)
    for seq_from, seq_to, by_seq in declared:
        noticed = next(
            (gap.noticed_at for gap in before if gap.seq_from <= seq_from <= gap.seq_to), now
        )
        row = _row(box, Gap(seq_from, seq_to, noticed))
        row |= {"state": DECLARED, "closed_at": now, "declared_by_seq": by_seq}
        await connection.execute(upsert(connection, table).values(row).on_conflict_do_nothing())


def _row(box: BoxId, gap: Gap) -> dict[str, object]:
    return {
        "box_id": box,
        "seq_from": gap.seq_from,
        "seq_to": gap.seq_to,
        "state": OPEN,
        "noticed_at": gap.noticed_at,
    }


async def boxes_waiting(
    connection: AsyncConnection, *, noticed_before: datetime, limit: int
) -> list[BoxId]:
    """Return boxes with an open gap that was noticed before an instant."""
    table = journal_gaps
    statement = (
        select(table.c.box_id)
        .where(table.c.state == OPEN, table.c.noticed_at < noticed_before)
        .distinct()
        .order_by(table.c.box_id)
        .limit(limit)
    )
    return [BoxId(box) for box in (await connection.execute(statement)).scalars()]


async def pass_gaps(
    connection: AsyncConnection, box: BoxId, *, noticed_before: datetime, now: datetime
) -> None:
    """Note that the head of a box goes past these gaps without an explanation."""
    table = journal_gaps
    await connection.execute(
        update(table)
        .where(table.c.box_id == box, table.c.state == OPEN, table.c.noticed_at < noticed_before)
        .values(state=PASSED, closed_at=now)
    )


async def all_gaps(connection: AsyncConnection, box: BoxId, limit: int = 1000) -> list[RowMapping]:
    """Return the gaps of a box, open and closed, the latest first."""
    table = journal_gaps
    statement = (
        select(table).where(table.c.box_id == box).order_by(table.c.seq_from.desc()).limit(limit)
    )
    return list((await connection.execute(statement)).mappings().all())
