"""A standing order: what a box is to be told until it answers, however long that takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from jimpitan_server.domain.ids import BoxId

FIRST_WAIT = timedelta(seconds=10)
# A box that was not heard for so long is away. Its broker keeps what waits for it, and a few
# messages in that queue are enough: unless it is heard, it is told again after a day only.
AWAY_AFTER = timedelta(minutes=15)
AWAY_WAIT = timedelta(days=1)


class OrderKind(StrEnum):
    """What is ordered; a box has one order of each kind at most, the newest."""

    CONFIGURE = "configure"
    """Take on a revision of its configuration."""
    UPDATE = "update"
    """Fetch a release and try it."""


LONGEST_WAIT = {
    OrderKind.CONFIGURE: timedelta(minutes=10),
    OrderKind.UPDATE: timedelta(minutes=30),
}


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """One order; `number` is the revision or the attempt, `handed_out` how often it went out."""

    box: BoxId
    kind: OrderKind
    number: int
    handed_out: int = 0

    def due_again(self, now: datetime) -> datetime:
        """Return when it goes out next after going out now: 10 s, doubling to a bound."""
        longest = LONGEST_WAIT[self.kind]
        doublings = min(self.handed_out, 16)  # beyond that any bound is reached
        return now + min(FIRST_WAIT * (1 << doublings), longest)
