"""Whether a sensor of a box lives, by what the box itself recorded, one sensor at a time.

A box that is heard, or a gateway that is connected, says nothing of a sensor: only a record that
this sensor alone can cause does. The box records the loss of a sensor and not its return
(`jimpitan_box/watch.py`), so its return is told by the first record that needs it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from jimpitan_server.domain.discrepancy import TamperFinding
from jimpitan_server.domain.record import RecordKind

# A throat weighs one to a few deposits together; after so many without one the scale is silent.
DEPOSITS_UNWEIGHED_MAX = 20


class Sensor(StrEnum):
    """A sensor of a box."""

    BEAMS = "beams"
    """The light beams in the throat: they see deposits."""
    SCALE = "scale"
    """The load cell below the container: it weighs them."""
    MOTION = "motion"
    """The accelerometer: it feels that the box is carried, shaken or lies."""


# Numbers of sensors in a record of a lost one (firmware/lib/jimpitan_wire/records.py).
SENSOR_BY_NUMBER = {1: Sensor.SCALE, 2: Sensor.MOTION}
MOVING = frozenset({TamperFinding.MOVED, TamperFinding.SHAKEN, TamperFinding.TILTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One record as far as it tells of sensors; `sign` of a record of tampering."""

    seq: int
    kind: int
    sign: str | None = None


def lost_in(sign: str, sensor: int | None) -> Sensor | None:
    """Return which sensor a sign of tampering says is lost."""
    if sign == TamperFinding.BEAM_DEGRADED:
        return Sensor.BEAMS
    if sign == TamperFinding.SENSOR_LOST and sensor is not None:
        return SENSOR_BY_NUMBER.get(sensor)
    return None


def proves(trace: Trace) -> Sensor | None:
    """Return the sensor without which this record could not have been made."""
    if trace.kind == RecordKind.DEPOSIT:
        return Sensor.BEAMS
    if trace.kind == RecordKind.WEIGHED or trace.sign == TamperFinding.WEIGHT_LOSS:
        return Sensor.SCALE
    return Sensor.MOTION if trace.sign in MOVING else None


def is_lost(sensor: Sensor, *, lost_seq: int, later: Iterable[Trace]) -> bool:
    """Tell whether a sensor that the box said is lost has given no sign since.

    Beams that are degraded still see some deposits: only a person says that they are clean.
    """
    if sensor is Sensor.BEAMS:
        return True
    return not any(proves(one) is sensor and one.seq > lost_seq for one in later)


def is_scale_silent(newest_first: Iterable[Trace]) -> bool:
    """Tell whether a box that once weighed has seen many deposits since without a weighing."""
    unweighed = 0
    for one in newest_first:
        if proves(one) is Sensor.SCALE:
            return unweighed >= DEPOSITS_UNWEIGHED_MAX
        unweighed += one.kind == RecordKind.DEPOSIT
    return False
