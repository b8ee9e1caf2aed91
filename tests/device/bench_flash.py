"""The ROM partition of a board in memory, with the manners of NOR flash, and power cuts."""

SECTOR = 4096


class PowerCut(Exception):
    """The power went in the midst of an operation."""


class Partition:
    """`esp32.Partition` as the firmware uses it: erased bytes are FF, a write only clears bits."""

    def __init__(self):
        self.sectors = {}  # what was ever touched, by number; the rest is zero
        self.erased = []
        self.cut_in = None  # operations until the power goes
        self.refuses = False

    def _works(self):
        if self.refuses:
            return -5
        if self.cut_in is not None:
            self.cut_in -= 1
            if self.cut_in < 0:
                raise PowerCut()
        return 0

    def _sector(self, block):
        if block not in self.sectors:
            self.sectors[block] = bytearray(SECTOR)
        return self.sectors[block]

    def ioctl(self, op, block):
        assert op == 6
        answer = self._works()
        if not answer:
            self.erased.append(block)
            self.sectors[block] = bytearray(b"\xff" * SECTOR)
        return answer

    def writeblocks(self, block, content, offset):
        assert offset % 4 == 0 and len(content) % 4 == 0, "flash takes whole words"
        assert offset + len(content) <= SECTOR
        sector = self._sector(block)
        written = content[: len(content) // 2] if self.cut_in == 0 else content
        end = offset + len(written)
        if sector[offset:end] == b"\xff" * len(written):
            sector[offset:end] = written
        else:
            for index in range(len(written)):
                sector[offset + index] &= written[index]
        return self._works()

    def readblocks(self, block, buffer, offset):
        buffer[:] = self._sector(block)[offset : offset + len(buffer)]
        return 0

    def put(self, at, content):
        """Let these bytes lie there, however they came."""
        for index in range(len(content)):
            self._sector((at + index) // SECTOR)[(at + index) % SECTOR] = content[index]

    def region(self, number, sectors):
        """Return the first sectors of a region of 64."""
        first = number * 64
        return b"".join([bytes(self._sector(first + index)) for index in range(sectors)])
