"""What falls through the throat, as edges of two beams in microseconds.

A coin falls freely; its shadow is as long as its diameter. A note is pushed by hand, folded as
people fold it, and its edges are ragged.
"""

import math
import random
from dataclasses import dataclass, field

from jimpitan_box.detector import BEAM_A, BEAM_B

from jimpitan_simulator.physics.cash import HEIGHT_MM, Coin, Note
from jimpitan_simulator.physics.parameters import World

GRAVITY = 9.81
THROWN_M_S = 1.5
NOTE_M_S = (0.05, 0.8)
# How a note is folded and the part of its length that is left, with its share (EST).
FOLDS = ((1.0, 0.25), (0.5, 0.45), (1 / 3, 0.15), (0.0, 0.15))
RAGGED_MS = 40.0

Edge = tuple[int, int, bool]  # microseconds, beam, broken


@dataclass(frozen=True, slots=True)
class Fall:
    """One thing on its way: what the beams see, and when it strikes the plate with what."""

    edges: tuple[Edge, ...]
    lands_s: float
    mass_g: float
    speed_m_s: float
    is_note: bool = False
    pieces: int = 1
    away_s: float = 0.0
    note: Note | None = None


@dataclass(slots=True)
class Throat:
    """The slot of one box."""

    world: World
    draw: random.Random
    _spacing_m: float = field(init=False)

    def __post_init__(self) -> None:
        self._spacing_m = self.world["throat.spacing"] / 1000

    def coin(self, coin: Coin, at_s: float) -> Fall:
        """Return the fall of one coin that touches beam A at a time."""
        draw, world = self.draw, self.world
        pull = GRAVITY * draw.uniform(
            world["throat.friction_low"], min(1.0, world["throat.friction_high"])
        )
        push = abs(draw.gauss(0, world["throat.push"]))
        if draw.random() < world["throat.thrown"]:
            push = draw.uniform(push, max(push, THROWN_M_S))
        height = draw.uniform(world["throat.fall_low"], world["throat.fall_high"]) / 1000
        start = math.sqrt(push * push + 2 * pull * height)
        width = coin.diameter_mm / 1000
        places: tuple[tuple[float, int, bool], ...] = ((0.0, BEAM_A, True), (width, BEAM_A, False))
        places += ((self._spacing_m, BEAM_B, True), (self._spacing_m + width, BEAM_B, False))
        edges = []
        for place, beam, broken in places:
            seen = max(0.0, place + draw.gauss(0, world["throat.edge"] / 1000))
            seconds = (math.sqrt(start * start + 2 * pull * seen) - start) / pull
            edges.append((self._stamped(at_s + seconds), beam, broken))
        if draw.random() < world["throat.rim"]:
            edges += self._bounce(at_s)
        edges += self._glitches(at_s)
        mass = (
            coin.mass_g
            * draw.gauss(1, world["coin.wear"])
            * (1 + draw.random() * world["coin.dirt"])
        )
        drop_m = world["cell.height"]
        strikes = math.sqrt(start * start + 2 * GRAVITY * drop_m)
        lands = at_s + (strikes - start) / GRAVITY
        return Fall(_in_order(edges), lands, mass, strikes)

    def note(self, note: Note, at_s: float) -> Fall:
        """Return the fall of one note whose lower edge touches beam A at a time."""
        draw, world = self.draw, self.world
        emission = draw.choice(tuple(note.length_mm))
        length = note.length_mm[emission]
        mass = length * HEIGHT_MM * 1e-6 * world["note.paper"]
        mass *= 1 + draw.random() * world["note.humidity"]
        part = draw.choices([one for one, _ in FOLDS], [share for _, share in FOLDS])[0]
        shown_m = (length * part if part else HEIGHT_MM / 2) / 1000
        speed = world["note.speed"] * math.exp(draw.gauss(0, world["note.speed_spread"]))
        speed = min(max(speed, NOTE_M_S[0]), NOTE_M_S[1])
        a = self._ragged(BEAM_A, at_s, shown_m / speed)
        b = self._ragged(BEAM_B, at_s + self._spacing_m / speed, shown_m / speed)
        away_s = (self._spacing_m + shown_m) / speed
        lands = at_s + away_s + draw.uniform(0.2, world["note.flutter"])
        edges = _in_order(a + b + self._glitches(at_s))
        return Fall(edges, lands, mass, 0.0, is_note=True, away_s=away_s, note=note)

    def handful(self, coins: list[Coin], at_s: float) -> list[Fall]:
        """Return the falls of coins poured in; those that touch cast one shadow together."""
        falls = []
        for coin in coins:
            falls.append(self.coin(coin, at_s))
            touches = self.draw.random() < self.world["pour.overlap"]
            gap = self.draw.uniform(5, 20) if touches else self._gap_ms()
            at_s += gap / 1000
        return falls

    def _gap_ms(self) -> float:
        # Contact apart, the next coin does not touch beam A before this one is out of it.
        return 25.0 + self.draw.expovariate(1 / self.world["pour.gap"])

    def _ragged(self, beam: int, from_s: float, dwell_s: float) -> list[Edge]:
        """Return the edges of a note in one beam, with gaps near its ends."""
        gaps = []
        for _ in range(3):
            if self.draw.random() < self.world["note.remakes"] / 3:
                near = self.draw.uniform(2, RAGGED_MS) / 1000
                at = near if self.draw.random() < 0.5 else dwell_s - near
                length = self.draw.uniform(0.5, self.world["note.remake"]) / 1000
                if at > 0 and at + length < dwell_s:
                    gaps.append((at, at + length))
        edges = [(self._stamped(from_s), beam, True)]
        end = 0.0
        for start, stop in sorted(gaps):
            if start > end:
                edges.append((self._stamped(from_s + start), beam, False))
                edges.append((self._stamped(from_s + stop), beam, True))
                end = stop
        edges.append((self._stamped(from_s + dwell_s), beam, False))
        return edges

    def _bounce(self, at_s: float) -> list[Edge]:
        dwell = self.draw.uniform(self.world["throat.rim_low"], self.world["throat.rim_high"])
        began = at_s - self.draw.uniform(0.08, 0.4)
        return [
            (self._stamped(began), BEAM_A, True),
            (self._stamped(began + dwell / 1000), BEAM_A, False),
        ]

    def _glitches(self, at_s: float) -> list[Edge]:
        """Return bursts of a remote control in one beam, before the drop."""
        if self.draw.random() >= self.world["throat.glitch"]:
            return []
        edges: list[Edge] = []
        began, beam = at_s - self.draw.uniform(0.5, 1.5), self.draw.choice((BEAM_A, BEAM_B))
        for _ in range(self.draw.randint(1, 5)):
            dwell = self.draw.uniform(0.0005, 0.0018)
            edges.append((self._stamped(began), beam, True))
            edges.append((self._stamped(began + dwell), beam, False))
            began += dwell + self.draw.uniform(0.003, 0.02)
        return edges

    def _stamped(self, seconds: float) -> int:
        jitter = self.draw.gauss(0, self.world["throat.jitter"])
        return round(seconds * 1_000_000 + jitter)


def _in_order(edges: list[Edge]) -> tuple[Edge, ...]:
    """Return edges by time; however late a receiver is, it never tells an end before a start."""
    latest = {BEAM_A: -1, BEAM_B: -1}
    found = []
    for at_us, beam, is_broken in _by_beam(edges):
        latest[beam] = max(at_us, latest[beam] + 1)
        found.append((latest[beam], beam, is_broken))
    return tuple(sorted(found))


def _by_beam(edges: list[Edge]) -> list[Edge]:
    """Return the shadows of each beam one after the other, each start before its end."""
    found: list[Edge] = []
    for beam in (BEAM_A, BEAM_B):
        own = [edge for edge in edges if edge[1] == beam]
        pairs = sorted(zip(own[::2], own[1::2], strict=True))
        found += [edge for pair in pairs for edge in pair]
    return found


def merged(edges: list[Edge]) -> list[Edge]:
    """Return what the beams really show of several things: broken while any breaks them."""
    broken = {BEAM_A: 0, BEAM_B: 0}
    seen = []
    for at_us, beam, is_broken in sorted(edges):
        before = broken[beam] > 0
        broken[beam] = max(0, broken[beam] + (1 if is_broken else -1))
        if (broken[beam] > 0) != before:
            seen.append((at_us, beam, is_broken))
    return seen
