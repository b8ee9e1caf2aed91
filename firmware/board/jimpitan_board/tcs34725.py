"""TCS34725, the colour of what passes: a dark frame, a frame with its own white LED, the rest.

Registers are of the ams datasheet TCS3472 (v1-05), 'Register Set': the command bit is 80h with
A0h for a rising address; a frame is (256 - ATIME) cycles of 2.4 ms and fills up at 1024 counts
a cycle; 2.4 ms pass between power on and the first frame. That analogue ripple makes counts
above three quarters of it useless below 150 ms is ams design note DN40: unverified.
"""

import errno

from jimpitan_board.registers import Registers
from jimpitan_board.ticks import passed

MYPY = False
if MYPY:
    import machine

    Colour = tuple[int, int, int, int]

ADDRESS = 0x29
ENABLE, ATIME, CONTROL, ID, STATUS, CDATAL = 0x00, 0x01, 0x0F, 0x12, 0x13, 0x14
POWER_ON, FRAMES_ON = 0x01, 0x02
IS_VALID = 0x01
IDS = (0x44, 0x4D)  # TCS34725, and TCS34727 which differs in its bus voltage only
CYCLES = 10  # 24 ms
COUNT_MAX = 1024 * CYCLES
SATURATED = COUNT_MAX * 3 // 4
FAINT = COUNT_MAX // 32
GAIN_4, GAIN_16 = 1, 2  # AGAIN of the control register
FRAME_MS = 30  # 2.4 ms start and 24 ms, and what the chip's own clock may be late
FRAME_MS_MAX = 100
IDLE, DARK, LIT = 0, 1, 2


class Tcs34725:
    """One TCS34725 with its LED. A colour takes two frames, about 62 ms; a step under 1 ms."""

    def __init__(self, bus: "machine.I2C", led: "machine.Pin") -> None:
        self._registers = Registers(bus, ADDRESS, 0x80, 0x20)
        self._led = led
        self._buffer = bytearray(8)
        self._gain = GAIN_16
        self._state = IDLE
        self._start_ms = 0
        self._dark = (0, 0, 0, 0)
        self.ambient_clear = 0  # of the last dark frame: light that the box does not make
        self.is_saturated = False
        self.saturated = 0
        led.value(0)
        self._registers.expect(ID, IDS)
        self._registers.write(ATIME, 256 - CYCLES)

    @property
    def is_idle(self) -> bool:
        """Return whether no colour is being taken."""
        return self._state == IDLE

    def start(self, now_ms: int) -> None:
        """Begin to take a colour: first the dark frame."""
        self._registers.write(CONTROL, self._gain)
        self._frame(DARK, now_ms)

    def _frame(self, state: int, now_ms: int) -> None:
        self._state = IDLE
        self._led.value(0)
        self._registers.write(ENABLE, POWER_ON)  # ends a frame under way
        self._led.value(1 if state == LIT else 0)
        self._registers.write(ENABLE, POWER_ON | FRAMES_ON)
        self._start_ms = now_ms
        self._state = state

    def step(self, now_ms: int) -> "Colour | None":
        """Return (clear, red, green, blue) in counts at gain 16 when both frames are taken.

        None while they are, and of a saturated frame, which also lowers the gain.
        """
        if self._state == IDLE or passed(now_ms, self._start_ms) < FRAME_MS:
            return None
        try:
            return self._take(now_ms)
        except OSError:
            self.stop()
            raise

    def _take(self, now_ms: int) -> "Colour | None":
        if not self._registers.read(STATUS) & IS_VALID:
            if passed(now_ms, self._start_ms) > FRAME_MS_MAX:
                raise OSError(errno.ETIMEDOUT)
            return None
        frame = self._read_frame()
        if self._state == DARK:
            self._dark = frame
            self.ambient_clear = self._scaled(frame[0])
            self._frame(LIT, now_ms)
            return None
        self.stop()
        self._registers.write(ENABLE, 0)  # 2.5 uA, where a frame takes 235 uA
        self.is_saturated = frame[0] >= SATURATED or self._dark[0] >= SATURATED
        if self.is_saturated:
            self.saturated += 1
            self._gain = GAIN_4
            return None
        dark = self._dark
        c, r, g, b = [self._scaled(max(0, frame[i] - dark[i])) for i in range(4)]
        if frame[0] < FAINT:
            self._gain = GAIN_16
        return c, r, g, b

    def _scaled(self, count: int) -> int:
        return count * 4 if self._gain == GAIN_4 else count

    def _read_frame(self) -> "Colour":
        buffer = self._buffer
        self._registers.read_into(CDATAL, buffer)
        return (
            buffer[1] << 8 | buffer[0],
            buffer[3] << 8 | buffer[2],
            buffer[5] << 8 | buffer[4],
            buffer[7] << 8 | buffer[6],
        )

    def stop(self) -> None:
        """Put the LED out and forget what was begun."""
        self._led.value(0)
        self._state = IDLE

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether the chip answers; one transfer."""
        try:
            self._registers.expect(ID, IDS)
        except OSError:
            return "colour", False, "TCS34725 does not answer at 29h: check its plug"
        return "colour", True, "TCS34725 answers; ambient light %d" % self.ambient_clear
