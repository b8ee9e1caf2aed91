"""Keeps new boxes and their keys, and the tokens that let a bench enrol one."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import key_rows
from jimpitan_server.adapters.database.schema import (
    box_keys,
    boxes,
    enrolment_tokens,
    holding_periods,
)
from jimpitan_server.domain.ids import BoxId


async def epochs_of(connection: AsyncConnection, box: BoxId) -> list[int]:
    """Return the epochs of a box of which a key is kept, rising; empty for an unknown box."""
    table = box_keys
    statement = select(table.c.epoch).where(table.c.box_id == box).order_by(table.c.epoch)
    return list((await connection.execute(statement)).scalars())


async def add_box(connection: AsyncConnection, *, box: BoxId, epoch: int, now: datetime) -> None:
    """Keep a new box and open its first holding period."""
    await connection.execute(
        insert(boxes).values(box_id=box, created_at=now, epoch=epoch, tag_max=b"")
    )
    await connection.execute(insert(holding_periods).values(box_id=box, seq_from=0))


async def add_key(
    connection: AsyncConnection, *, box: BoxId, epoch: int, wrapped: bytes, now: datetime
) -> None:
    """Keep the key of one more epoch of a known box."""
    await key_rows.add_key(connection, box=box, epoch=epoch, wrapped=wrapped, now=now)


async def add_token(
    connection: AsyncConnection, *, token_sha256: bytes, now: datetime, expires_at: datetime
) -> None:
    """Keep a single-use enrolment token."""
    await connection.execute(
        insert(enrolment_tokens).values(
            token_sha256=token_sha256, created_at=now, expires_at=expires_at
        )
    )


async def use_token(
    connection: AsyncConnection, *, token_sha256: bytes, box: BoxId, now: datetime
) -> bool:
    """Use up a token; say whether it was still good."""
    table = enrolment_tokens
    result = await connection.execute(
        update(table)
        .where(
            table.c.token_sha256 == token_sha256,
            table.c.used_at.is_(None),
            table.c.expires_at > now,
        )
        .values(used_at=now, used_for=box)
    )
    return result.rowcount == 1


async def token_used_for(connection: AsyncConnection, token_sha256: bytes) -> str | None:
    """Return the box that a token was used for."""
    table = enrolment_tokens
    statement = select(table.c.used_for).where(table.c.token_sha256 == token_sha256)
    return (await connection.execute(statement)).scalar_one_or_none()
