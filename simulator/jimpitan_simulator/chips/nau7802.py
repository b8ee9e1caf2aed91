"""NAU7802 on the bus: power-up in its order, a calibration that takes time, ten conversions/s.

Nuvoton datasheet rev. 2.6, register map and power-on sequencing.
"""

from jimpitan_simulator.chips.registers import RegisterChip
from jimpitan_simulator.chips.wires import Wires

PU_CTRL, CTRL2, ADCO_B2, REVISION = 0x00, 0x02, 0x12, 0x1F
RESET, DIGITAL_ON, ANALOG_ON, IS_UP, START, READY = 1, 2, 4, 8, 16, 32
CALIBRATE, CALIBRATION_FAILED = 4, 8
CONVERSION_US = 100_000
CALIBRATION_US = 400_000
UP_US = 200


class Nau7802Chip(RegisterChip):
    """One chip; `load` is what it converts."""

    writable = frozenset({0x00, 0x01, 0x02, *range(0x03, 0x12), 0x15, 0x1B, 0x1C})

    def __init__(self, wires: Wires, *, fails_calibration: bool = False) -> None:
        super().__init__()
        self._wires = wires
        self._fails = fails_calibration
        self.load = 0
        self._on_us = self._calibrated_us = self._next_us = 0
        self.registers[REVISION] = 0x0F

    def store(self, register: int, value: int) -> None:
        """Set a register; what a chip sets itself stays."""
        now_us = self._wires.now_us
        before = self.registers[register]
        if register == PU_CTRL:
            if value & RESET:
                self.registers[:0x1F] = bytes(0x1F)
            if value & DIGITAL_ON and not before & DIGITAL_ON:
                self._on_us = now_us
            if value & START and not before & START:
                self._next_us = now_us + 4 * CONVERSION_US
            value &= ~(IS_UP | READY)
        if register == CTRL2 and value & CALIBRATE:
            self._calibrated_us = now_us + CALIBRATION_US
        super().store(register, value)

    def fetch(self, register: int) -> int:
        """Return a register as it is now."""
        now_us = self._wires.now_us
        power = self.registers[PU_CTRL]
        if power & DIGITAL_ON and now_us - self._on_us >= UP_US:
            self.registers[PU_CTRL] |= IS_UP
        if self.registers[CTRL2] & CALIBRATE and now_us >= self._calibrated_us:
            self.registers[CTRL2] &= ~CALIBRATE & 0xFF
            self.registers[CTRL2] |= CALIBRATION_FAILED if self._fails else 0
        runs = power & START and power & ANALOG_ON and power & DIGITAL_ON
        if runs and now_us >= self._next_us:
            self._next_us = now_us + CONVERSION_US
            self.registers[ADCO_B2 : ADCO_B2 + 3] = (self.load & 0xFFFFFF).to_bytes(3, "big")
            self.registers[PU_CTRL] |= READY
        found = super().fetch(register)
        if register == ADCO_B2 + 2:
            self.registers[PU_CTRL] &= ~READY & 0xFF
        return found
