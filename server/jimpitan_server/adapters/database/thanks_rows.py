"""The database as thanks see it: who carries a box, and its counter."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import box_rows, key_rows
from jimpitan_server.adapters.database.schema import boxes
from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.thanks import Carrier
from jimpitan_server.services.ports import WrappedKey


async def carriers(connection: AsyncConnection, wanted: Sequence[BoxId]) -> dict[BoxId, Carrier]:
    """Return who carries each of these boxes; unknown boxes are left out."""
    table = boxes
    statement = select(table.c.box_id, table.c.gateway_id, table.c.last_seen_at).where(
        table.c.box_id.in_(wanted)
    )
    return {
        BoxId(box): Carrier(gateway, seen_at)
        for box, gateway, seen_at in await connection.execute(statement)
    }


@dataclass(frozen=True, slots=True)
class DatabaseThanks:
    """`ThanksStore` on an open writing transaction."""

    connection: AsyncConnection

    async def lock_boxes(self, wanted: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        return await box_rows.lock_boxes(self.connection, wanted)

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        await box_rows.save_boxes(self.connection, states)

    async def wrapped_keys(self, wanted: Sequence[BoxId]) -> list[WrappedKey]:
        """Return every key of these boxes."""
        return await key_rows.wrapped_keys(self.connection, wanted)
