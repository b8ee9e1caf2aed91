"""The WS2812 lights: patterns stepped with time, never brighter than a bound.

A WS2812 takes 20 mA a colour at full (Worldsemi datasheet, typical): four of them at a quarter
take 60 mA at most, which the 5 V input spares beside the radio.
"""

from jimpitan_board.ticks import passed

MYPY = False
if MYPY:
    from neopixel import NeoPixel

    Colour = tuple[int, int, int]

BRIGHTNESS_MAX = 64  # of 255, whatever colour is asked for
FRAME_MS = 20
PERIOD_MS = 2_000
REFRESH_MS = 1_000  # an unchanged row is written so often, for a light that lost its colour
OFF, STEADY, BLINK, BREATHE, CHASE = 0, 1, 2, 3, 4
PATTERNS = (OFF, STEADY, BLINK, BREATHE, CHASE)


class Lights:
    """A row of lights. A step writes at most once in 20 ms; four lights take 0.2 ms."""

    def __init__(self, pixels: "NeoPixel", count: int) -> None:
        self._pixels = pixels
        self._count = count
        self._pattern = OFF
        self._colour = (0, 0, 0)
        self._start_ms = 0
        self._length_ms = 0
        self._due_ms: "int | None" = None
        self._shown: "tuple[Colour, int | None] | None" = None
        self._shown_ms = 0
        self._write(0, None, 0)

    def show(self, pattern: int, colour: "Colour", now_ms: int, length_ms: int = 0) -> None:
        """Show a pattern in a colour of 0 to 255 a part, for ever or for a while."""
        if pattern not in PATTERNS or min(colour) < 0 or max(colour) > 255:
            raise ValueError("no such pattern or colour")
        self._pattern = pattern
        self._colour = colour
        self._start_ms = now_ms
        self._length_ms = length_ms
        self._due_ms = self._shown = None

    def step(self, now_ms: int) -> None:
        """Move the pattern on."""
        if self._due_ms is not None and passed(now_ms, self._due_ms) < 0:
            return
        age_ms = max(0, passed(now_ms, self._start_ms))
        if self._length_ms and age_ms >= self._length_ms:
            self._pattern = OFF
        if self._pattern == CHASE:
            self._write(255, age_ms // 100 % self._count, now_ms)
        else:
            self._write(self._share(age_ms % PERIOD_MS), None, now_ms)
        self._due_ms = (now_ms + self._wait_ms(age_ms)) & 0x3FFF_FFFF

    def _wait_ms(self, age_ms: int) -> int:
        """Return how long nothing changes: a pattern that stands still is refreshed only."""
        if self._pattern not in (OFF, STEADY):
            return FRAME_MS
        left_ms = self._length_ms - age_ms
        return left_ms if 0 < left_ms < REFRESH_MS else REFRESH_MS

    def _share(self, phase_ms: int) -> int:
        """Return the brightness of a pattern at a phase, 0 to 255."""
        if self._pattern == BLINK:
            return 255 if phase_ms % 500 < 250 else 0
        if self._pattern == BREATHE:
            half_ms = PERIOD_MS // 2
            return (half_ms - abs(phase_ms - half_ms)) * 255 // half_ms
        return 255 if self._pattern == STEADY else 0

    def _write(self, share: int, only: "int | None", now_ms: int) -> None:
        red, green, blue = self._colour if share else (0, 0, 0)
        bound = share * BRIGHTNESS_MAX
        colour = (red * bound // 65_025, green * bound // 65_025, blue * bound // 65_025)
        if (colour, only) == self._shown and passed(now_ms, self._shown_ms) < REFRESH_MS:
            return
        self._shown, self._shown_ms = (colour, only), now_ms
        for index in range(self._count):
            is_lit = only is None or only == index
            self._pixels[index] = colour if is_lit else (0, 0, 0)
        self._pixels.write()

    def selftest(self) -> "tuple[str, bool, str]":
        """Say what only a person can see; nothing comes back from the lights."""
        return "lights", True, "%d lights are written; look whether they are lit" % self._count
