"""Keeps alerts, what happened to them, and the messages that are planned of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.alert_schema import (
    alert_addresses,
    alert_events,
    alert_messages,
    alert_wishes,
    alerts,
)
from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.schema import users
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.alert import Alert, AlertKind, Condition
from jimpitan_server.domain.alert_audience import PEOPLE_MAX
from jimpitan_server.domain.alert_message import Channel, MessageState
from jimpitan_server.domain.alert_schedule import next_step_at
from jimpitan_server.domain.alert_wishes import Digest, Wishes
from jimpitan_server.domain.case_action import Person
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.user import Role
from jimpitan_server.services.ports_alerts import Address, NewMessage

ALERT_LOCK = 0x616C7274  # "alrt": one program steps the alerts at a time on PostgreSQL
CHUNK = 500


@dataclass(frozen=True, slots=True)
class DatabaseAlerts:
    """`AlertStore` on an open writing transaction."""

    connection: AsyncConnection

    async def lock(self) -> None:
        """Let nobody else step the alerts until the transaction ends."""
        if self.connection.dialect.name == POSTGRESQL:
            await self.connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ALERT_LOCK}
            )

    async def open_alerts(self) -> list[Alert]:
        """Return every alert that is not closed."""
        statement = select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.alert_id)
        rows = (await self.connection.execute(statement)).mappings()
        return [alert_of(row) for row in rows]

    async def alert_told(self, number: int, user_id: str) -> Alert | None:
        """Return an alert of which this person was told, or None."""
        was_told = exists().where(
            alert_messages.c.alert_id == alerts.c.alert_id, alert_messages.c.user_id == user_id
        )
        statement = select(alerts).where(alerts.c.alert_id == number, was_told)
        row = (await self.connection.execute(statement)).mappings().one_or_none()
        return None if row is None else alert_of(row)

    async def add_alert(self, condition: Condition, now: datetime) -> Alert:
        """Keep a new alert."""
        fresh = Alert(number=0, condition=condition, raised_at=now, round_at=now)
        statement = insert(alerts).values(_columns(fresh)).returning(alerts.c.alert_id)
        number = (await self.connection.execute(statement)).scalar_one()
        return Alert(number=number, condition=condition, raised_at=now, round_at=now)

    async def save_alerts(self, found: Sequence[Alert]) -> None:
        """Keep alerts as they are now."""
        if not found:
            return
        statement = update(alerts).where(alerts.c.alert_id == bindparam("number"))
        rows = [{"number": one.number} | _columns(one) for one in found]
        await self.connection.execute(
            statement.values({name: bindparam(name) for name in rows[0] if name != "number"}),
            rows,
        )

    async def add_events(
        self, event: str, found: Sequence[Alert], *, actor: str, now: datetime
    ) -> None:
        """Append what happened to alerts."""
        if not found:
            return
        rows = [
            {
                "alert_id": one.number,
                "at": now,
                "event": event,
                "actor": actor,
                "detail": json.dumps(
                    {"severity": one.condition.severity, "round": one.round, "steps": one.steps}
                ),
            }
            for one in found
        ]
        await self.connection.execute(insert(alert_events), rows)

    async def people(self) -> list[Person]:
        """Return those who may log in and whom an alert may reach, in the order of ids."""
        statement = (
            select(users.c.user_id, users.c.role)
            .where(users.c.disabled_at.is_(None), users.c.role != Role.COLLECTOR)
            .order_by(users.c.user_id)
            .limit(PEOPLE_MAX)
        )
        rows = await self.connection.execute(statement)
        return [Person(user_id=row.user_id, role=Role(row.role)) for row in rows]

    async def wishes(self) -> Mapping[str, Wishes]:
        """Return what people wish, by their ids."""
        rows = (await self.connection.execute(select(alert_wishes))).mappings()
        return {row["user_id"]: wishes_of(row) for row in rows}

    async def addresses(self, channels: Sequence[Channel]) -> list[Address]:
        """Return the addresses that are not withdrawn, of these channels."""
        table = alert_addresses
        statement = (
            select(table)
            .where(
                table.c.withdrawn_at.is_(None),
                table.c.channel.in_([channel.value for channel in channels]),
            )
            .order_by(table.c.added_at, table.c.address_id)
        )
        rows = (await self.connection.execute(statement)).mappings()
        return [address_of(row) for row in rows]

    async def add_messages(self, messages: Sequence[NewMessage], now: datetime) -> None:
        """Keep messages; what stands in the list in the application has arrived with that."""
        rows = [_message(one, now) for one in messages]
        statement = upsert(self.connection, alert_messages).on_conflict_do_nothing()
        for place in range(0, len(rows), CHUNK):
            await self.connection.execute(statement, rows[place : place + CHUNK])

    async def drop_waiting(self, found: Sequence[int], *, why: str) -> None:
        """Let go what waits to be told of these alerts."""
        for place in range(0, len(found), CHUNK):
            await self.connection.execute(
                update(alert_messages)
                .where(
                    alert_messages.c.alert_id.in_(found[place : place + CHUNK]),
                    alert_messages.c.state == MessageState.WAITING,
                )
                .values(state=MessageState.DROPPED, next_try_at=None, why=why)
            )


def alert_of(row: RowMapping) -> Alert:
    """Return the alert of a row."""
    return Alert(
        number=row["alert_id"],
        condition=condition_of(row),
        raised_at=row["raised_at"],
        round_at=row["round_at"],
        round=row["round"],
        steps=row["steps"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_steps=row["acknowledged_steps"],
        closed_at=row["closed_at"],
    )


def condition_of(row: RowMapping) -> Condition:
    """Return what the alert of a row is about."""
    return Condition(
        kind=AlertKind(row["kind"]),
        subject=row["subject"],
        severity=Severity(row["severity"]),
        since=row["since"],
        what=row["what"],
        box=None if row["box_id"] is None else BoxId(row["box_id"]),
        weight=row["weight"],
        owner=row["owner"],
        not_for=row["not_for"],
    )


def wishes_of(row: RowMapping) -> Wishes:
    """Return what the person of a row wishes."""
    return Wishes(
        severity_min=Severity(row["severity_min"]),
        quiet_from=row["quiet_from"],
        quiet_until=row["quiet_until"],
        critical_breaks=row["critical_breaks"],
        digest=Digest(row["digest"]),
        digest_at=row["digest_at"],
        language=row["language"],
    )


def address_of(row: RowMapping) -> Address:
    """Return the address of a row, without what is wrapped in it."""
    return Address(
        address_id=row["address_id"],
        user_id=row["user_id"],
        channel=Channel(row["channel"]),
        label=row["label"],
    )


def _columns(alert: Alert) -> dict[str, object]:
    about = alert.condition
    return {
        "kind": about.kind,
        "subject": about.subject,
        "severity": about.severity,
        "what": about.what,
        "box_id": about.box,
        "weight": about.weight,
        "owner": about.owner,
        "not_for": about.not_for,
        "since": about.since,
        "raised_at": alert.raised_at,
        "round": alert.round,
        "round_at": alert.round_at,
        "steps": alert.steps,
        "next_step_at": None if alert.closed_at is not None else next_step_at(alert),
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_steps": alert.acknowledged_steps,
        "closed_at": alert.closed_at,
    }


def _message(one: NewMessage, now: datetime) -> dict[str, object]:
    is_here = one.channel is Channel.APP
    return {
        "alert_id": one.alert,
        "user_id": one.user_id,
        "channel": one.channel,
        "address_id": one.address_id,
        "round": one.round,
        "step": one.step,
        "severity": one.severity,
        "state": MessageState.SENT if is_here else MessageState.WAITING,
        "created_at": now,
        "due_at": one.due_at,
        "next_try_at": None if is_here else one.due_at,
        "sent_at": now if is_here else None,
        "is_doubtful": False,
    }
