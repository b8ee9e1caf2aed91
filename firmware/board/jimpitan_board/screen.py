"""The optional screen: SSD1306, 128 x 64, eight lines of sixteen letters.

Commands are of the Solomon Systech datasheet rev 1.1, table 9-1, and its application example
with the charge pump; a control byte of 80h precedes a command, 40h a run of pixels.
"""

import framebuf

MYPY = False
if MYPY:
    import machine

ADDRESS = 0x3C
WIDTH, PAGES = 128, 8
COMMAND, PIXELS = 0x80, 0x40
START = (
    b"\xae\x20\x02"  # off; page addressing
    b"\xd5\x80\xa8\x3f\xd3\x00\x40"  # clock, 64 rows, no offset, first line
    b"\x8d\x14\xa1\xc8\xda\x12"  # charge pump on, both directions turned, COM pins
    b"\x81\x7f\xd9\xf1\xdb\x40"  # half contrast, precharge, VCOMH
    b"\xa4\xa6\xaf"  # show the memory, lit is 1, on
)


class Screen:
    """One screen. A step sends one page of eight: 130 bytes, 3 ms at 400 kHz."""

    def __init__(self, bus: "machine.I2C") -> None:
        self._bus = bus
        self._pair = bytearray(2)
        self._pair[0] = COMMAND
        self._page = bytearray(1 + WIDTH)
        self._page[0] = PIXELS
        self._pixels = bytearray(WIDTH * PAGES)
        self._frame = framebuf.FrameBuffer(self._pixels, WIDTH, PAGES * 8, framebuf.MONO_VLSB)
        self._due = PAGES
        for byte in START:
            self._command(byte)
        self.show(())

    def _command(self, byte: int) -> None:
        self._pair[1] = byte
        self._bus.writeto(ADDRESS, self._pair)

    def show(self, lines: "tuple[str, ...]") -> None:
        """Write up to eight lines; the steps that follow send them."""
        self._frame.fill(0)
        for index, line in enumerate(lines[:PAGES]):
            self._frame.text(line[: WIDTH // 8], 0, index * 8, 1)
        self._due = 0

    def step(self) -> None:
        """Send the next page that is due; OSError when unplugged."""
        if self._due == PAGES:
            return
        start = self._due * WIDTH
        self._page[1:] = self._pixels[start : start + WIDTH]
        for byte in (0xB0 | self._due, 0x00, 0x10):  # the page, and column 0 of it
            self._command(byte)
        self._bus.writeto(ADDRESS, self._page)
        self._due += 1

    def sleep(self) -> None:
        """Put the screen out: lit it takes 10 to 20 mA."""
        self._command(0xAE)

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether the chip answers; one transfer."""
        try:
            self._command(0xE3)  # no operation
        except OSError:
            return "screen", False, "SSD1306 does not answer at 3Ch: check its plug"
        return "screen", True, "SSD1306 answers"
