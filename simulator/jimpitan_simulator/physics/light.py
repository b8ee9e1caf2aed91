"""The colour sensor above a note: what a TCS34725 counts, its own light apart."""

import random
from dataclasses import dataclass

from jimpitan_simulator.physics.cash import Note
from jimpitan_simulator.physics.parameters import World

RANGE_PARTS = 4  # the published ranges are taken for four deviations
DEVIATION_MIN = 1.5
Reading = tuple[int, int, int, int]  # clear, red, green, blue


@dataclass(slots=True)
class Lamp:
    """The colour sensor of one box; how its own light falls is part of the box."""

    world: World
    draw: random.Random

    def note(self, note: Note, readings: int) -> list[Reading]:
        """Return what is read, one conversion after the other, while a note passes."""
        tint = self._tint(note)
        found = []
        for _ in range(readings):
            within = [value + self.draw.gauss(0, self.world["colour.within"]) for value in tint]
            clear = self.world["colour.clear"] * self.draw.gauss(1, self.world["colour.distance"])
            clear = min(10_240.0, max(0.0, clear))
            red, green, blue = (round(max(0.0, one) * clear / 255) for one in within)
            found.append((round(clear), red, green, blue))
        return found

    def _tint(self, note: Note) -> list[float]:
        world, draw = self.world, self.draw
        sun = draw.gauss(0, world["colour.sun"])
        tint = []
        for low, high in zip(note.low, note.high, strict=True):
            deviation = max(DEVIATION_MIN, (high - low) / RANGE_PARTS)
            value = (low + high) / 2 + draw.gauss(0, deviation * world["colour.spread"])
            value += draw.gauss(0, world["colour.between"])
            value += draw.gauss(0, world["colour.emission"]) + sun
            tint.append(value)
        return tint
