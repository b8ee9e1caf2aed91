"""Steps the alerts by time: reads what is so, plans who is told, and sends what is due."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from jimpitan_server.adapters.alert_doors import ChannelSettings, open_doors
from jimpitan_server.adapters.alert_push import push_key
from jimpitan_server.adapters.backup_desk import backups_in, made_at
from jimpitan_server.adapters.database.alert_outbox import DatabaseOutbox
from jimpitan_server.adapters.database.alert_reading import read_conditions
from jimpitan_server.adapters.database.alert_rows import DatabaseAlerts
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.alert import AlertKind, Condition, Reading
from jimpitan_server.domain.alert_message import Answer, Channel, Outcome, Why
from jimpitan_server.domain.alert_text import trial
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.services.ports_alerts import Address
from jimpitan_server.services.tell import Sent, Speech, Stepped, send_due, step_alerts

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupHabit:
    """Where backups are to lie, and how often one is to be made."""

    folder: Path
    every: timedelta


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """The alerts of a programme; each step of it is a transaction of its own."""

    database: Database
    clock: Clock
    master: MasterKey
    channels: ChannelSettings
    speech: Speech
    backups: BackupHabit | None = None

    async def work(self) -> tuple[Stepped, Sent]:
        """Do once what time brings about: raise, grow, close, tell."""
        return await self.step(), await self.send()

    async def step(self) -> Stepped:
        """Bring the alerts in line with what is so, and plan what people are told."""
        now = self.clock.now()
        async with self.database.read() as connection:
            reading = await read_conditions(connection, now)
        if self.backups is not None:
            old = await asyncio.to_thread(old_backup, self.backups, now)
            if old is not None:
                reading = replace(reading, conditions=(*reading.conditions, old))
        _say_what_is_cut(reading)
        async with self.database.write() as connection:
            return await step_alerts(
                DatabaseAlerts(connection),
                reading,
                now=now,
                zone=self.speech.zone,
                offered=self.channels.offered(),
            )

    async def send(self) -> Sent:
        """Send what is due."""
        doors = await open_doors(self.channels, self.database, self.master, self.clock)
        outbox = DatabaseOutbox(self.database, self.master)
        return await send_due(outbox, doors, clock=self.clock, speech=self.speech)

    async def push_public(self) -> str | None:
        """Return the key with which a browser subscribes, None where push is not offered."""
        if Channel.PUSH not in self.channels.offered():
            return None
        return (await push_key(self.database, self.master, self.clock)).public

    async def trial(self, address: Address, language: str) -> Answer:
        """Send a text that only shows that it arrives; nothing is kept of it."""
        doors = await open_doors(self.channels, self.database, self.master, self.clock)
        door = doors.get(address.channel)
        outbox = DatabaseOutbox(self.database, self.master)
        opened = await outbox.open_address(address)
        if door is None or not opened:
            return Answer(Outcome.REFUSED, Why.NOT_OFFERED if door is None else Why.WITHDRAWN)
        text = trial(say=self.speech.say(language), base_url=self.speech.base_url)
        answer = await door.send(opened, text, key=f"trial-{int(self.clock.now().timestamp())}")
        if answer.outcome is Outcome.GONE:
            await outbox.withdraw(address, why=Why.GONE, now=self.clock.now())
        return answer


def old_backup(habit: BackupHabit, now: datetime) -> Condition | None:
    """Return that the newest backup is older than twice its time, or that there is none."""
    newest = next(iter(backups_in(habit.folder)), None)
    made = None if newest is None else made_at(newest)
    if made is not None and now - made <= 2 * habit.every:
        return None
    return Condition(
        kind=AlertKind.BACKUP_OLD,
        subject="backup",
        severity=Severity.WARNING,
        since=made or now,
    )


def _say_what_is_cut(reading: Reading) -> None:
    if reading.cut:
        log.warning("alerts_cut", kinds=sorted(kind.value for kind in reading.cut))
