"""When a box answers with light and sound: a gift, a payment, a thief; and when it keeps quiet.

A deposit is always answered. A payment is answered only when the server's signed word is
certainly fresh: a light for a donor who left a minute ago thanks somebody else.
"""

from jimpitan_wire import down, records

MYPY = False
if MYPY:
    from jimpitan_box.clock import WallClock
    from jimpitan_box.config import Config

# A cue for the board: one of the lights, with or without the sound, and what it is for.
LIGHT_DIM, LIGHT, SOUND, PAYMENT, ALARM = 1, 2, 4, 8, 16
# Signs at which a box makes itself heard, unless it is told to be silent: somebody is at it now.
LOUD_SIGNS = (
    records.SIGN_FISHING,
    records.SIGN_LID_UNAUTHORISED,
    records.SIGN_WEIGHT_LOSS,
    records.SIGN_MOVED,
)
DAY_MIN = 1440


class Thanks:
    """Decides what to show; at most one cue waits for the board, a payment's before others."""

    def __init__(self, config: "Config", clock: "WallClock") -> None:
        self._config = config
        self._clock = clock
        self._cue: "int | None" = None
        self._told_ms: "int | None" = None
        self.shown = 0
        self.too_soon = 0  # payments within two seconds of the one shown
        self.too_late = 0  # payments that are too old, or may be

    def deposited(self, now_ms: int) -> None:
        """Answer what fell into the box."""
        if self._cue is None:
            self._cue = self._how(now_ms)

    def alarmed(self, sign: object) -> None:
        """Answer a sign of a thief, at any hour and before all thanks; silent when told so."""
        if sign in LOUD_SIGNS and not self._config.is_alarm_silent:
            self._cue = LIGHT + SOUND + ALARM

    def told(self, body: "dict[int, object]", now_ms: int) -> bool:
        """Answer a payment that the server told of; return whether it is shown."""
        if not self._is_fresh(body, now_ms):
            self.too_late += 1
            return False
        if self._told_ms is not None and now_ms - self._told_ms < self._config.thanks_ms_min:
            self.too_soon += 1
            return False
        self._told_ms = now_ms
        self.shown += 1
        if self._cue is None or not self._cue & ALARM:
            self._cue = self._how(now_ms) + PAYMENT
        return True

    def take(self) -> "int | None":
        """Return the cue to show now, once."""
        cue, self._cue = self._cue, None
        return cue

    def _is_fresh(self, body: "dict[int, object]", now_ms: int) -> bool:
        """Return whether the message holds at every time that it may be now."""
        wall_s, uncertainty_s = self._clock.read(now_ms)
        if wall_s is None:
            return False
        signed_ms = down.whole(body, down.THANKS_TIME_MS)
        latest_ms = (wall_s + uncertainty_s) * 1000
        valid_ms = down.whole(body, down.THANKS_VALID_MS, down.THANKS_VALID_MS_MAX)
        return signed_ms <= latest_ms <= signed_ms + valid_ms

    def _how(self, now_ms: int) -> int:
        """Return light and sound for this time of day; no sound when it is not known."""
        wall_s, uncertainty_s = self._clock.read(now_ms)
        if wall_s is None:
            return LIGHT
        if self.is_quiet(wall_s):
            return LIGHT_DIM
        is_near = self.is_quiet(wall_s - uncertainty_s) or self.is_quiet(wall_s + uncertainty_s)
        return LIGHT if is_near else LIGHT + SOUND

    def is_quiet(self, wall_s: int) -> bool:
        """Return whether a Unix time lies in the quiet hours; equal edges mean there are none."""
        minute = (wall_s // 60 + self._config.zone_min) % DAY_MIN
        start, end = self._config.quiet_from_min, self._config.quiet_to_min
        if start <= end:
            return start <= minute < end
        return minute >= start or minute < end
