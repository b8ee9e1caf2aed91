"""Keeps the server's own secrets, wrapped."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import server_secrets
from jimpitan_server.adapters.database.upsert import upsert


async def wrapped_secret(connection: AsyncConnection, name: str) -> bytes | None:
    """Return a secret as it is stored."""
    statement = select(server_secrets.c.wrapped).where(server_secrets.c.name == name)
    found = (await connection.execute(statement)).scalar_one_or_none()
    return None if found is None else bytes(found)


async def keep_secret_once(
    connection: AsyncConnection, name: str, *, wrapped: bytes, now: datetime
) -> None:
    """Keep a secret, unless there is one of this name already."""
    statement = upsert(connection, server_secrets).values(
        name=name, wrapped=wrapped, created_at=now
    )
    await connection.execute(statement.on_conflict_do_nothing())
