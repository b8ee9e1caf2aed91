"""Every number of the physics: its range, its unit and where it comes from.

One box draws each number once from its range; what changes from drop to drop is drawn again
with that number. `--set path=value` or `path=low..high` overrides one; `shifted` moves all.
READ is a published figure, CALC arithmetic on such, RAN a Monte-Carlo, EST an estimate that
nobody has measured yet.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Parameter:
    """One named number with the range it is drawn from, evenly or evenly in its logarithm."""

    path: str
    low: float
    high: float
    unit: str
    source: str
    logarithmic: bool = False

    def draw(self, source: random.Random) -> float:
        """Return a value for one box."""
        if self.logarithmic and self.low > 0:
            return float(self.low * (self.high / self.low) ** source.random())
        return source.uniform(self.low, self.high)


def _p(path: str, low: float, high: float, unit: str, source: str) -> Parameter:
    return Parameter(path, low, high, unit, source)


PARAMETERS: tuple[Parameter, ...] = (
    # The throat: free fall through two beams.
    _p("throat.spacing", 29.8, 30.2, "mm", "EST: enclosure's 30 mm, cut to 0.2 mm"),
    _p("throat.fall_low", 10, 10, "mm", "EST: geometry, lower edge to beam A"),
    _p("throat.fall_high", 30, 30, "mm", "EST: geometry, lower edge to beam A"),
    _p("throat.push", 0.20, 0.30, "m/s", "EST: |N(0, 0.25)|"),
    _p("throat.thrown", 0.01, 0.02, "share", "EST: tail of thrown coins, up to 1.5 m/s"),
    _p("throat.friction_low", 0.70, 0.70, "g", "EST: wall friction and rolling"),
    _p("throat.friction_high", 1.0, 1.0, "g", "EST: free fall"),
    _p("throat.edge", 0.08, 0.20, "mm", "EST: beam width, tilt, lateral"),
    _p("throat.jitter", 10, 80, "us", "CALC 10 with PCNT; READ 80 of a TSSP receiver"),
    _p("throat.rim", 0.01, 0.03, "share", "EST: coins that touch the rim first"),
    _p("throat.rim_low", 5, 5, "ms", "EST: dwell of a bounce in beam A"),
    _p("throat.rim_high", 15, 15, "ms", "EST: dwell of a bounce in beam A"),
    _p("throat.glitch", 0.02, 0.05, "share", "EST: a remote control or lamp during a drop"),
    # Notes, pushed by hand.
    Parameter("note.speed", 0.22, 0.28, "m/s", "EST: median of a lognormal, 0.05 to 0.8"),
    _p("note.speed_spread", 0.45, 0.60, "ln", "EST: so that 0.05 to 0.8 m/s are reached"),
    _p("note.remakes", 0.5, 1.5, "count", "EST: mean of ragged gaps, 0 to 3"),
    _p("note.remake", 1, 18, "ms", "EST: each gap below 20 ms"),
    _p("note.paper", 85, 110, "g/m2", "EST: 95 g/m2"),
    _p("note.humidity", 0.0, 0.08, "share", "EST: of its mass"),
    _p("note.flutter", 0.2, 0.9, "s", "EST: from the throat to rest"),
    # Handfuls.
    _p("pour.gap", 50, 70, "ms", "EST: mean of an exponential"),
    _p("pour.overlap", 0.15, 0.25, "share", "EST: coins that touch the one before"),
    # Load cell and converter.
    _p("cell.counts", 415, 444, "counts/g", "CALC 429.5, 5 kg and 1 mV/V; READ span tolerance"),
    Parameter("cell.frequency", 20, 120, "Hz", "CALC: plate and money on 120 kN/m", True),
    Parameter("cell.damping", 0.02, 0.10, "1", "EST", True),
    _p("cell.noise", 50, 160, "nV", "READ: data sheet 50 to 90, modules up to 160"),
    Parameter("cell.walk", 0.005, 0.02, "g/sqrt s", "EST: 1/f noise and random walk", True),
    _p("cell.position", 0.0, 0.005, "share", "READ/EST: gain over the plate"),
    _p("cell.tempco", -0.25, 0.25, "g/K", "READ: zero, 0.05 % of 5 kg in 10 K"),
    _p("cell.lag", 20, 40, "min", "READ/EST: thermal"),
    _p("cell.creep", 0.0002, 0.0005, "share", "READ: 0.05 % in 30 min"),
    _p("cell.hysteresis", 0.0, 0.0005, "share", "READ: 0.05 % of full scale"),
    Parameter("cell.spike_every", 600, 10800, "s", "READ/EST: Poisson, 10 min to 3 h", True),
    _p("cell.bounce", 0.3, 0.5, "1", "EST: restitution on bare acrylic"),
    _p("cell.bed", 0.2, 1.0, "share", "EST: impulse left on a bed of notes; 1 on bare acrylic"),
    _p("cell.bed_spread", 20, 80, "ms", "EST: an impact on notes takes so long"),
    _p("cell.height", 0.05, 0.36, "m", "CALC: full to empty"),
    _p("cell.load", 0.2, 4.0, "kg", "CALC: empty plate to nearly full"),
    # Cash.
    _p("coin.wear", 0.008, 0.012, "share", "EST: N(1, 0.01)"),
    _p("coin.dirt", 0.0, 0.01, "share", "EST"),
    # Colour.
    _p("colour.spread", 1.0, 1.0, "range/4", "READ: one public sketch's ranges"),
    _p("colour.within", 1.0, 2.0, "of 255", "EST: N(0, 2) from place to place on one note"),
    _p("colour.between", 0.0, 0.0, "of 255", "EST: N(0, 4) from note to note off the bench"),
    _p("colour.emission", 0.0, 0.0, "of 255", "EST: N(0, 4) from 2016 to 2022 off the bench"),
    _p("colour.sun", 0.0, 0.0, "of 255", "EST: light shift, 5 to 8 off the bench"),
    _p("colour.clear", 3000, 9000, "counts", "EST: at 24 ms and 16x"),
    _p("colour.distance", 0.10, 0.15, "share", "EST: N(1, 0.15) for 2 mm and dirt"),
    # Lid, motion, battery, room.
    _p("lid.bounces", 1, 6, "count", "READ: in the first millisecond"),
    _p("lid.bounce", 0.2, 1.0, "ms", "READ: reed contacts"),
    _p("lid.chatter", 0, 50, "ms", "EST: slow closing"),
    _p("motion.noise", 3, 5, "mg", "EST: 4 mg rms at 8 to 10 bit"),
    _p("motion.tap", 20, 80, "mg", "EST: a coin, one to three samples"),
    _p("motion.bump", 100, 500, "mg", "EST: a push at the table, once"),
    _p("motion.shake", 300, 1500, "mg", "EST: 2 to 6 Hz"),
    _p("motion.carry", 100, 400, "mg", "EST: 1.5 to 2.2 Hz, 3 s and more, tilted over 15 degrees"),
    _p("battery.resistance", 60, 120, "mOhm", "EST: an 18650"),
    _p("battery.offset", -50, 50, "mV", "EST: uncalibrated ADC"),
    _p("battery.noise", 8, 15, "mV", "EST"),
    _p("room.swing", 2, 6, "K", "EST: day and night indoors"),
    _p("room.cooler", 1, 4, "K", "READ/EST: a cooler that starts"),
)
BY_PATH = {parameter.path: parameter for parameter in PARAMETERS}
# What the bench does not have: notes of all states, and the sun through clear acrylic.
PROFILES: dict[str, dict[str, tuple[float, float]]] = {
    "bench": {},
    "field": {
        "colour.between": (3.0, 4.0),
        "colour.emission": (3.0, 4.0),
    },
    "worn": {
        "colour.spread": (2.0, 3.0),
        "colour.between": (4.0, 5.0),
        "colour.emission": (4.0, 4.0),
    },
    "sun": {
        "colour.spread": (2.0, 2.0),
        "colour.between": (4.0, 4.0),
        "colour.emission": (4.0, 4.0),
        "colour.sun": (5.0, 8.0),
    },
}


class UnknownParameter(ValueError):
    """A path names no parameter, or a value is no number."""


class World:
    """The numbers of one box, each drawn once."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = dict(values)

    def __getitem__(self, path: str) -> float:
        return self._values[path]


class Ranges:
    """The ranges that boxes are drawn from, after profile, overrides and shift."""

    def __init__(self, profile: str = "bench") -> None:
        self._by_path = dict(BY_PATH)
        for path, (low, high) in PROFILES[profile].items():
            self._put(path, low, high)

    def override(self, setting: str) -> None:
        """Take `path=value` or `path=low..high`; raise `UnknownParameter` when it is neither."""
        path, _, value = setting.partition("=")
        low, _, high = value.partition("..")
        if path not in self._by_path:
            raise UnknownParameter(f"{path} is no parameter; `--parameters` lists them")
        try:
            bounds = (float(low), float(high or low))
        except ValueError:
            raise UnknownParameter(f"{setting}: write path=value or path=low..high") from None
        if not all(math.isfinite(one) for one in bounds) or bounds[0] > bounds[1]:
            raise UnknownParameter(f"{setting}: low and high are finite, and low comes first")
        self._put(path, *bounds)

    def shift(self, share: float, source: random.Random) -> None:
        """Move every range up or down by a share of its values, each by its own toss."""
        for path, parameter in self._by_path.items():
            factor = 1 + share * source.choice((-1, 1))
            self._put(path, parameter.low * factor, parameter.high * factor)

    def draw(self, source: random.Random) -> World:
        """Return the numbers of one box."""
        return World({path: one.draw(source) for path, one in self._by_path.items()})

    def _put(self, path: str, low: float, high: float) -> None:
        self._by_path[path] = replace(self._by_path[path], low=min(low, high), high=max(low, high))
