"""Registers of one chip on the I2C bus, through one buffer sized at start.

Every method raises OSError when the chip does not answer: that is how 'unplugged' is known.
A transfer ends within the bus's own timeout (`I2C(timeout=)`, set in parts.py).
"""

import errno

MYPY = False
if MYPY:
    import machine


class Registers:
    """8-bit registers of the chip at one address; `increment` is the chip's multi-byte flag."""

    def __init__(
        self, bus: "machine.I2C", address: int, flag: int = 0, increment: int = 0
    ) -> None:
        self._bus = bus
        self.address = address
        self._flag = flag
        self._increment = increment
        self._one = bytearray(1)

    def read(self, register: int) -> int:
        """Return one register."""
        self._bus.readfrom_mem_into(self.address, register | self._flag, self._one)
        return self._one[0]

    def write(self, register: int, value: int) -> None:
        """Set one register."""
        self._one[0] = value
        self._bus.writeto_mem(self.address, register | self._flag, self._one)

    def read_into(self, register: int, buffer: "bytearray | memoryview") -> None:
        """Fill a buffer from one register on, the address rising by itself."""
        self._bus.readfrom_mem_into(self.address, register | self._flag | self._increment, buffer)

    def expect(self, register: int, values: "tuple[int, ...]") -> None:
        """Raise OSError unless an identity register holds one of the values."""
        if self.read(register) not in values:
            raise OSError(errno.ENODEV)
