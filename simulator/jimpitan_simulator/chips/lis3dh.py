"""LIS3DH on the bus: a FIFO of 32 samples, a latched interrupt on a pin, reserved registers.

ST datasheet DocID17530 rev 2, chapters 7 and 8, and AN3308, chapter 9.
"""

from collections import deque

from jimpitan_simulator.chips.registers import RegisterChip
from jimpitan_simulator.chips.wires import Misuse, Wires

WHO_AM_I, CTRL1, CTRL2, CTRL3, CTRL4, CTRL5, CTRL6 = 0x0F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25
REFERENCE, OUT_X_L, OUT_Z_H, FIFO_CTRL, FIFO_SRC = 0x26, 0x28, 0x2D, 0x2E, 0x2F
INT1_CFG, INT1_SRC, INT1_THS = 0x30, 0x31, 0x32
FIFO_LENGTH = 32
THRESHOLD_MG = 16

Motion = tuple[int, int, int]


class Lis3dhChip(RegisterChip):
    """One chip; `push` gives it the next sample in mg."""

    writable = frozenset(
        {0x1E, 0x1F, *range(0x20, 0x27), 0x2E, 0x30, 0x32, 0x33, *range(0x34, 0x40)}
    )
    readable = frozenset({*range(0x07, 0x10), 0x1E, 0x1F, *range(0x20, 0x40)})

    def __init__(self, wires: Wires, interrupt: int, *, identity: int = 0x33) -> None:
        super().__init__()
        self._wires, self._interrupt = wires, interrupt
        self.registers[WHO_AM_I] = identity
        self.registers[CTRL1] = 0x07
        self._fifo: deque[Motion] = deque(maxlen=FIFO_LENGTH)
        self._latest: Motion = (0, 0, 0)
        self._resting: Motion = (0, 0, 0)
        self._byte = 0
        wires.set(interrupt, 0)

    def point(self, command: int) -> None:
        """Bit 7 makes the address rise."""
        self._pointer = command & 0x7F
        self._step = 1 if command & 0x80 else 0

    def next(self) -> None:
        """With the FIFO, the address goes back to the first byte of a sample."""
        if self._step and self._pointer == OUT_Z_H and self.registers[CTRL5] & 0x40:
            self._pointer = OUT_X_L
        else:
            super().next()

    def store(self, register: int, value: int) -> None:
        """Set a register; bypass empties the FIFO."""
        if register == CTRL6 and value & 0x05:
            raise Misuse("reserved bits of CTRL_REG6 are set")
        super().store(register, value)
        if register == FIFO_CTRL and not value & 0xC0:
            self._fifo.clear()

    def fetch(self, register: int) -> int:
        """Return a register, or a byte of the oldest sample."""
        if register == REFERENCE:
            self._resting = self._latest
        if register == FIFO_SRC:
            length = len(self._fifo)
            full = 0x40 if length == FIFO_LENGTH else 0
            return full | (0 if length else 0x20) | min(length, 31)
        if register == INT1_SRC:
            found = self.registers[INT1_SRC]
            self.registers[INT1_SRC] = 0
            self._wires.set(self._interrupt, 0)
            return found
        if OUT_X_L <= register <= OUT_Z_H:
            return self._sample_byte(register - OUT_X_L)
        return super().fetch(register)

    def _sample_byte(self, index: int) -> int:
        sample = self._fifo[0] if self._fifo else self._latest
        raw = (sample[index // 2] // 4 << 6) & 0xFFFF  # ten bits, left-justified
        if index == 5 and self._fifo:
            self._fifo.popleft()
        return raw >> 8 if index & 1 else raw & 0xFF

    def push(self, sample: Motion) -> None:
        """Sample once; the FIFO drops its oldest when it is full."""
        if not self.registers[CTRL1] & 0xF0:
            return
        self._latest = sample
        if self.registers[CTRL5] & 0x40 and self.registers[FIFO_CTRL] & 0xC0 == 0x80:
            self._fifo.append(sample)
        is_filtered = self.registers[CTRL2] & 1
        base = self._resting if is_filtered else (0, 0, 0)
        threshold_mg = self.registers[INT1_THS] * THRESHOLD_MG
        moved = any(abs(one - rest) > threshold_mg for one, rest in zip(sample, base, strict=True))
        if moved and self.registers[INT1_CFG] & 0x2A and self.registers[CTRL3] & 0x40:
            self.registers[INT1_SRC] |= 0x40
            self._wires.set(self._interrupt, 0 if self.registers[CTRL6] & 2 else 1)
