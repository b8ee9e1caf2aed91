"""The accelerometer: gravity by the tilt of the box, shoves, noise, and what it clips."""

import math
import random
from dataclasses import dataclass

from jimpitan_simulator.physics.parameters import World

GRAVITY_MG = 1000.0
CLIPPED_MG = 2000
STEP_MG = 4  # of an LIS3DH at 10 bit and 2 g


@dataclass(slots=True)
class Accelerometer:
    """An LIS3DH of one box."""

    world: World
    draw: random.Random

    def read(self, shove: tuple[float, float, float], tilt_degrees: float) -> tuple[int, int, int]:
        """Return one sample in mg on three axes."""
        tilt = math.radians(tilt_degrees)
        gravity = (GRAVITY_MG * math.sin(tilt), 0.0, GRAVITY_MG * math.cos(tilt))
        noise = self.world["motion.noise"]
        axes = [
            round((gravity[axis] + shove[axis] + self.draw.gauss(0, noise)) / STEP_MG) * STEP_MG
            for axis in range(3)
        ]
        x, y, z = (max(-CLIPPED_MG, min(CLIPPED_MG, one)) for one in axes)
        return x, y, z
