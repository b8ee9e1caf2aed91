"""A loss statement: what is known about money that went missing from a container, and how.

It says what the box told, the last count, and an interval of what may be gone. It accuses nobody.
"""

from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.container import Container
from jimpitan_server.domain.rupiah import Rupiah


@dataclass(frozen=True, slots=True, kw_only=True)
class LossEvent:
    """One thing that the box told; `what` is a word of the statement's own list."""

    seq: int
    at: datetime
    uncertainty_s: int
    what: str
    lost_mg: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCount:
    """A count beside the loss: the last one before it, or one after it."""

    collection_id: str
    at: datetime
    total: Rupiah
    seal_put_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensedSince:
    """Deposits in the interval: those surely in it, those perhaps, and missing records."""

    sure: int
    perhaps: int
    records_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRange:
    """What may be gone, from and to."""

    low: Rupiah
    high: Rupiah


@dataclass(frozen=True, slots=True, kw_only=True)
class LossStatement:
    """Everything that a loss statement says; without sensors nothing is estimated."""

    container: Container
    since: datetime
    until: datetime
    written_at: datetime
    case: int | None
    events: tuple[LossEvent, ...]
    events_left_out: int
    last_heard_at: datetime | None
    before: LossCount | None
    counted_after: tuple[LossCount, ...]
    sensed: SensedSince | None
    low_each: Rupiah
    high_each: Rupiah

    @property
    def range(self) -> LossRange | None:
        """What may be gone: what fell in by the sensors, less what was counted since."""
        if self.sensed is None:
            return None
        return lost_between(
            self.sensed,
            counted=sum(one.total.amount for one in self.counted_after),
            low_each=self.low_each,
            high_each=self.high_each,
        )


def lost_between(
    sensed: SensedSince, *, counted: int, low_each: Rupiah, high_each: Rupiah
) -> LossRange:
    """Return from the least that surely fell in to the most that may have, less the counted."""
    least = low_each.amount * sensed.sure - counted
    most_deposits = sensed.sure + sensed.perhaps + sensed.records_missing
    most = high_each.amount * most_deposits - counted
    return LossRange(low=Rupiah(max(least, 0)), high=Rupiah(max(most, 0)))
