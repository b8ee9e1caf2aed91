"""What a person does about alerts: looks, acknowledges, says how and where to be told."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.alert_desk import AlertDesk
from jimpitan_server.adapters.alert_push import subscription_of
from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.database import alert_people
from jimpitan_server.adapters.database.alert_outbox import purpose_of, withdraw
from jimpitan_server.adapters.database.alert_people import DeadMessage, Told
from jimpitan_server.adapters.database.alert_rows import DatabaseAlerts
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.alert import Alert
from jimpitan_server.domain.alert_message import Answer, Channel, Why, masked, sound_address
from jimpitan_server.domain.alert_wishes import Wishes
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import Conflict, NotFound
from jimpitan_server.services.acknowledge import acknowledge
from jimpitan_server.services.ports_alerts import Address

ADDRESSES_MAX = 10
DEAD_SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AlertPeopleDesk(Audited):
    """The alerts as one person sees and sets them."""

    database: Database
    clock: Clock
    master: MasterKey
    alerts: AlertDesk

    async def told(self, user_id: str) -> list[Told]:
        """Return the alerts of which a person was told: open and severe ones first."""
        async with self.database.read() as connection:
            return await alert_people.told_to(connection, user_id)

    async def acknowledge(self, number: int, *, actor: str) -> Alert:
        """Note that the person takes care of an alert of which they were told."""
        async with self.database.write() as connection:
            return await acknowledge(
                DatabaseAlerts(connection), number, actor=actor, now=self.clock.now()
            )

    async def wishes(self, user_id: str) -> Wishes:
        """Return what a person wishes."""
        async with self.database.read() as connection:
            return (await DatabaseAlerts(connection).wishes()).get(user_id, Wishes())

    async def wish(self, user_id: str, wishes: Wishes) -> None:
        """Keep what a person wishes from now on; what waits already goes as it was planned."""
        async with self.database.write() as connection:
            await alert_people.keep_wishes(connection, user_id, wishes, self.clock.now())

    async def addresses(self, user_id: str) -> list[Address]:
        """Return where a person is reached."""
        async with self.database.read() as connection:
            return await alert_people.addresses_of(connection, user_id)

    async def add_address(self, user_id: str, channel: Channel, typed: str) -> Address:
        """Keep one more address; one that is there already stays as it is."""
        if channel not in self.alerts.channels.offered():
            raise Conflict("This channel is not set up on this server.", code="alert_channel")
        opened, label = self._checked(channel, typed)
        async with self.database.write() as connection:
            there = await alert_people.addresses_of(connection, user_id)
            for one in there:
                if one.channel is channel and await self._opened(connection, one) == opened:
                    return one
            if len(there) >= ADDRESSES_MAX:
                raise Conflict(
                    f"A person has at most {ADDRESSES_MAX} addresses; remove one first.",
                    code="alert_addresses_many",
                )
            address = Address(
                address_id=str(uuid.uuid4()), user_id=user_id, channel=channel, label=label
            )
            wrapped = self.master.wrap(opened.encode(), purpose=purpose_of(address))
            store = DatabaseAlerts(connection)
            await alert_people.keep_address(connection, address, wrapped, self.clock.now())
            await self._audit(store, user_id, "alert_address_added", user_id, {"channel": channel})
        return address

    async def withdraw_address(self, user_id: str, address_id: str) -> None:
        """Reach a person there no more; a second time changes nothing."""
        address = await self._own(user_id, address_id)
        async with self.database.write() as connection:
            await withdraw(connection, address_id, why=Why.WITHDRAWN, now=self.clock.now())
            await self._audit(
                DatabaseAlerts(connection),
                user_id,
                "alert_address_removed",
                user_id,
                {"channel": address.channel},
            )

    async def trial(self, user_id: str, address_id: str) -> Answer:
        """Send a text that only shows that it arrives."""
        address = await self._own(user_id, address_id)
        return await self.alerts.trial(address, (await self.wishes(user_id)).language)

    async def dead(self) -> list[DeadMessage]:
        """Return the messages of a month that could not be told, the newest first."""
        since: datetime = self.clock.now() - DEAD_SHOWN_FOR
        async with self.database.read() as connection:
            return await alert_people.dead_since(connection, since)

    async def _own(self, user_id: str, address_id: str) -> Address:
        found = [one for one in await self.addresses(user_id) if one.address_id == address_id]
        if not found:
            raise NotFound("You have no such address.", code="alert_address_unknown")
        return found[0]

    async def _opened(self, connection: AsyncConnection, address: Address) -> str:
        wrapped = await alert_people.wrapped_address(connection, address.address_id)
        return self.master.unwrap(wrapped, purpose=purpose_of(address)).decode()

    def _checked(self, channel: Channel, typed: str) -> tuple[str, str]:
        """Return an address as it is used, and so much of it as may be shown."""
        if channel is Channel.PUSH:
            hosts: Sequence[str] = self.alerts.channels.push_hosts
            return typed, subscription_of(typed, hosts).label
        opened = sound_address(channel, typed)
        return opened, masked(channel, opened)
