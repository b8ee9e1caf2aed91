"""Random enough for back-off: a 32-bit xorshift (Marsaglia 2003), alike on all interpreters."""

MASK = 0xFFFFFFFF


class Jitter:
    """A stream of numbers from a seed; not for secrets."""

    def __init__(self, seed: int) -> None:
        self._state = (seed & MASK) or 1

    def below(self, bound: int) -> int:
        """Return a number from 0 up to but not including `bound` (at least 1)."""
        state = self._state
        state ^= (state << 13) & MASK
        state ^= state >> 17
        state ^= (state << 5) & MASK
        self._state = state
        return state % bound


class Backoff:
    """Waiting times that double up to a bound, each with up to a quarter of jitter on top."""

    def __init__(self, base_ms: int, wait_ms_max: int, jitter: Jitter) -> None:
        self._base_ms = base_ms
        self._wait_ms_max = wait_ms_max
        self._jitter = jitter
        self._wait_ms = base_ms

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._wait_ms = self._base_ms

    def next_ms(self) -> int:
        """Return the next wait in ms and double the one after it."""
        wait_ms = self._wait_ms
        self._wait_ms = min(self._wait_ms_max, wait_ms * 2)
        return wait_ms + self._jitter.below(wait_ms // 4 + 1)
