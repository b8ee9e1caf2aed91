"""What configurations and rollouts need from outside: transactions of the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.configuration import Configuration, ConfigurationReport, Reported
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.facts import FirmwareChanged
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.order import OrderKind, StandingOrder
from jimpitan_server.domain.release import KnownRelease, Release, SignedRelease
from jimpitan_server.domain.rollout import BoxUpdate, Rollout, UpdateState


class OrderStore(Protocol):
    """Where standing orders lie: one for a box and kind at most."""

    async def open_orders(self, orders: Sequence[StandingOrder], *, due_at: datetime) -> None:
        """Keep orders in the place of older ones; one of the same number stays as it is."""
        ...

    async def close_orders(self, boxes: Sequence[BoxId], kind: OrderKind) -> None:
        """Forget orders that were answered or that nobody wants any more."""
        ...


class LockStore(Protocol):
    """Where boxes are locked, and findings kept."""

    async def lock_boxes(self, boxes: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        ...

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        ...

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        ...


class AnswerStore(OrderStore, Protocol):
    """What taking in records needs to follow the answers of boxes."""

    async def wished(self, boxes: Sequence[BoxId]) -> dict[BoxId, Configuration]:
        """Return the newest configuration wished for each of these boxes."""
        ...

    async def reported(self, states: Sequence[BoxState]) -> dict[BoxId, Reported]:
        """Return what each of these boxes says of its configuration."""
        ...

    async def add_configuration_reports(
        self, box: BoxId, reports: Sequence[ConfigurationReport]
    ) -> None:
        """Append answers to configurations."""
        ...

    async def add_firmware_report(
        self, box: BoxId, seq: int, change: FirmwareChanged, *, now: datetime
    ) -> None:
        """Append what became of an update."""
        ...

    async def answer_update(
        self, box: BoxId, seq: int, change: FirmwareChanged, *, now: datetime
    ) -> None:
        """Note how far a box is, unless a later record of it said more already."""
        ...


class ConfigurationStore(AnswerStore, LockStore, Protocol):
    """One open transaction, for what boxes should be set to."""

    async def add_configurations(self, wishes: Sequence[Configuration]) -> None:
        """Append configurations that are wished."""
        ...

    async def boxes_of_tag(self, tag: str) -> list[BoxId]:
        """Return the boxes with a tag, in order."""
        ...


class TagStore(LockStore, Protocol):
    """One open transaction, for the tags of boxes."""

    async def replace_tags(self, box: BoxId, tags: Sequence[str]) -> None:
        """Give a box these tags and no others."""
        ...


class HandOutStore(LockStore, Protocol):
    """One open transaction, for handing out standing orders."""

    async def due_orders(
        self, gateway: GatewayId, *, now: datetime, limit: int
    ) -> list[StandingOrder]:
        """Return what this gateway should carry now."""
        ...

    async def mark_orders(self, orders: Sequence[StandingOrder], now: datetime) -> None:
        """Note that these were given to a gateway."""
        ...

    async def configurations(
        self, wanted: Sequence[tuple[BoxId, int]]
    ) -> Mapping[tuple[BoxId, int], Configuration]:
        """Return configurations by box and revision."""
        ...

    async def releases_ordered(
        self, wanted: Sequence[tuple[BoxId, int]]
    ) -> Mapping[tuple[BoxId, int], Release]:
        """Return the release that each attempt of a box is about."""
        ...


class RolloutStore(OrderStore, LockStore, Protocol):
    """One open transaction, for releases and rollouts."""

    async def add_release(self, signed: SignedRelease, *, actor: str, now: datetime) -> bool:
        """Keep a release once and for ever; say whether it was new."""
        ...

    async def releases_named(self, name: str) -> list[KnownRelease]:
        """Return the releases of this version, or whose fingerprint begins so."""
        ...

    async def open_rollout(self) -> Rollout | None:
        """Return the one rollout that has not ended, locked until the transaction ends."""
        ...

    async def add_rollout(self, rollout: Rollout, *, actor: str, now: datetime) -> int | None:
        """Keep a new rollout; return its number, or None if another one is open."""
        ...

    async def save_rollout(self, rollout: Rollout) -> None:
        """Keep how a rollout is."""
        ...

    async def add_rollout_event(
        self, rollout: Rollout, event: str, *, actor: str, reason: str | None, now: datetime
    ) -> int:
        """Append to the history of a rollout; return the number of the entry."""
        ...

    async def rollout_boxes(self, rollout: Rollout) -> list[BoxUpdate]:
        """Return every box that belongs to a rollout, with how far it is."""
        ...

    async def save_updates(
        self, rollout: Rollout, updates: Sequence[BoxUpdate], *, now: datetime
    ) -> None:
        """Keep how far boxes are, of which no record told."""
        ...

    async def settle_update(
        self, rollout: Rollout, update: BoxUpdate, state: UpdateState, *, now: datetime
    ) -> None:
        """Keep an outcome that heartbeats told."""
        ...

    async def accept_failures(self, rollout: Rollout) -> None:
        """Let the failures of a rollout so far count no more."""
        ...

    async def last_attempts(self, boxes: Sequence[BoxId]) -> Mapping[BoxId, int]:
        """Return the highest number of an attempt that each box was told of or named."""
        ...
