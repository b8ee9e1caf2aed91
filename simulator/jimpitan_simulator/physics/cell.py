"""The load cell and its converter: what HX711 conversions show of things that strike the plate.

The plate is a spring with little damping; the converter reports the mean of its last four
periods. Both have closed forms, so a conversion costs a few exponentials and no small steps.
"""

import cmath
import math
import random
from dataclasses import dataclass, field

from jimpitan_simulator.physics.fall import GRAVITY, Fall
from jimpitan_simulator.physics.parameters import World

PERIOD_S = 0.1  # 10 conversions a second (HX711 data sheet)
TAPS = 4  # conversions until it has settled: 400 ms
NV_PER_COUNT = 2.0  # AVDD / (2 * 128 * 2**23) at 4.3 V
CREEP_S = 600.0
FORGOTTEN_S = 12.0
SLIPS = (1, 2, 4, -1)


@dataclass(frozen=True, slots=True)
class Strike:
    """Something that reaches the plate: a lasting mass, a blow, or both; g and g*s."""

    at_s: float
    mass_g: float
    blow_gs: float


@dataclass(slots=True)
class Cell:
    """One plate on one cell, read ten times a second."""

    world: World
    draw: random.Random
    zero_g: float = 0.0
    drift_g: float = 0.0
    _strikes: list[Strike] = field(default_factory=list)
    _settled_g: float = 0.0
    _pole: complex = 0j
    _omega: float = 0.0
    _creep_g: float = 0.0

    def __post_init__(self) -> None:
        omega = 2 * math.pi * self.world["cell.frequency"]
        damping = min(0.5, self.world["cell.damping"])
        self._omega = omega
        # It has stood with its load for long, so most of the creep is over.
        self._creep_g = self.world["cell.creep"] * self.world["cell.load"] * 900
        self._pole = complex(-damping * omega, omega * math.sqrt(1 - damping * damping))

    def land(self, fall: Fall) -> None:
        """Let a thing land: a note softly, a coin with blows until it lies still."""
        gain = 1 + self.draw.uniform(-1, 1) * self.world["cell.position"]
        mass = fall.mass_g * gain
        if fall.is_note:
            self.strike(Strike(fall.lands_s, mass, 0.0))
            return
        at_s, speed = fall.lands_s, fall.speed_m_s
        bounce = min(0.8, self.world["cell.bounce"])
        while speed > 0.15:
            blow = mass * speed * (1 + bounce) / GRAVITY * self.world["cell.bed"]
            late_s = self.draw.random() * self.world["cell.bed_spread"] / 1000
            late_s *= 1 - min(1.0, self.world["cell.bed"])
            self.strike(Strike(at_s + late_s, 0.0, blow))
            speed *= bounce
            at_s += 2 * speed / GRAVITY
        self.strike(Strike(at_s, mass, 0.0))

    def strike(self, strike: Strike) -> None:
        """Take something that reaches or leaves the plate, now or later."""
        if strike.mass_g < 0:  # what is taken away leaves a little behind
            kept = 1 - self.world["cell.hysteresis"]
            strike = Strike(strike.at_s, strike.mass_g * kept, strike.blow_gs)
        self._strikes.append(strike)
        self._strikes.sort(key=lambda one: one.at_s)

    def read(self, at_s: float) -> int:
        """Return the conversion that ends at a time; times may only rise."""
        self._forget(at_s)
        weighed = (self._whole(at_s) - self._whole(at_s - TAPS * PERIOD_S)) / (TAPS * PERIOD_S)
        self.drift_g += self.draw.gauss(0, self.world["cell.walk"] * math.sqrt(PERIOD_S))
        load = self.world["cell.load"] * 1000 + self._settled_g
        self._creep_g += (self.world["cell.creep"] * load - self._creep_g) * PERIOD_S / CREEP_S
        counts = self.world["cell.counts"]
        noise = self.draw.gauss(0, self.world["cell.noise"] / NV_PER_COUNT)
        raw = round(
            (self.zero_g + self._settled_g + weighed + self.drift_g + self._creep_g) * counts
            + noise
        )
        if self.draw.random() < PERIOD_S / self.world["cell.spike_every"]:
            raw = self._spike(raw)
        return max(-(1 << 23), min((1 << 23) - 1, raw))

    def _spike(self, raw: int) -> int:
        slip = self.draw.choice(SLIPS)
        return raw << slip if slip > 0 else -self.draw.randrange(1 << 22)

    def _forget(self, at_s: float) -> None:
        while self._strikes and self._strikes[0].at_s < at_s - FORGOTTEN_S:
            self._settled_g += self._strikes.pop(0).mass_g

    def _whole(self, at_s: float) -> float:
        """Return the integral over time of what the plate shows, in g s."""
        found = 0.0
        for strike in self._strikes:
            past = at_s - strike.at_s
            if past <= 0:
                continue
            decay = (cmath.exp(self._pole * past) - 1) / self._pole
            if strike.mass_g:
                ratio = self._pole.real / self._pole.imag
                found += strike.mass_g * (past - (complex(1, ratio) * decay).real)
            if strike.blow_gs:
                rate = strike.blow_gs * self._omega**2 / self._pole.imag
                found += rate * (complex(0, -1) * decay).real
        return found
