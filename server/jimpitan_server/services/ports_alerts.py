"""What telling people needs of a database, and the one port behind which each channel stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.alert import Alert, Condition
from jimpitan_server.domain.alert_message import Answer, Channel, Fate
from jimpitan_server.domain.alert_text import AlertText
from jimpitan_server.domain.alert_wishes import Wishes
from jimpitan_server.domain.case_action import Person
from jimpitan_server.domain.discrepancy import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a person is reached; `label` is so much of it as may be shown."""

    address_id: str
    user_id: str
    channel: Channel
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One message to be: unique by alert, person, channel with address, round and step."""

    alert: int
    user_id: str
    channel: Channel
    address_id: str
    round: int
    step: int
    severity: Severity
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Messages to one address that one program has taken to send, as one text.

    `tries` counts for each message, by its number, and includes the try that is made now.
    """

    address: Address
    language: str
    tries: Mapping[int, int]
    conditions: tuple[Condition, ...]
    is_doubtful: bool


class Door(Protocol):
    """One channel: brings a text to an address, and says how that went; never raises for it."""

    async def send(self, address: str, text: AlertText, *, key: str) -> Answer:
        """Send a text. `key` is the same when the same messages are sent again."""
        ...


class AlertStore(Protocol):
    """One open transaction on the alerts."""

    async def lock(self) -> None:
        """Let nobody else step the alerts until the transaction ends."""
        ...

    async def open_alerts(self) -> list[Alert]:
        """Return every alert that is not closed."""
        ...

    async def add_alert(self, condition: Condition, now: datetime) -> Alert:
        """Keep a new alert."""
        ...

    async def save_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts as they are now."""
        ...

    async def add_events(
        self, event: str, alerts: Sequence[Alert], *, actor: str, now: datetime
    ) -> None:
        """Append what happened to alerts."""
        ...

    async def people(self) -> list[Person]:
        """Return everybody who may log in."""
        ...

    async def wishes(self) -> Mapping[str, Wishes]:
        """Return what people wish, by their ids; who said nothing is left out."""
        ...

    async def addresses(self, channels: Sequence[Channel]) -> list[Address]:
        """Return the addresses that are not withdrawn, of these channels."""
        ...

    async def add_messages(self, messages: Sequence[NewMessage], now: datetime) -> None:
        """Keep messages; one that is there already stays as it is."""
        ...

    async def drop_waiting(self, alerts: Sequence[int], *, why: str) -> None:
        """Let go what waits to be told of these alerts."""
        ...


class Outbox(Protocol):
    """The messages that wait; each method is one transaction."""

    async def tidy(self, now: datetime) -> int:
        """Take up what was cut off, let go what is too old; return how many are dead by that."""
        ...

    async def claim(self, channels: Sequence[Channel], now: datetime) -> Claimed | None:
        """Take the messages of one address that are due, for this program alone."""
        ...

    async def open_address(self, address: Address) -> str:
        """Return an address in the clear; empty once it was withdrawn."""
        ...

    async def settle(self, fates: Mapping[int, Fate], now: datetime) -> None:
        """Keep what became of messages, by their numbers."""
        ...

    async def withdraw(self, address: Address, *, why: str, now: datetime) -> None:
        """Use an address no more, and let go what waits for it."""
        ...
