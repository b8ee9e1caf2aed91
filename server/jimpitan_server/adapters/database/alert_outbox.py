"""The messages that wait: claimed by one program, sent outside of any transaction, settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.alert_rows import address_of, condition_of
from jimpitan_server.adapters.database.alert_schema import (
    alert_addresses,
    alert_messages,
    alert_wishes,
    alerts,
)
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.alert_message import (
    CLAIM_LASTS,
    EXPIRES_AFTER,
    SPACING,
    Channel,
    Fate,
    MessageState,
    Why,
    after_interruption,
)
from jimpitan_server.domain.alert_wishes import Wishes
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.services.ports_alerts import Address, Claimed

# One text holds at most so many messages; the rest goes with the next.
CLAIMED_MAX = 500
ADDRESSES_LOOKED_AT = 200
KEPT = timedelta(days=180)
_table = alert_messages


@dataclass(frozen=True, slots=True)
class DatabaseOutbox:
    """`Outbox` on a database; addresses are wrapped under the master key."""

    database: Database
    master: MasterKey

    async def tidy(self, now: datetime) -> int:
        """Take up what was cut off, let go what is too old, forget what is long over."""
        async with self.database.write() as connection:
            dead = await _take_up_again(connection, now)
            dead += await _expire(connection, now)
            await connection.execute(
                delete(_table).where(
                    _table.c.created_at < now - KEPT,
                    _table.c.state.not_in([MessageState.WAITING, MessageState.SENDING]),
                )
            )
        return dead

    async def claim(self, channels: Sequence[Channel], now: datetime) -> Claimed | None:
        """Take the messages of one address that are due, for this program alone."""
        if not channels:
            return None
        async with self.database.write() as connection:
            for address_id in await _addresses_due(connection, channels, now):
                rows = await _claimed(connection, address_id, now)
                if rows:
                    return await _as_claimed(connection, address_id, rows)
        return None

    async def open_address(self, address: Address) -> str:
        """Return an address in the clear; empty once it was withdrawn."""
        wanted = alert_addresses.c.address_id == address.address_id
        async with self.database.read() as connection:
            statement = select(alert_addresses.c.wrapped).where(wanted)
            wrapped = (await connection.execute(statement)).scalar_one()
        if not wrapped:
            return ""
        return self.master.unwrap(bytes(wrapped), purpose=purpose_of(address)).decode()

    async def settle(self, fates: Mapping[int, Fate], now: datetime) -> None:
        """Keep what became of messages, by their numbers."""
        async with self.database.write() as connection:
            for fate in set(fates.values()):
                numbers = [number for number, one in fates.items() if one == fate]
                is_sent = fate.state is MessageState.SENT
                await _keep(connection, numbers, fate, sent_at=now if is_sent else None)

    async def withdraw(self, address: Address, *, why: str, now: datetime) -> None:
        """Use an address no more, and let go what waits for it."""
        async with self.database.write() as connection:
            await withdraw(connection, address.address_id, why=why, now=now)


def purpose_of(address: Address) -> str:
    """Return what an address is bound to, so that it cannot be put in another one's place."""
    return f"alert|{address.user_id}|{address.channel}|{address.address_id}"


async def withdraw(
    connection: AsyncConnection, address_id: str, *, why: str, now: datetime
) -> None:
    """Use an address no more, and let go what waits for it."""
    await connection.execute(
        update(alert_addresses)
        .where(
            alert_addresses.c.address_id == address_id,
            alert_addresses.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now, withdrawn_why=why, wrapped=b"")
    )
    await connection.execute(
        update(_table)
        .where(_table.c.address_id == address_id, _table.c.state == MessageState.WAITING)
        .values(state=MessageState.DROPPED, next_try_at=None, why=Why.WITHDRAWN)
    )


async def _take_up_again(connection: AsyncConnection, now: datetime) -> int:
    """Let what was cut off be tried once more, marked; return how many were so twice."""
    statement = select(_table.c.message_id, _table.c.is_doubtful).where(
        _table.c.state == MessageState.SENDING, _table.c.claimed_at < now - CLAIM_LASTS
    )
    cut_off: dict[bool, list[int]] = {False: [], True: []}
    for number, was_doubtful in await connection.execute(statement.limit(CLAIMED_MAX)):
        cut_off[was_doubtful].append(number)
    for was_doubtful, numbers in cut_off.items():
        fate = after_interruption(was_doubtful=was_doubtful, now=now)
        await _keep(connection, numbers, fate, sent_at=None, is_doubtful=True)
    return len(cut_off[True])


async def _expire(connection: AsyncConnection, now: datetime) -> int:
    """Let go what could not be told for days."""
    gone = await connection.execute(
        update(_table)
        .where(_table.c.state == MessageState.WAITING, _table.c.due_at < now - EXPIRES_AFTER)
        .values(state=MessageState.DEAD, next_try_at=None, why=Why.EXPIRED)
    )
    return gone.rowcount


async def _keep(
    connection: AsyncConnection,
    numbers: Sequence[int],
    fate: Fate,
    *,
    sent_at: datetime | None,
    is_doubtful: bool | None = None,
) -> None:
    """Keep a fate; a message that another program has settled meanwhile stays as it is."""
    if not numbers:
        return
    values: dict[str, object] = {
        "state": fate.state,
        "next_try_at": fate.next_try_at,
        "why": fate.why,
        "sent_at": sent_at,
    }
    if is_doubtful is not None:
        values["is_doubtful"] = is_doubtful
    await connection.execute(
        update(_table)
        .where(_table.c.message_id.in_(numbers), _table.c.state == MessageState.SENDING)
        .values(values)
    )


async def _addresses_due(
    connection: AsyncConnection, channels: Sequence[Channel], now: datetime
) -> list[str]:
    """Return addresses for which something is due, what waits longest first.

    One that was sent to a moment ago waits a little, unless something is critical.
    """
    other = _table.alias()
    sent_just_now = exists().where(
        other.c.address_id == _table.c.address_id,
        other.c.user_id == _table.c.user_id,
        other.c.channel == _table.c.channel,
        other.c.created_at > now - KEPT,
        other.c.sent_at > now - SPACING,
    )
    statement = (
        select(_table.c.address_id)
        .where(
            _table.c.state == MessageState.WAITING,
            _table.c.next_try_at <= now,
            _table.c.channel.in_([channel.value for channel in channels]),
            (_table.c.severity == Severity.CRITICAL) | ~sent_just_now,
        )
        .group_by(_table.c.address_id)
        .order_by(func.min(_table.c.next_try_at), _table.c.address_id)
        .limit(ADDRESSES_LOOKED_AT)
    )
    return list((await connection.execute(statement)).scalars())


async def _claimed(
    connection: AsyncConnection, address_id: str, now: datetime
) -> list[RowMapping]:
    """Mark what is due for an address as being sent; what another program took is left out."""
    due = (
        _table.c.address_id == address_id,
        _table.c.state == MessageState.WAITING,
        _table.c.next_try_at <= now,
    )
    wanted = select(_table.c.message_id).where(*due).order_by(_table.c.message_id)
    statement = (
        update(_table)
        .where(_table.c.message_id.in_(wanted.limit(CLAIMED_MAX)), *due)
        .values(
            state=MessageState.SENDING,
            next_try_at=None,
            claimed_at=now,
            tries=_table.c.tries + 1,
        )
        .returning(_table.c.message_id, _table.c.alert_id, _table.c.tries, _table.c.is_doubtful)
    )
    return list((await connection.execute(statement)).mappings())


async def _as_claimed(
    connection: AsyncConnection, address_id: str, rows: Sequence[RowMapping]
) -> Claimed:
    statement = (
        select(alert_addresses, alert_wishes.c.language)
        .outerjoin(alert_wishes, alert_wishes.c.user_id == alert_addresses.c.user_id)
        .where(alert_addresses.c.address_id == address_id)
    )
    place = (await connection.execute(statement)).mappings().one()
    about = select(alerts).where(alerts.c.alert_id.in_({row["alert_id"] for row in rows}))
    found = (await connection.execute(about.order_by(alerts.c.alert_id))).mappings()
    return Claimed(
        address=address_of(place),
        language=place["language"] or Wishes().language,
        tries={row["message_id"]: row["tries"] for row in rows},
        conditions=tuple(condition_of(row) for row in found),
        is_doubtful=any(row["is_doubtful"] for row in rows),
    )
