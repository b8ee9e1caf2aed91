"""A slot of the ROM partition: the firmware lies in flash where bytecode runs without a copy.

A release is an image of the interpreter's read-only file system, cut into sectors that travel as
files `rom_000`, `rom_001`, and so on. Written here they lie one behind the other; the loader
mounts what they make. On the ESP32 the partition is an `esp32.Partition`, which erases a sector
and writes and reads bytes of it.
"""

import errno

from jimpitan_wire import release

MYPY = False
if MYPY:
    from esp32 import Partition
    from jimpitan_box.ports import Store

ERASE = 6  # MP_BLOCKDEV_IOCTL_BLOCK_ERASE of MicroPython's extmod/vfs.h
WORD = 4


class RomSlot:
    """`jimpitan_box.ports.Store` of one region; what is no sector lies in the store beside it.

    A sector is there from the start, with whatever lies in it: it is whole when its hash says so.
    """

    def __init__(self, device: "Partition", region: int, beside: "Store") -> None:
        self._device = device
        self._first = region * release.ROM_SECTORS
        self._beside = beside
        self._name = ""  # of the sector that is being written
        self._length = 0  # of what was given to it
        self._rest = b""  # of that, what fills no word yet

    def names(self) -> "list[str]":
        """Return what lies beside the sectors; they cannot be removed and are not listed."""
        return self._beside.names()

    def size(self, name: str) -> int:
        """Return the length of a file in bytes."""
        if release.sector_number(name) is None:
            return self._beside.size(name)
        return release.SECTOR_LENGTH

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        number = release.sector_number(name)
        if number is None:
            return self._beside.read(name, start, length)
        buffer = bytearray(max(0, min(length, release.SECTOR_LENGTH - start)))
        if buffer:
            _checked(self._device.readblocks(self._first + number, buffer, start))
        return bytes(buffer)

    def append(self, name: str, content: bytes) -> None:
        """Append; a sector is erased when it begins, and durable when it is whole.

        Flash is written in whole words; the one that is not full waits for the next bytes.
        """
        number = release.sector_number(name)
        if number is None:
            self._beside.append(name, content)
            return
        if name != self._name:
            _checked(self._device.ioctl(ERASE, self._first + number))
            self._name, self._length, self._rest = name, 0, b""
        if self._length + len(content) > release.SECTOR_LENGTH:
            raise OSError(errno.EINVAL)
        at, content = self._length - len(self._rest), self._rest + content
        whole = len(content) - len(content) % WORD
        if whole:
            _checked(self._device.writeblocks(self._first + number, content[:whole], at))
        self._length, self._rest = at + len(content), content[whole:]

    def replace(self, name: str, content: bytes) -> None:
        """Replace a file beside the sectors."""
        if release.sector_number(name) is not None:
            raise OSError(errno.EINVAL)
        self._beside.replace(name, content)

    def remove(self, name: str) -> None:
        """Remove a file; a sector is erased by the first bytes that are appended to it."""
        if release.sector_number(name) is None:
            self._beside.remove(name)
        else:
            self._name = ""


def _checked(answer: "object") -> None:
    """Raise what the partition refused: it raises itself, or answers with a number."""
    if isinstance(answer, int) and answer < 0:
        raise OSError(-answer)
