"""When a fact happened: an estimate with its uncertainty and what it rests on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# Crystals of ESP32 boards are specified within 10 ppm at 25 °C (ESP32 Hardware Design
# Guidelines, crystal selection); five times that covers heat and ageing in a box in the sun.
DRIFT_PER_MILLION = 50
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Basis(StrEnum):
    """What an estimated time rests on."""

    WALL = "wall"
    """The clock of the box at that moment."""
    ANCHOR = "anchor"
    """The clock of the box at another moment of the same power cycle, and its uptime between."""
    RECEIVED = "received"
    """Nothing but the moment we got the record: it happened at that time or before."""


@dataclass(frozen=True, slots=True)
class Occurred:
    """An instant that is right within ± `uncertainty`; with basis RECEIVED only an upper end."""

    at: datetime
    uncertainty: timedelta
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The times a record carries: of its box's clock, of its power cycle, and of our receipt."""

    boot: int
    uptime_ms: int
    wall_s: int | None
    wall_uncertainty_s: int
    received_at: datetime


def estimate_occurred(stamp: Stamp, anchor: Stamp | None = None) -> Occurred:
    """Return when the record was made; `anchor` is another one, best near in uptime."""
    if stamp.wall_s is not None:
        return Occurred(_wall(stamp), _uncertainty(stamp), Basis.WALL)
    if anchor is not None and anchor.boot == stamp.boot and anchor.wall_s is not None:
        apart_ms = stamp.uptime_ms - anchor.uptime_ms
        drift = timedelta(microseconds=abs(apart_ms) * DRIFT_PER_MILLION // 1000)
        return Occurred(
            _wall(anchor) + timedelta(milliseconds=apart_ms),
            _uncertainty(anchor) + drift,
            Basis.ANCHOR,
        )
    return Occurred(stamp.received_at, timedelta(0), Basis.RECEIVED)


def _wall(stamp: Stamp) -> datetime:
    assert stamp.wall_s is not None
    return UNIX_EPOCH + timedelta(seconds=stamp.wall_s)


def _uncertainty(stamp: Stamp) -> timedelta:
    return timedelta(seconds=stamp.wall_uncertainty_s)
