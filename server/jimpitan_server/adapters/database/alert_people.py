"""What people see of alerts, what they wish, where they are reached, and what never arrived."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.alert_rows import address_of, alert_of
from jimpitan_server.adapters.database.alert_schema import (
    alert_addresses,
    alert_messages,
    alert_wishes,
    alerts,
)
from jimpitan_server.adapters.database.schema import users
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.alert import SEVERITIES, Alert
from jimpitan_server.domain.alert_message import Channel, MessageState
from jimpitan_server.domain.alert_wishes import Wishes
from jimpitan_server.services.ports_alerts import Address

SHOWN = 100
_RANKS = {one.value: -place for place, one in enumerate(SEVERITIES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert as one person was told of it."""

    alert: Alert
    told_at: datetime
    acknowledged_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMessage:
    """A message that could not be told; it names who missed it and by which way."""

    login_name: str
    channel: Channel
    kind: str
    subject: str
    created_at: datetime
    tries: int
    why: str


async def told_to(connection: AsyncConnection, user_id: str) -> list[Told]:
    """Return the alerts of which a person was told: open and severe ones first."""
    messages = alert_messages
    mine = (
        select(messages.c.alert_id, func.max(messages.c.created_at).label("told_at"))
        .where(messages.c.user_id == user_id, messages.c.channel == Channel.APP)
        .group_by(messages.c.alert_id)
        .subquery()
    )
    statement = (
        select(alerts, mine.c.told_at, users.c.login_name)
        .join(mine, mine.c.alert_id == alerts.c.alert_id)
        .outerjoin(users, users.c.user_id == alerts.c.acknowledged_by)
        .order_by(
            alerts.c.closed_at.is_not(None),
            alerts.c.acknowledged_at.is_not(None),
            case(_RANKS, value=alerts.c.severity),
            mine.c.told_at.desc(),
            alerts.c.alert_id.desc(),
        )
        .limit(SHOWN)
    )
    return [
        Told(
            alert=alert_of(row),
            told_at=row["told_at"],
            acknowledged_by_name=row["login_name"],
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def keep_wishes(
    connection: AsyncConnection, user_id: str, wishes: Wishes, now: datetime
) -> None:
    """Keep what a person wishes from now on."""
    values = {
        "severity_min": wishes.severity_min,
        "quiet_from": wishes.quiet_from,
        "quiet_until": wishes.quiet_until,
        "critical_breaks": wishes.critical_breaks,
        "digest": wishes.digest,
        "digest_at": wishes.digest_at,
        "language": wishes.language,
        "changed_at": now,
    }
    statement = upsert(connection, alert_wishes).values(user_id=user_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["user_id"], set_=values)
    )


async def addresses_of(connection: AsyncConnection, user_id: str) -> list[Address]:
    """Return where a person is reached, in the order in which it was said."""
    table = alert_addresses
    statement = (
        select(table)
        .where(table.c.user_id == user_id, table.c.withdrawn_at.is_(None))
        .order_by(table.c.added_at, table.c.address_id)
    )
    return [address_of(row) for row in (await connection.execute(statement)).mappings()]


async def wrapped_address(connection: AsyncConnection, address_id: str) -> bytes:
    """Return an address as it is stored."""
    wanted = alert_addresses.c.address_id == address_id
    statement = select(alert_addresses.c.wrapped).where(wanted)
    return bytes((await connection.execute(statement)).scalar_one())


async def keep_address(
    connection: AsyncConnection, address: Address, wrapped: bytes, now: datetime
) -> None:
    """Keep a new address."""
    await connection.execute(
        insert(alert_addresses).values(
            address_id=address.address_id,
            user_id=address.user_id,
            channel=address.channel,
            wrapped=wrapped,
            label=address.label,
            added_at=now,
        )
    )


async def dead_since(connection: AsyncConnection, since: datetime) -> list[DeadMessage]:
    """Return messages that could not be told, the newest first."""
    messages = alert_messages
    statement = (
        select(
            users.c.login_name,
            messages.c.channel,
            alerts.c.kind,
            alerts.c.subject,
            messages.c.created_at,
            messages.c.tries,
            messages.c.why,
        )
        .join(users, users.c.user_id == messages.c.user_id)
        .join(alerts, alerts.c.alert_id == messages.c.alert_id)
        .where(messages.c.state == MessageState.DEAD, messages.c.created_at > since)
        .order_by(messages.c.created_at.desc(), messages.c.message_id.desc())
        .limit(SHOWN)
    )
    return [
        DeadMessage(**dict(row) | {"channel": Channel(row["channel"])})
        for row in (await connection.execute(statement)).mappings()
    ]
