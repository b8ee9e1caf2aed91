"""Wall time of a box, learnt only from signed messages and never better than their journey."""

DRIFT_PPM = 100  # of a cheap crystal with margin; ESP32 modules name 10 ppm at 25 degrees


class WallClock:
    """Maps uptime to Unix time with an uncertainty that grows with age."""

    def __init__(self) -> None:
        self._offset_ms: "int | None" = None
        self._uncertainty_ms = 0
        self._set_at_ms = 0

    def learn(self, server_ms: int, asked_ms: int, now_ms: int) -> bool:
        """Take a server time signed between uptimes `asked_ms` and `now_ms`; keep the better.

        Returns whether it was taken. The truth lies within half the journey of its middle.
        """
        half_ms = (now_ms - asked_ms) // 2 + 1
        if self._offset_ms is not None and self._uncertainty_at(now_ms) <= half_ms:
            return False
        self._offset_ms = server_ms + half_ms - now_ms
        self._uncertainty_ms = half_ms
        self._set_at_ms = now_ms
        return True

    def read(self, uptime_ms: int) -> "tuple[int | None, int]":
        """Return (Unix seconds or None, uncertainty in whole seconds, rounded up)."""
        if self._offset_ms is None:
            return None, 0
        wall_ms = uptime_ms + self._offset_ms
        return wall_ms // 1000, (self._uncertainty_at(uptime_ms) + 999) // 1000 + 1

    def _uncertainty_at(self, uptime_ms: int) -> int:
        age_ms = uptime_ms - self._set_at_ms
        return self._uncertainty_ms + age_ms * DRIFT_PPM // 1_000_000
