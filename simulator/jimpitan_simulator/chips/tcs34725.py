"""TCS34725 on the bus: frames of light that take their time, with an LED on another pin.

ams datasheet TCS3472: command register, state diagram, RGBC timing. The frame under way keeps
the light of before when the LED changes within it, and AVALID is left standing over a restart,
which is the least a driver may rely on.
"""

from collections.abc import Callable

from jimpitan_simulator.chips.registers import RegisterChip
from jimpitan_simulator.chips.wires import Misuse, Wires

GAINS = (1, 4, 16, 60)
ENABLE, ATIME, CONTROL, ID, STATUS, CDATAL = 0x00, 0x01, 0x0F, 0x12, 0x13, 0x14
CYCLE_US = 2_400

Light = tuple[int, int, int, int]


class Tcs34725Chip(RegisterChip):
    """One chip; `ambient` and `lit` are counts a cycle at gain 1, in thousandths."""

    writable = frozenset({0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0C, 0x0D, 0x0F})
    readable = frozenset(range(0x1C))

    def __init__(
        self, wires: Wires, led: int, *, identity: int = 0x44, slow_percent: int = 0
    ) -> None:
        super().__init__()
        self._wires, self._led = wires, led
        self._cycle_us = CYCLE_US * (100 + slow_percent) // 100
        self.registers[ATIME] = 0xFF
        self.registers[ID] = identity
        self.ambient: Light = (0, 0, 0, 0)
        self.lit: Light = (0, 0, 0, 0)
        self._start_us = 0
        self._changes: list[tuple[int, int]] = []
        self.lit_us = 0
        wires.watch(led, self._led_changed)
        self.on_read: Callable[[], None] = lambda: None

    def _led_changed(self, level: int) -> None:
        if not level and self._changes and self._changes[-1][1]:
            self.lit_us += self._wires.now_us - self._changes[-1][0]
        self._changes.append((self._wires.now_us, level))

    def point(self, command: int) -> None:
        """A command byte has bit 7; bits 6 and 5 say whether the address rises."""
        if not command & 0x80 or command & 0x60 not in (0x00, 0x20):
            raise Misuse(f"{command:02x}h is no command byte")
        self._pointer = command & 0x1F
        self._step = 1 if command & 0x20 else 0

    def store(self, register: int, value: int) -> None:
        """Set a register; enabling begins a frame."""
        self._settle()
        if register == ENABLE and value & ~0x1B:
            raise Misuse("reserved bits of ENABLE are set")
        began = register == ENABLE and value & 3 == 3 and self.registers[ENABLE] & 3 != 3
        super().store(register, value)
        if began:
            self._start_us = self._wires.now_us + CYCLE_US

    def fetch(self, register: int) -> int:
        """Return a register as it is now."""
        self.on_read()
        self._settle()
        return super().fetch(register)

    def _settle(self) -> None:
        """Put the newest whole frame into the registers."""
        if self.registers[ENABLE] & 3 != 3:
            return
        cycles = 256 - self.registers[ATIME]
        length_us = cycles * self._cycle_us
        whole = (self._wires.now_us - self._start_us) // length_us
        if whole < 1:
            return
        end_us = self._start_us + whole * length_us
        share = self._led_share(end_us - length_us, end_us)
        gain = GAINS[self.registers[CONTROL] & 3]
        for index in range(4):
            light = self.ambient[index] * 1000 + self.lit[index] * share
            count = min(light * cycles * gain // 1_000_000, cycles * 1024, 0xFFFF)
            self.registers[CDATAL + 2 * index] = count & 0xFF
            self.registers[CDATAL + 2 * index + 1] = count >> 8
        self.registers[STATUS] |= 1

    def _led_share(self, start_us: int, end_us: int) -> int:
        """Return for how many thousandths of a frame the LED was lit."""
        lit_us, level, since_us = 0, 0, start_us
        for at_us, now in self._changes:
            if at_us >= end_us:
                break
            if at_us > since_us:
                lit_us += (at_us - since_us) * level
                since_us = at_us
            level = now
        lit_us += (end_us - since_us) * level
        return lit_us * 1000 // (end_us - start_us)
