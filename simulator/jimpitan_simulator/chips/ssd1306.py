"""SSD1306 on the bus: commands, page addressing and the memory that is shown."""

from jimpitan_simulator.chips.wires import Misuse

WIDTH, PAGES = 128, 8
LENGTHS = {0x20: 1, 0x81: 1, 0x8D: 1, 0xA8: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}


class Ssd1306Chip:
    """One screen of 128 x 64."""

    def __init__(self) -> None:
        self.memory = bytearray(WIDTH * PAGES)
        self.is_on = False
        self.commands: list[int] = []
        self._page = self._column = self._arguments = 0

    def write(self, content: bytes) -> None:
        """Take a command (control byte 80h) or a run of pixels (40h)."""
        if content[0] == 0x80 and len(content) == 2:
            self._command(content[1])
        elif content[0] == 0x40:
            for byte in content[1:]:
                self.memory[self._page * WIDTH + self._column] = byte
                self._column = (self._column + 1) % WIDTH
        else:
            raise Misuse(f"{content[0]:02x}h is no control byte")

    def read(self, length: int) -> bytes:
        """Refuse: this firmware only writes."""
        raise Misuse(f"{length} bytes are read from a screen")

    def _command(self, byte: int) -> None:
        self.commands.append(byte)
        if self._arguments:
            self._arguments -= 1
        elif byte in LENGTHS:
            self._arguments = LENGTHS[byte]
        elif byte in (0xAE, 0xAF):
            self.is_on = byte == 0xAF
        elif 0xB0 <= byte <= 0xB7:
            self._page = byte & 7
        elif byte <= 0x0F:
            self._column = self._column & 0x70 | byte
        elif byte <= 0x1F:
            self._column = self._column & 0x0F | (byte & 7) << 4

    def line(self, index: int) -> str:
        """Return the text of one line, as the simulated font writes it."""
        row = self.memory[index * WIDTH : (index + 1) * WIDTH : 8]
        return bytes(row).rstrip(b"\0").decode()
