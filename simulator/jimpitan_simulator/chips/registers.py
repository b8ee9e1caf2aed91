"""What chips on the bus share: a pointer that a write sets, and registers behind it."""

from jimpitan_simulator.chips.wires import Misuse


class RegisterChip:
    """Registers of one chip. Subclasses say which may be written and what reading does."""

    writable: frozenset[int] = frozenset()
    readable: frozenset[int] = frozenset(range(256))

    def __init__(self) -> None:
        self.registers = bytearray(256)
        self.writes: list[tuple[int, int]] = []
        self._pointer = 0
        self._step = 1

    def point(self, command: int) -> None:
        """Take the first byte of a write: where, and whether the address rises."""
        self._pointer, self._step = command, 1

    def next(self) -> None:
        """Move the pointer on after one byte."""
        self._pointer = (self._pointer + self._step) & 0xFF

    def write(self, content: bytes) -> None:
        """Take one write transfer."""
        self.point(content[0])
        for byte in content[1:]:
            if self._pointer not in self.writable:
                raise Misuse(f"register {self._pointer:02x}h is read-only or reserved")
            self.writes.append((self._pointer, byte))
            self.store(self._pointer, byte)
            self.next()

    def read(self, length: int) -> bytes:
        """Give one read transfer."""
        found = bytearray()
        for _ in range(length):
            if self._pointer not in self.readable:
                raise Misuse(f"register {self._pointer:02x}h is reserved")
            found.append(self.fetch(self._pointer))
            self.next()
        return bytes(found)

    def store(self, register: int, value: int) -> None:
        """Set a register."""
        self.registers[register] = value

    def fetch(self, register: int) -> int:
        """Return a register."""
        return self.registers[register]
