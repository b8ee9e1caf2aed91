"""Time since boot, unwrapped from a microsecond tick that starts again every 2**30."""

TICKS_PERIOD = 1 << 30  # time.ticks_us of MicroPython on a 32-bit port
TICKS_HALF = TICKS_PERIOD >> 1


def ticks_diff(later: int, earlier: int) -> int:
    """Return later - earlier on the wrapping tick; right within 536 seconds either way."""
    return ((later - earlier + TICKS_HALF) & (TICKS_PERIOD - 1)) - TICKS_HALF


class Uptime:
    """Milliseconds since boot, from ticks that are read at least every eight minutes."""

    def __init__(self, ticks_us: int) -> None:
        self.ms = 0
        self._us = 0
        self._ticks = ticks_us

    def skip(self, slept_ms: int, ticks_us: int) -> int:
        """Count the time of a nap, in which the tick may have begun again; return the uptime."""
        self.ms += slept_ms
        self._ticks = ticks_us
        return self.ms

    def advance(self, ticks_us: int) -> int:
        """Take the present tick and return the milliseconds since boot; never goes back."""
        passed = ticks_diff(ticks_us, self._ticks)
        if passed > 0:
            self._ticks = ticks_us
            self._us += passed
            self.ms += self._us // 1000
            self._us %= 1000
        return self.ms
