"""Whether the box is pushed, shaken, tilted or carried off, from an accelerometer.

Samples are mg on three axes, 10 to 25 a second. A push at the table is one short burst; people
who carry a box shake it for seconds and tilt it.
"""

MYPY = False
if MYPY:
    from jimpitan_box.config import Config

    Vector = tuple[int, int, int]

CALM_MG = 60  # a coin's tap is 20 to 80 mg for one to three samples
STRONG_MG = 220
BURST_GAP_MS = 900
SHAKEN_MS = 2000
CARRIED_MS = 3000
WALKED_MS = 6000
# cos 15 degrees, squared, in per mille: boxes stand, and collectors lift them by less.
TILT_PERMILLE = 933
SMOOTHED = 8  # samples
STILL, PUSHED, SHAKEN, CARRIED, TILTED = 0, 1, 2, 3, 4


class Motion:
    """Follows the acceleration of a box that stands."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self._upright: "Vector | None" = None
        self._slow: "list[int]" = []
        self._burst_ms: "int | None" = None
        self._last_ms = 0
        self._strong = self._samples = 0
        self._tilted_ms: "int | None" = None
        self._told = STILL
        self.heard_ms: "int | None" = None
        self.disturbed_ms = -1000000

    def stand(self) -> None:
        """Take the present position for upright: after installing, and when a lid closed."""
        self._upright = None

    def feed(self, sample: "Vector", now_ms: int) -> int:
        """Take one sample; return SHAKEN, CARRIED or TILTED once when it begins, else STILL."""
        self.heard_ms = now_ms
        if len(self._slow) != 3:
            self._slow = [axis * SMOOTHED for axis in sample]
        for axis in range(3):
            self._slow[axis] += sample[axis] - self._slow[axis] // SMOOTHED
        mean = (
            self._slow[0] // SMOOTHED,
            self._slow[1] // SMOOTHED,
            self._slow[2] // SMOOTHED,
        )
        if self._upright is None:
            self._upright = mean
        away = max([abs(sample[axis] - mean[axis]) for axis in range(3)])
        tilted = self._is_tilted(mean)
        self._follow(away, tilted, now_ms)
        return self._judge(tilted, now_ms)

    def _follow(self, away: int, tilted: bool, now_ms: int) -> None:
        if away > CALM_MG:
            self.disturbed_ms = now_ms
            if self._burst_ms is None or now_ms - self._last_ms > BURST_GAP_MS:
                self._burst_ms, self._strong, self._samples = now_ms, 0, 0
            self._last_ms = now_ms
            self._samples += 1
            if away > STRONG_MG:
                self._strong += 1
        elif self._burst_ms is not None and now_ms - self._last_ms > BURST_GAP_MS:
            self._burst_ms = None
            if not tilted:
                self._told = STILL
        if not tilted:
            self._tilted_ms = None
        elif self._tilted_ms is None:
            self._tilted_ms = now_ms

    def _judge(self, tilted: bool, now_ms: int) -> int:
        found = STILL
        if self._burst_ms is not None:
            lasted_ms = self._last_ms - self._burst_ms
            if (lasted_ms >= CARRIED_MS and tilted) or lasted_ms >= WALKED_MS:
                found = CARRIED
            elif lasted_ms >= SHAKEN_MS and self._strong * 3 >= self._samples:
                found = SHAKEN
        if found == STILL and self._tilted_ms is not None:
            if now_ms - self._tilted_ms >= self._config.tilted_ms_max:
                found = TILTED
        if found == STILL or found == self._told or self._told == CARRIED:
            return STILL
        self._told = found
        return found

    def _is_tilted(self, mean: "Vector") -> bool:
        upright = self._upright
        if upright is None:
            return False
        dot = sum([mean[axis] * upright[axis] for axis in range(3)])
        lengths = sum([axis * axis for axis in mean]) * sum([axis * axis for axis in upright])
        return dot <= 0 or dot * dot * 1000 < TILT_PERMILLE * lengths
