"""LIS3DH, whether the box is moved: samples kept by the chip, and an interrupt that wakes.

Registers are of the ST datasheet DocID17530 rev 2, chapters 7 and 8: 80h makes the address
rise; samples are left-justified, 4 mg a digit at 10 bits and +-2 g (table 4), so a raw value
is mg * 16; FIFO and its roll-back of the address after 2Dh are ST AN3308, chapter 9.
"""

from jimpitan_board.registers import Registers

MYPY = False
if MYPY:
    import machine

    Motion = tuple[int, int, int]

ADDRESS = 0x18  # 19h when SA0 is high
WHO_AM_I, CTRL1, CTRL2, CTRL3, CTRL4, CTRL5, CTRL6 = 0x0F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25
REFERENCE, OUT_X_L, FIFO_CTRL, FIFO_SRC = 0x26, 0x28, 0x2E, 0x2F
INT1_CFG, INT1_SRC, INT1_THS, INT1_DURATION = 0x30, 0x31, 0x32, 0x33
IDENTITY = 0x33
RATES = {10: 0b0010, 25: 0b0011}  # ODR of CTRL_REG1
AXES = 0x07
FIFO_ON, LATCHED = 0x40, 0x08  # of CTRL_REG5
STREAM = 0x80
OVERRUN, EMPTY, LEVEL = 0x40, 0x20, 0x1F
WAKE_STEP_MG = 16  # a digit of INT1_THS at +-2 g, table 'INT1_THS'
SAMPLES_MAX = 32


class Lis3dh:
    """One LIS3DH. `read` takes at most 5 ms: 32 samples of 6 bytes at 400 kHz."""

    def __init__(
        self, bus: "machine.I2C", rate_hz: int = 25, wake_mg: int = 160, address: int = ADDRESS
    ) -> None:
        self._registers = Registers(bus, address, 0, 0x80)
        self._buffer = bytearray(6 * SAMPLES_MAX)
        self._view = memoryview(self._buffer)
        self.overruns = 0
        registers = self._registers
        registers.expect(WHO_AM_I, (IDENTITY,))
        registers.write(CTRL1, RATES[rate_hz] << 4 | AXES)
        registers.write(CTRL2, 0x01)  # the wake sees changes only: gravity is filtered out
        registers.write(CTRL3, 0x40)  # the wake on pin INT1
        registers.write(CTRL4, 0x80)  # both bytes of a sample belong together; +-2 g
        registers.write(CTRL5, FIFO_ON | LATCHED)
        registers.write(CTRL6, 0x00)  # INT1 is active high
        registers.write(INT1_THS, min(127, max(1, wake_mg // WAKE_STEP_MG)))
        registers.write(INT1_DURATION, 0)
        registers.write(INT1_CFG, 0x2A)  # any axis above the threshold
        registers.write(FIFO_CTRL, 0)  # bypass empties the FIFO, then it streams
        registers.write(FIFO_CTRL, STREAM)
        registers.read(REFERENCE)  # the filter begins at the box as it stands
        self.clear_wake()

    def read(self) -> "list[Motion]":
        """Return the samples since the last call in mg, oldest first; at most 32."""
        source = self._registers.read(FIFO_SRC)
        if source & OVERRUN:
            self.overruns += 1
            count = SAMPLES_MAX
        elif source & EMPTY:
            return []
        else:
            count = source & LEVEL
        self._registers.read_into(OUT_X_L, self._view[: 6 * count])
        return [self._sample(6 * index) for index in range(count)]

    def _sample(self, start: int) -> "Motion":
        return self._axis(start), self._axis(start + 2), self._axis(start + 4)

    def _axis(self, start: int) -> int:
        raw = self._buffer[start] | self._buffer[start + 1] << 8
        if raw & 0x8000:
            raw -= 0x10000
        return raw >> 4

    def clear_wake(self) -> bool:
        """Return whether the chip has called since the last time, and let go of INT1."""
        return bool(self._registers.read(INT1_SRC) & 0x40)

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether the chip answers; one transfer."""
        try:
            self._registers.expect(WHO_AM_I, (IDENTITY,))
        except OSError:
            return "motion", False, "LIS3DH does not answer: check its plug"
        return "motion", True, "LIS3DH answers; %d overruns" % self.overruns
