"""How much of itself a box keeps awake: everything on mains, a while on battery, then naps.

In a nap only the lid switches and the accelerometer are listened to. What they wake is awake for
twenty seconds, because people give in clusters. The radio is the dearest part: a napping box
reports what is new at most every fifteen minutes, and alarms at once.
"""

MYPY = False
if MYPY:
    from jimpitan_box.config import Config

MAINS, BATTERY, NAP = 0, 1, 2


class Power:
    """The state of one box; times are uptime in ms."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self.state = MAINS
        self._lost_ms = 0
        self._active_ms = 0
        self._reported_ms = 0
        self._air_ms: "int | None" = None
        self._retry_ms = 0
        self._is_urgent = False

    @property
    def heartbeat_ms(self) -> int:
        """Return how long after one heartbeat the next is due."""
        return self._config.nap_heartbeat_ms if self.state == NAP else self._config.heartbeat_ms

    def active(self, now_ms: int) -> None:
        """Note that something happened: stay awake for what may follow."""
        self._active_ms = now_ms

    def alarm(self, now_ms: int) -> None:
        """Note a record that must be told at once."""
        self._active_ms = now_ms
        self._is_urgent = True
        self._retry_ms = now_ms

    def step(self, now_ms: int, is_on_mains: bool) -> int:
        """Take whether there is mains power; return the state."""
        if is_on_mains:
            self.state = MAINS
            self._lost_ms = now_ms
        elif self.state == MAINS:
            self.state = BATTERY
            self._lost_ms = self._active_ms = now_ms
        else:
            awake_ms = self._config.battery_awake_ms
            is_over = now_ms - self._lost_ms >= awake_ms
            self.state = NAP if is_over else BATTERY
        return self.state

    def wants_air(self, now_ms: int, unacked: int) -> bool:
        """Return whether the radio should be on."""
        if self.state != NAP:
            self._reported_ms, self._air_ms = now_ms, None
            return True
        if self._air_ms is not None:
            return self._stays_on_air(now_ms, unacked)
        since_ms = now_ms - self._reported_ms
        is_due = self._is_urgent or (unacked and since_ms >= self._config.report_ms)
        if not (is_due or since_ms >= self._config.nap_heartbeat_ms) or now_ms < self._retry_ms:
            return False
        self._air_ms = now_ms
        return True

    def _stays_on_air(self, now_ms: int, unacked: int) -> bool:
        """Hang up when all is acknowledged, or when it takes too long: then try later."""
        began_ms = self._air_ms or 0
        if not unacked:
            self._reported_ms, self._is_urgent = now_ms, False
            self._air_ms = None
            return False
        if now_ms - began_ms < self._config.report_ms_max:
            return True
        self._air_ms = None
        wait_ms = self._config.report_ms // (4 if self._is_urgent else 1)
        self._retry_ms = now_ms + wait_ms
        return False

    def nap_ms(self, now_ms: int, unacked: int) -> int:
        """Return how long the box may sleep now, 0 when it should not."""
        if self.state != NAP or self._air_ms is not None:
            return 0
        if now_ms - self._active_ms < self._config.stay_awake_ms:
            return 0
        due_ms = self._reported_ms + self._config.nap_heartbeat_ms
        if unacked:
            due_ms = min(due_ms, self._reported_ms + self._config.report_ms)
        if self._is_urgent:
            due_ms = self._retry_ms
        return max(0, min(max(due_ms, self._retry_ms) - now_ms, self._config.nap_ms_max))
