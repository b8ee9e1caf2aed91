"""Reads by which one can tell whether an installation is running as it should."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.money_schema import (
    collections,
    money_positions,
    payments,
    remittances,
)
from jimpitan_server.adapters.database.schema import audit, boxes, gateways, records


@dataclass(frozen=True, slots=True)
class GatewayHeard:
    """A gateway that is not revoked, and when a box was heard through it last."""

    gateway: str
    created_at: datetime
    heard_at: datetime | None


async def newest_instant(connection: AsyncConnection) -> datetime | None:
    """Return the latest moment that the database knows of, by the server's own clock."""
    asked = (
        select(audit.c.at).order_by(audit.c.audit_id.desc()).limit(1),
        select(func.max(boxes.c.last_seen_at)),
    )
    found: list[datetime] = []
    for statement in asked:
        at = (await connection.execute(statement)).scalar()
        if at is not None:
            found.append(at)
    return max(found, default=None)


async def database_clock(connection: AsyncConnection) -> datetime | None:
    """Return what time it is at a database that has a clock of its own, None elsewhere."""
    if connection.dialect.name != POSTGRESQL:
        return None
    at: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return at


async def has_records(connection: AsyncConnection) -> bool:
    """Tell whether any box ever brought a record."""
    return (await connection.execute(select(records.c.seq).limit(1))).first() is not None


async def gateways_heard(connection: AsyncConnection) -> Sequence[GatewayHeard]:
    """Return every gateway that may bring records, by its id."""
    heard = func.max(boxes.c.last_seen_at)
    statement = (
        select(gateways.c.gateway_id, gateways.c.created_at, heard)
        .outerjoin(boxes, boxes.c.gateway_id == gateways.c.gateway_id)
        .where(gateways.c.revoked_at.is_(None))
        .group_by(gateways.c.gateway_id, gateways.c.created_at)
        .order_by(gateways.c.gateway_id)
    )
    return [GatewayHeard(*row) for row in await connection.execute(statement)]


async def first_money(connection: AsyncConnection) -> datetime | None:
    """Return when the first count, remittance or payment was recorded."""
    found: list[datetime] = []
    for table in (collections, remittances, payments):
        at = (await connection.execute(select(func.min(table.c.recorded_at)))).scalar()
        if at is not None:
            found.append(at)
    return min(found, default=None)


async def matched_at(connection: AsyncConnection) -> datetime | None:
    """Return when everything was matched last."""
    statement = select(func.max(money_positions.c.reconciled_at))
    at: datetime | None = (await connection.execute(statement)).scalar()
    return at
