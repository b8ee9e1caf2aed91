"""A command: what a box is to be told, as long as it makes sense."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.ids import BoxId

# How long a collector may take from scanning a box to opening it: ten minutes of its uptime.
COLLECTION_OPEN_VALID = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Command:
    """Permission to open one box for one visit, until it expires."""

    down_id: int
    box: BoxId
    visit: int
    expires_at: datetime

    def valid_ms(self, now: datetime) -> int:
        """Return for how many ms from now it may still be obeyed."""
        return max((self.expires_at - now) // timedelta(milliseconds=1), 0)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit the box will be told of; numbers rise in the life of a box."""

    number: int
    expires_at: datetime
