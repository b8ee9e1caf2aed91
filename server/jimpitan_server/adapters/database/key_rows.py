"""Keeps wrapped box keys; what is in them is the keyring's business."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import box_keys, boxes
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.services.ports import WrappedKey


async def wrapped_keys(connection: AsyncConnection, wanted: Sequence[BoxId]) -> list[WrappedKey]:
    """Return every key of these boxes."""
    if not wanted:
        return []
    table = box_keys
    statement = select(
        table.c.box_id, table.c.epoch, table.c.wrapped, table.c.seq_last, table.c.revoked_at
    ).where(table.c.box_id.in_(wanted))
    return [
        WrappedKey(BoxId(box), epoch, bytes(wrapped), seq_last, revoked_at is not None)
        for box, epoch, wrapped, seq_last, revoked_at in (await connection.execute(statement))
    ]


async def add_key(
    connection: AsyncConnection, *, box: BoxId, epoch: int, wrapped: bytes, now: datetime
) -> None:
    """Keep the key of one more epoch of a known box."""
    await connection.execute(
        insert(box_keys).values(box_id=box, epoch=epoch, wrapped=wrapped, created_at=now)
    )
    await connection.execute(
        update(boxes).where(boxes.c.box_id == box).values(keys_version=boxes.c.keys_version + 1)
    )


async def end_epochs(
    connection: AsyncConnection, box: BoxId, seq_last_by_epoch: Mapping[int, int]
) -> None:
    """Keep the ends that a new epoch named for old ones; the first that was named stays.

    The caller raises `keys_version` in the state of the box, which it holds locked.
    """
    table = box_keys
    for epoch, seq_last in seq_last_by_epoch.items():
        await connection.execute(
            update(table)
            .where(table.c.box_id == box, table.c.epoch == epoch, table.c.seq_last.is_(None))
            .values(seq_last=seq_last)
        )
