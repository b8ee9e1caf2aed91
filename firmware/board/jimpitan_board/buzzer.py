"""The piezo: sequences of tones stepped with time."""

from jimpitan_board.ticks import passed

MYPY = False
if MYPY:
    import machine

    Tone = tuple[int, int]  # (hertz, milliseconds); 0 Hz is a rest

TONES_MAX = 16
TONE_MS_MAX = 2_000
HZ_MIN, HZ_MAX = 100, 8_000
DUTY = 1 << 15  # half: the loudest for a piezo
THANKS = ((1_568, 120), (2_093, 240))
REFUSED = ((330, 300), (0, 100), (330, 300))


class Buzzer:
    """One piezo on PWM. A step sets at most one tone and never waits."""

    def __init__(self, pwm: "machine.PWM") -> None:
        self._pwm = pwm
        self._tones: "tuple[Tone, ...]" = ()
        self._index = 0
        self._until_ms = 0
        pwm.duty_u16(0)

    @property
    def is_playing(self) -> bool:
        """Return whether a sequence is under way."""
        return self._index < len(self._tones)

    def play(self, tones: "tuple[Tone, ...]", now_ms: int) -> None:
        """Begin a sequence; it replaces the one under way."""
        if len(tones) > TONES_MAX:
            raise ValueError("too many tones")
        for hz, length_ms in tones:
            if (hz and not HZ_MIN <= hz <= HZ_MAX) or not 0 < length_ms <= TONE_MS_MAX:
                raise ValueError("no such tone")
        self._tones = tones
        self._index = -1
        self._until_ms = now_ms
        self.step(now_ms)

    def step(self, now_ms: int) -> None:
        """Go on to the next tone when the present one has ended."""
        while self._index < len(self._tones) and passed(now_ms, self._until_ms) >= 0:
            self._index += 1
            if not self.is_playing:
                self._pwm.duty_u16(0)
                return
            hz, length_ms = self._tones[self._index]
            self._until_ms = (self._until_ms + length_ms) & 0x3FFF_FFFF
            if hz:
                self._pwm.freq(hz)
            self._pwm.duty_u16(DUTY if hz else 0)

    def selftest(self) -> "tuple[str, bool, str]":
        """Say what only a person can hear."""
        return "buzzer", True, "the buzzer is set; listen for it"
