"""NAU7802, the second choice of amplifier for the load cell: on the bus, so no bit can slip.

Registers are of the Nuvoton datasheet rev. 2.6, 'Register Map'; the order of the start is its
'Power-On Sequencing'. That 30h at 15h turns the chopper clock off, and 80h at 1Ch the input
capacitor of channel 1 on, is section 9.4 of it as other drivers cite it: unverified.
"""

import errno
import time

from jimpitan_board.registers import Registers

MYPY = False
if MYPY:
    import machine

ADDRESS = 0x2A
PU_CTRL, CTRL1, CTRL2 = 0x00, 0x01, 0x02
ADCO_B2, ADC_CTRL, PGA_POWER, REVISION = 0x12, 0x15, 0x1C, 0x1F
RESET, DIGITAL_ON, ANALOG_ON, IS_UP, START, READY, USE_LDO = 1, 2, 4, 8, 16, 32, 128
LDO_3V0_GAIN_128 = 0b101_111  # VLDO = 101 (3.0 V), GAINS = 111
RATE_10 = 0b000 << 4
CALIBRATE, CALIBRATION_FAILED = 4, 8
REVISION_LOW = 0x0F
WAIT_MS_MAX = 1_000  # internal calibration takes four conversions at 10 SPS and its own start
FULL_SCALE = 1 << 23


class Nau7802:
    """One NAU7802. The start waits at most 2 s; `read` is two transfers, under 1 ms."""

    def __init__(self, bus: "machine.I2C") -> None:
        self._registers = Registers(bus, ADDRESS)
        self._buffer = bytearray(3)
        self.saturated = 0
        self._last = 0
        self._start()

    def _start(self) -> None:
        registers = self._registers
        registers.write(PU_CTRL, RESET)
        registers.write(PU_CTRL, DIGITAL_ON)
        time.sleep_ms(1)
        self._wait(PU_CTRL, IS_UP, IS_UP)
        if registers.read(REVISION) & 0x0F != REVISION_LOW:
            raise OSError(errno.ENODEV)
        registers.write(PU_CTRL, USE_LDO | ANALOG_ON | DIGITAL_ON)
        registers.write(CTRL1, LDO_3V0_GAIN_128)
        registers.write(CTRL2, RATE_10)
        registers.write(ADC_CTRL, 0x30)
        registers.write(PGA_POWER, 0x80)
        registers.write(CTRL2, RATE_10 | CALIBRATE)
        self._wait(CTRL2, CALIBRATE, 0)
        if registers.read(CTRL2) & CALIBRATION_FAILED:
            raise OSError(errno.EIO)
        registers.write(PU_CTRL, USE_LDO | START | ANALOG_ON | DIGITAL_ON)

    def _wait(self, register: int, mask: int, wanted: int) -> None:
        for _ in range(WAIT_MS_MAX // 10):
            if self._registers.read(register) & mask == wanted:
                return
            time.sleep_ms(10)
        raise OSError(errno.ETIMEDOUT)

    def read(self) -> "int | None":
        """Return one conversion, None when none is ready; OSError when unplugged."""
        if not self._registers.read(PU_CTRL) & READY:
            return None
        self._registers.read_into(ADCO_B2, self._buffer)
        value = self._buffer[0] << 16 | self._buffer[1] << 8 | self._buffer[2]
        if value & FULL_SCALE:
            value -= 1 << 24
        if value in (-FULL_SCALE, FULL_SCALE - 1):
            self.saturated += 1
        self._last = value
        return value

    def power_down(self) -> None:
        """Stop converting and take the power off the bridge."""
        self._registers.write(PU_CTRL, 0)

    def power_up(self) -> None:
        """Start as at power on."""
        self._start()

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether the scale answers; at most 0.5 s."""
        try:
            for _ in range(50):
                if self.read() is not None:
                    return "scale", True, "NAU7802 gives %d" % self._last
                time.sleep_ms(10)
        except OSError:
            pass
        return "scale", False, "NAU7802 gives nothing: check its plug"
