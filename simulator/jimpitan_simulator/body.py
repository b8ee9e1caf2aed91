"""The body of one box on a desk: what its beams, scale and colour sensor say as time goes by."""

import random
from dataclasses import dataclass, field

from jimpitan_box.uptime import TICKS_PERIOD

from jimpitan_simulator.physics.cash import Coin, Note
from jimpitan_simulator.physics.cell import PERIOD_S, Cell
from jimpitan_simulator.physics.fall import Throat
from jimpitan_simulator.physics.light import Lamp
from jimpitan_simulator.physics.parameters import Ranges

READING_S = 0.05  # conversion and light of the colour sensor
READINGS_MAX = 16
HAND_S = 0.2  # from the order to drop to the edge of the throat

Reading = tuple[int, int, int, int]


@dataclass(slots=True)
class Felt:
    """What came since the last look: edges with ticks, conversions, tints."""

    edges: list[tuple[int, bool, int]] = field(default_factory=list)
    conversions: list[int] = field(default_factory=list)
    tints: list[Reading] = field(default_factory=list)


class Body:
    """Sensors with a world of their own, drawn from a seed; times are microseconds."""

    def __init__(self, seed: int, ranges: Ranges | None = None) -> None:
        draw = random.Random(seed)
        world = (ranges or Ranges()).draw(draw)
        self._throat = Throat(world, draw)
        self._cell = Cell(world, draw, zero_g=draw.uniform(200, 1500))
        self._lamp = Lamp(world, draw)
        self._edges: list[tuple[int, int, bool]] = []
        self._tints: list[tuple[int, Reading]] = []
        self._reads = 0

    def drop(self, thing: Coin | Note, now_us: int) -> None:
        """Let somebody drop a coin or push a note in now."""
        at_s = now_us / 1e6 + HAND_S
        if isinstance(thing, Note):
            fall = self._throat.note(thing, at_s)
        else:
            fall = self._throat.coin(thing, at_s)
        self._cell.land(fall)
        self._edges += [(us, channel, broken) for us, channel, broken in fall.edges]
        if isinstance(thing, Note):
            began_us = min(us for us, _, broken in fall.edges if broken)
            count = max(1, min(READINGS_MAX, int(fall.away_s / READING_S)))
            for index, reading in enumerate(self._lamp.note(thing, count)):
                self._tints.append((began_us + int((index + 1) * READING_S * 1e6), reading))

    def felt(self, now_us: int) -> Felt:
        """Return what the sensors said up to now and not before."""
        found = Felt()
        due = sorted(edge for edge in self._edges if edge[0] <= now_us)
        self._edges = [edge for edge in self._edges if edge[0] > now_us]
        found.edges = [(channel, broken, us % TICKS_PERIOD) for us, channel, broken in due]
        while self._reads * PERIOD_S * 1e6 <= now_us:
            found.conversions.append(self._cell.read(self._reads * PERIOD_S))
            self._reads += 1
        found.tints = [reading for us, reading in self._tints if us <= now_us]
        self._tints = [one for one in self._tints if one[0] > now_us]
        return found
