"""Keeps sealed bodies and the keys of their days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bank_schema import body_keys, sealed_bodies
from jimpitan_server.adapters.database.engine import SQLITE
from jimpitan_server.adapters.database.money_schema import notification_bodies, notifications
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.adapters.database.user_store import append_audit


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRow:
    """A body, sealed or not, with what it is bound to."""

    notification_id: int
    partner_id: str
    bank_day: date
    external_id: str
    content: bytes = field(repr=False)


async def wrapped_key(connection: AsyncConnection, day: date) -> bytes | None:
    """Return the key of a day as it is stored."""
    statement = select(body_keys.c.wrapped).where(body_keys.c.bank_day == day)
    found = (await connection.execute(statement)).scalar_one_or_none()
    return None if found is None else bytes(found)


async def keep_key_once(
    connection: AsyncConnection, day: date, *, wrapped: bytes, now: datetime
) -> None:
    """Keep the key of a day, unless there is one already."""
    statement = upsert(connection, body_keys).values(bank_day=day, wrapped=wrapped, made_at=now)
    await connection.execute(statement.on_conflict_do_nothing())


async def sealed(connection: AsyncConnection, notification_id: int) -> BodyRow | None:
    """Return a sealed body, or None."""
    statement = (
        select(
            notifications.c.partner_id,
            notifications.c.external_id,
            sealed_bodies.c.bank_day,
            sealed_bodies.c.sealed,
        )
        .join(notifications, notifications.c.notification_id == sealed_bodies.c.notification_id)
        .where(sealed_bodies.c.notification_id == notification_id)
    )
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    return BodyRow(
        notification_id=notification_id,
        partner_id=row["partner_id"],
        bank_day=row["bank_day"],
        external_id=row["external_id"],
        content=bytes(row["sealed"]),
    )


async def plain(connection: AsyncConnection, *, limit: int) -> list[BodyRow]:
    """Return bodies that are not sealed yet."""
    table = notification_bodies
    statement = (
        select(
            table.c.notification_id,
            table.c.body,
            notifications.c.partner_id,
            notifications.c.external_id,
            notifications.c.bank_day,
        )
        .join(notifications, notifications.c.notification_id == table.c.notification_id)
        .order_by(table.c.notification_id)
        .limit(limit)
    )
    return [
        BodyRow(
            notification_id=row["notification_id"],
            partner_id=row["partner_id"],
            bank_day=row["bank_day"],
            external_id=row["external_id"],
            content=bytes(row["body"]),
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def exchange(connection: AsyncConnection, bodies: Sequence[tuple[BodyRow, bytes]]) -> None:
    """Put sealed bodies in the place of plain ones; what another process did stays."""
    await _overwrite_what_goes(connection)
    for row, content in bodies:
        statement = upsert(connection, sealed_bodies).values(
            notification_id=row.notification_id, bank_day=row.bank_day, sealed=content
        )
        await connection.execute(statement.on_conflict_do_nothing())
    ids = [row.notification_id for row, _ in bodies]
    await connection.execute(
        delete(notification_bodies).where(notification_bodies.c.notification_id.in_(ids))
    )


async def oldest_day(connection: AsyncConnection, *, before: date) -> date | None:
    """Return the oldest day before another whose key is there."""
    statement = select(func.min(body_keys.c.bank_day)).where(body_keys.c.bank_day < before)
    found: date | None = (await connection.execute(statement)).scalar_one()
    return found


async def destroy(connection: AsyncConnection, day: date, now: datetime) -> None:
    """Remove the bodies of a day and the key that could open copies of them."""
    await _overwrite_what_goes(connection)
    gone = await connection.execute(delete(sealed_bodies).where(sealed_bodies.c.bank_day == day))
    await connection.execute(delete(body_keys).where(body_keys.c.bank_day == day))
    await append_audit(
        connection,
        at=now,
        actor="maintenance",
        action="bodies_destroyed",
        subject=day.isoformat(),
        detail={"bodies": gone.rowcount},
    )


async def _overwrite_what_goes(connection: AsyncConnection) -> None:
    """Let SQLite write zeros where a row was; PostgreSQL does so when it vacuums."""
    if connection.dialect.name == SQLITE:
        await connection.execute(text("PRAGMA secure_delete = ON"))


async def plain_left(connection: AsyncConnection) -> int:
    """Return how many bodies are not sealed."""
    statement = select(func.count()).select_from(notification_bodies)
    return int((await connection.execute(statement)).scalar_one())
