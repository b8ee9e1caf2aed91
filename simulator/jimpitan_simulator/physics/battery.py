"""An 18650 and the divider that measures it: what the box reads of its battery."""

import random
from dataclasses import dataclass

from jimpitan_simulator.physics.parameters import World

# Open-circuit voltage in mV by charge left, in tenths (typical NMC cell, EST).
OPEN_MV = (3000, 3450, 3550, 3610, 3650, 3700, 3770, 3850, 3940, 4050, 4180)
WIFI_MA = 350


@dataclass(slots=True)
class Battery:
    """The battery of one box."""

    world: World
    draw: random.Random

    def read(self, charge: float, load_ma: float) -> int:
        """Return the reading in mV at a charge between 0 and 1 under a load."""
        place = min(max(charge, 0.0), 1.0) * (len(OPEN_MV) - 1)
        low = min(int(place), len(OPEN_MV) - 2)
        open_mv = OPEN_MV[low] + (OPEN_MV[low + 1] - OPEN_MV[low]) * (place - low)
        sag = load_ma * self.world["battery.resistance"] / 1000
        seen = open_mv - sag + self.world["battery.offset"]
        return round(seen + self.draw.gauss(0, self.world["battery.noise"]))
