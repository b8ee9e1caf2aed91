"""From raw conversions of the load cell to steps of mass, each with how sure it is.

A conversion is late (the converter averages four) and shaken by what falls. A step is the mean
of what is weighed when all is calm again, less the mean before; things that follow each other
too fast share one step.
"""

from jimpitan_box.likelihood import root

MYPY = False
if MYPY:
    from jimpitan_box.calibration import Calibration
    from jimpitan_box.config import Config

RING_LENGTH = 48
BEFORE_MS = 1500
SAMPLES_MIN = 4
NOISE_MG_MIN = 20
COUNTS_MAX = (1 << 23) - 1


class Step:
    """A change of mass over a time in which `count` things fell."""

    def __init__(self, mass_mg: int, deviation_mg: int, count: int) -> None:
        self.mass_mg = mass_mg
        self.deviation_mg = deviation_mg
        self.count = count


class Scale:
    """Weighs with one load cell; times are uptime in ms, masses mg."""

    def __init__(self, config: "Config", calibration: "Calibration") -> None:
        self._config = config
        self._calibration = calibration
        self._raws: "list[int]" = []
        # Within 2**30 ms: after 12 days uptime is no small integer on a board, and 48 of them
        # would take 1.5 KB.
        self._times: "list[int]" = []
        self._masses: "list[int]" = []
        self._before: "tuple[int, int] | None" = None
        self._last_ms = 0
        self._count = 0
        self.is_weighing = False  # whether a step is under way
        self.saturated = 0
        self.heard_ms: "int | None" = None

    def feed(self, raw: int, now_ms: int) -> "int | None":
        """Take one conversion in counts; return the mass of the one before, spikes taken out."""
        if not -COUNTS_MAX < raw < COUNTS_MAX:
            self.saturated += 1
            return None
        self.heard_ms = now_ms
        self._raws = self._raws[-2:] + [raw]
        if len(self._raws) < 3:
            return None
        # The middle of three: a bit that slipped or a spike is one conversion long.
        middle = sorted(self._raws)[1]
        if len(self._times) == RING_LENGTH:
            self._times.pop(0)
            self._masses.pop(0)
        self._times.append(now_ms & 0x3FFF_FFFF)
        self._masses.append(middle * 1000000 // self._calibration.counts_per_kg)
        return self._masses[-1]

    def wake(self, now_ms: int) -> None:
        """Forget what was weighed before a nap."""
        self._raws, self._times, self._masses = [], [], []
        if self.heard_ms is not None:
            self.heard_ms = now_ms

    @property
    def mass_mg(self) -> "int | None":
        """Return what lies on the plate by the last few conversions, None when none came."""
        found = self._masses[-5:]
        return sum(found) // len(found) if found else None

    def is_heard(self, now_ms: int, silent_ms_max: int) -> bool:
        """Return whether the converter spoke of late; a box may have none."""
        return self.heard_ms is not None and now_ms - self.heard_ms <= silent_ms_max

    def fell(self, began_ms: int, now_ms: int) -> None:
        """Note that something went through the throat from `began_ms` until now."""
        if not self.is_weighing:
            self._before = self._mean(began_ms - BEFORE_MS, began_ms)
        self._count += 1
        self.is_weighing = True
        self._last_ms = now_ms

    def step(self, now_ms: int) -> "Step | None":
        """Return the step that has just become certain, None as long as there is none."""
        config = self._config
        if not self.is_weighing or now_ms - self._last_ms <= config.settle_ms + config.weigh_ms:
            return None
        began_ms = self._last_ms + config.settle_ms
        after = self._mean(began_ms, now_ms)
        before, count = self._before, self._count
        self._before, self._count, self.is_weighing = None, 0, False
        if before is None or after is None:
            return Step(0, 0, count)
        deviation_mg = root(before[1] + after[1] + NOISE_MG_MIN * NOISE_MG_MIN)
        return Step(after[0] - before[0], deviation_mg, count)

    def _mean(self, from_ms: int, to_ms: int) -> "tuple[int, int] | None":
        """Return (mean, square of its deviation) of a time, None when too little was weighed."""
        found = []
        for index in range(len(self._times)):
            if (self._times[index] - from_ms) & 0x3FFF_FFFF <= to_ms - from_ms:
                found.append(self._masses[index])
        if len(found) < SAMPLES_MIN:
            return None
        mean = sum(found) // len(found)
        squares = sum([(one - mean) * (one - mean) for one in found])
        return mean, squares // (len(found) - 1) // len(found)
