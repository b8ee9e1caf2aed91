"""Keeps what boxes are to be told, until they answered or it is too late."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import boxes, down_messages
from jimpitan_server.domain.command import Command
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId

COLLECTION_OPEN = "collection_open"


async def add_command(
    connection: AsyncConnection,
    *,
    box: BoxId,
    visit: int,
    actor: UserId,
    created_at: datetime,
    expires_at: datetime,
) -> None:
    """Keep the permission that a person got to open a box for one visit."""
    await connection.execute(
        insert(down_messages).values(
            box_id=box,
            kind=COLLECTION_OPEN,
            visit=visit,
            actor=actor,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


async def last_visit(connection: AsyncConnection, box: BoxId) -> int:
    """Return the number of the latest visit a box was told of, or 0."""
    statement = select(func.max(down_messages.c.visit)).where(down_messages.c.box_id == box)
    return (await connection.execute(statement)).scalar_one() or 0


async def pending_commands(
    connection: AsyncConnection,
    gateway: GatewayId,
    *,
    now: datetime,
    handed_out_before: datetime,
    limit: int,
) -> list[Command]:
    """Return what this gateway should carry: to boxes it heard last, or that nobody heard."""
    table = down_messages
    statement = (
        select(table.c.down_id, table.c.box_id, table.c.visit, table.c.expires_at)
        .join(boxes, boxes.c.box_id == table.c.box_id)
        .where(
            table.c.expires_at > now,
            table.c.answered_seq.is_(None),
            or_(table.c.handed_out_at.is_(None), table.c.handed_out_at <= handed_out_before),
            or_(boxes.c.gateway_id == gateway, boxes.c.gateway_id.is_(None)),
        )
        .order_by(table.c.down_id)
        .limit(limit)
    )
    rows = await connection.execute(statement)
    return [Command(down_id, BoxId(box), visit, expires) for down_id, box, visit, expires in rows]


async def mark_handed_out(
    connection: AsyncConnection, commands: Sequence[Command], now: datetime
) -> None:
    """Note that these were given to a gateway."""
    table = down_messages
    await connection.execute(
        update(table)
        .where(table.c.down_id.in_([command.down_id for command in commands]))
        .values(handed_out=table.c.handed_out + 1, handed_out_at=now)
    )


async def answer_commands(
    connection: AsyncConnection, visits: Mapping[BoxId, Mapping[int, int]]
) -> None:
    """Note at which record a box answered the visits it was told of."""
    table = down_messages
    for box, seq_by_visit in visits.items():
        for visit, seq in seq_by_visit.items():
            await connection.execute(
                update(table)
                .where(table.c.box_id == box, table.c.visit == visit)
                .values(answered_seq=seq)
            )
