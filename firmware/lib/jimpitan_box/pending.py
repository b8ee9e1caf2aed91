"""The deposit that is being kept, noted in memory that outlives a brown-out.

The number of its record is written there before the journal is, and taken out after. When power
goes in between, the next boot finds a number that the journal does not have: one deposit was
felt and has no record. After a real power cut this memory holds anything; a checksum tells.
"""

import binascii

MYPY = False
if MYPY:
    from jimpitan_box.ports import Memory

MARK = b"JP1"
NUMBER_LENGTH = 4
LENGTH = len(MARK) + 2 * NUMBER_LENGTH


class Pending:
    """One number in memory that survives resets; a box may have none."""

    def __init__(self, memory: "Memory | None") -> None:
        self._memory = memory
        self._seq = 0 if memory is None else _read(memory.get()[:LENGTH])

    def unkept(self, last_seq: int) -> int:
        """Return how many deposits were felt before this boot and have no record: 0 or 1."""
        return 1 if self._seq > last_seq else 0

    def begin(self, seq: int) -> None:
        """Note that a deposit is about to be kept under a number."""
        self._write(seq)

    def end(self) -> None:
        """Note that it is kept."""
        self._write(0)

    def _write(self, seq: int) -> None:
        if self._memory is not None:
            body = MARK + _number(seq)
            self._memory.put(body + _number(binascii.crc32(body) & 0xFFFFFFFF))


def _number(value: int) -> bytes:
    return value.to_bytes(NUMBER_LENGTH, "big")


def _read(content: bytes) -> int:
    """Return the number, 0 when there is none."""
    if len(content) != LENGTH or content[: len(MARK)] != MARK:
        return 0
    body, check = content[:-NUMBER_LENGTH], content[-NUMBER_LENGTH:]
    if check != _number(binascii.crc32(body) & 0xFFFFFFFF):
        return 0
    return int.from_bytes(body[len(MARK) :], "big")
