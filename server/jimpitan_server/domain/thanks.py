"""Thanks: a payment at a box's own code that the box may still answer with light and sound."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.ids import BoxId

# After a minute the donor has left, and a light would thank somebody else.
THANKS_VALID = timedelta(seconds=60)
# A light and a melody take two seconds.
THANKS_EVERY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Thanks:
    """One box may thank, until it expires; who paid what is not told."""

    box: BoxId
    expires_at: datetime

    def valid_ms(self, now: datetime) -> int:
        """Return for how many ms from now the box may still show it."""
        left_ms = (self.expires_at - now) // timedelta(milliseconds=1)
        return min(max(left_ms, 0), THANKS_VALID // timedelta(milliseconds=1))


def thanks_for(box: BoxId, *, paid_at: datetime, received_at: datetime) -> Thanks:
    """Return the thanks for a payment; one that was told of too late has expired already."""
    return Thanks(box, min(paid_at, received_at) + THANKS_VALID)


@dataclass(frozen=True, slots=True)
class Carrier:
    """The gateway that last carried a box, and when it last did."""

    gateway: str | None
    last_seen_at: datetime | None

    def reaches(self, *, now: datetime, within: timedelta) -> bool:
        """Say whether the box was heard of so lately that it is online."""
        return self.last_seen_at is not None and now - self.last_seen_at <= within
