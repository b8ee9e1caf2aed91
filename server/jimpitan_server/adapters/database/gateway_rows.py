"""Keeps gateways and the fingerprints of their tokens."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import gateways
from jimpitan_server.domain.ids import GatewayId


async def add_gateway(
    connection: AsyncConnection, gateway: GatewayId, *, token_sha256: bytes, now: datetime
) -> None:
    """Keep a new gateway."""
    await connection.execute(
        insert(gateways).values(gateway_id=gateway, token_sha256=token_sha256, created_at=now)
    )


async def gateway_of_token(connection: AsyncConnection, token_sha256: bytes) -> GatewayId | None:
    """Return the gateway that holds this token, unless it was revoked."""
    table = gateways
    statement = select(table.c.gateway_id).where(
        table.c.token_sha256 == token_sha256, table.c.revoked_at.is_(None)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def is_known_gateway(connection: AsyncConnection, gateway: GatewayId) -> bool:
    """Say whether a gateway of this name exists, revoked or not."""
    statement = select(gateways.c.gateway_id).where(gateways.c.gateway_id == gateway)
    return (await connection.execute(statement)).first() is not None
