"""Draws one label at real size: the sticker of a box, or the smaller one of a plain can.

Every sentence stands in Indonesian with its English below, smaller and leaning; names stand once.
Lengths are millimetres from the label's lower left corner; the canvas counts in points.
"""

from collections.abc import Callable
from dataclasses import dataclass

import segno
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfgen.canvas import Canvas

from jimpitan_hardware.labels import Container, Texts, UnfitLabel, info_of

REGULAR, BOLD, LEANING = "Helvetica", "Helvetica-Bold", "Helvetica-Oblique"
BLEED_MM = 3.0
QUIET_MODULES = 4  # ISO/IEC 18004
MODULE_MM_MIN = 0.8
BOX_SIZE = (180.0, 300.0)
CAN_SIZE = (100.0, 70.0)
INFO_QR_MM = 42.0
CAN_QR_MM = 36.0
ARTWORK_FIELD = (104.0, 124.0)
LEADING = 1.18
ENGLISH_SHARE = 0.74  # how large English is beside its Indonesian
ENGLISH_SIZE_PT_MIN = 5.5  # print is read down to about 5
ENGLISH_GAP = 0.18  # of its size, above the English
GREY = HexColor("#4A5058")


@dataclass(frozen=True, slots=True)
class Room:
    """A rectangle on a label."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: font, the largest and the smallest size in points, colour, centred."""

    font: str = REGULAR
    size: float = 12
    size_min: float = 8
    colour: object = black
    centred: bool = False


Line = tuple[str, str, float, float]  # words, font, size and the gap above, both in points


def _lines(
    texts: list[str], fonts: list[str], size: float, width: float, *, is_even: bool
) -> list[Line]:
    """Return the lines of a sentence and, smaller, of its English, for a width in points."""
    sizes = [size, max(ENGLISH_SIZE_PT_MIN, size * ENGLISH_SHARE)]
    lines: list[Line] = []
    for place, (words, font) in enumerate(zip(texts, fonts, strict=True)):
        split = simpleSplit(words, font, sizes[place], width)
        if is_even:  # centred lines are about equally long: no last line of one word
            for narrower in range(95, 45, -5):
                other = simpleSplit(words, font, sizes[place], width * narrower / 100)
                split = other if len(other) == len(split) else split
        gaps = [ENGLISH_GAP * sizes[place] if place else 0.0] + [0.0] * len(split)
        lines += [(one, font, sizes[place], gaps[row]) for row, one in enumerate(split)]
    return lines


class Label:
    """A label under the pen, its lower left corner at a place of the page in mm."""

    def __init__(self, canvas: Canvas, x: float, y: float) -> None:
        self.canvas = canvas
        self._x, self._y = x, y

    def block(self, room: Room, colour: object, *, line: bool = False) -> None:
        """Fill a rectangle, or draw it dashed."""
        self.canvas.saveState()
        place = ((self._x + room.x) * mm, (self._y + room.y) * mm)
        if line:
            self.canvas.setDash(4, 3)
            self.canvas.setStrokeColor(colour)
        else:
            self.canvas.setFillColor(colour)
        self.canvas.rect(*place, room.width * mm, room.height * mm, stroke=line, fill=not line)
        self.canvas.restoreState()

    def text(self, words: str, room: Room, style: Style) -> None:
        """Set a text as large as it fits, from the top; raise `UnfitLabel` when it does not."""
        self._fit([words], [style.font], room, style)

    def pair(self, words: str, english: str, room: Room, style: Style) -> None:
        """Set a sentence and below it its English, as large as both fit; raise `UnfitLabel`."""
        self._fit([words, english], [style.font, LEANING], room, style)

    def _fit(self, texts: list[str], fonts: list[str], room: Room, style: Style) -> None:
        size = style.size
        while size >= style.size_min:
            lines = _lines(texts, fonts, size, room.width * mm, is_even=style.centred)
            widest = max(self.canvas.stringWidth(*line[:3]) for line in lines)
            high = sum(points * LEADING + gap for _, _, points, gap in lines)
            if high <= room.height * mm and widest <= room.width * mm:
                self._set(lines, room, style)
                return
            size -= 0.5
        raise UnfitLabel(f"{texts[-1][:60]!r} is too long for its place: shorten it.")

    def _set(self, lines: list[Line], room: Room, style: Style) -> None:
        y = (self._y + room.y + room.height) * mm
        for words, font, points, gap in lines:
            y -= points * LEADING + gap
            is_quiet = font == LEANING and style.colour != white
            self.canvas.setFillColor(GREY if is_quiet else style.colour)
            self.canvas.setFont(font, points)
            if style.centred:
                middle = (self._x + room.x + room.width / 2) * mm
                self.canvas.drawCentredString(middle, y + points * 0.25, words)
            else:
                self.canvas.drawString((self._x + room.x) * mm, y + points * 0.25, words)

    def code(self, content: str, x: float, y: float, size: float) -> None:
        """Draw a QR code with its quiet zone; raise `UnfitLabel` when its modules are too fine."""
        found = segno.make(content, error="m", micro=False)
        modules = found.symbol_size(border=0)[0]
        step = size / (modules + 2 * QUIET_MODULES)
        if step < MODULE_MM_MIN:
            raise UnfitLabel(
                f"{content!r} is too long: its code would have {step:.2f} mm modules."
            )
        self.block(Room(x, y, size, size), white)
        self.canvas.setFillColor(black)
        for row, line in enumerate(found.matrix):
            start = None
            for column, dark in enumerate((*line, 0)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    left = self._x + x + (QUIET_MODULES + start) * step
                    low = self._y + y + size - (QUIET_MODULES + row + 1) * step
                    wide = (column - start) * step
                    self.canvas.rect(left * mm, low * mm, wide * mm, step * mm, stroke=0, fill=1)
                    start = None

    def picture(self, container: Container, room: Room) -> None:
        """Place the acquirer's artwork, whole and evenly scaled, in the middle of a room."""
        image = ImageReader(str(container.artwork))
        wide, high = image.getSize()
        scale = min(room.width / wide, room.height / high)
        width, height = wide * scale, high * scale
        self.canvas.drawImage(
            image,
            (self._x + room.x + (room.width - width) / 2) * mm,
            (self._y + room.y + (room.height - height) / 2) * mm,
            width * mm,
            height * mm,
        )


def sticker(canvas: Canvas, x: float, y: float, texts: Texts, container: Container) -> None:
    """Draw the sticker of a box, bleed included, its trimmed corner at x and y in mm."""
    label = Label(canvas, x, y)
    wide, high = BOX_SIZE
    colour, english = HexColor(texts.colour), texts.english
    label.block(Room(-BLEED_MM, -BLEED_MM, wide + 2 * BLEED_MM, high + 2 * BLEED_MM), white)
    label.block(Room(-BLEED_MM, 254, wide + 2 * BLEED_MM, 46 + BLEED_MM), colour)
    label.block(Room(-BLEED_MM, -BLEED_MM, wide + 2 * BLEED_MM, 30 + BLEED_MM), colour)
    label.text(texts.programme, Room(12, 277, 156, 16), Style(BOLD, 34, 18, white, True))
    tagline = Room(12, 264, 156, 12.5)
    label.pair(texts.tagline, english.tagline, tagline, Style(REGULAR, 15, 9, white, True))
    label.text(texts.owner, Room(12, 257, 156, 6), Style(REGULAR, 11, 8, white, True))
    slot = Room(12, 240, 156, 12.5)
    label.pair(texts.slot_hint, english.slot_hint, slot, Style(BOLD, 16, 10, black, True))
    above = Room(12, 230, 104, 9.5)
    label.pair(texts.qris_hint, english.qris_hint, above, Style(REGULAR, 12, 8, black, True))
    _qris(label, texts, container)
    _aside(label, texts, container)
    hint = Room(12, 93.5, 156, 9.5)
    label.pair(texts.receiver_hint, english.receiver_hint, hint, Style(REGULAR, 12, 8))
    label.text(texts.receiver, Room(12, 84, 156, 9.5), Style(BOLD, 22, 12, colour))
    warning = Room(12, 75, 156, 8.5)
    label.pair(texts.receiver_warning, english.receiver_warning, warning, Style(REGULAR, 11, 8))
    label.pair(texts.education, english.education, Room(12, 50, 156, 23), Style(REGULAR, 11.5, 8))
    moved = Room(12, 32, 156, 16.5)
    label.pair(texts.motivation, english.motivation, moved, Style(BOLD, 13, 8.5, colour))
    label.text(texts.hashtag, Room(12, 16.5, 156, 10), Style(BOLD, 22, 12, white, True))
    contact = Room(12, 4.5, 156, 10.5)
    label.pair(texts.contact, english.contact, contact, Style(REGULAR, 13, 8, white, True))


def _qris(label: Label, texts: Texts, container: Container) -> None:
    """The field of the acquirer's artwork; empty, it says what belongs there."""
    wide, high = ARTWORK_FIELD
    field = Room(12, 105, wide, high)
    if container.artwork is not None:
        label.picture(container, field)
        return
    label.block(field, HexColor("#8A8F98"), line=True)
    label.pair(
        texts.qris_empty,
        texts.english.qris_empty,
        Room(field.x + 10, field.y + 32, wide - 20, 62),
        Style(REGULAR, 14, 9, HexColor("#5A6068"), True),
    )


def _aside(label: Label, texts: Texts, container: Container) -> None:
    """The column beside the artwork: which box this is, and where to look it up."""
    x, wide = 122.0, 50.0
    english = texts.english
    room = Room(x, 219, wide, 10)
    label.pair(texts.code_hint, english.code_hint, room, Style(REGULAR, 12, 8, black, True))
    label.text(container.code, Room(x, 207, wide, 11.5), Style(BOLD, 24, 11, black, True))
    if container.site:
        label.text(container.site, Room(x, 194, wide, 12), Style(REGULAR, 12, 8, black, True))
    label.code(info_of(texts, container), x + (wide - INFO_QR_MM) / 2, 148, INFO_QR_MM)
    room = Room(x, 121, wide, 26)
    label.pair(texts.info_hint, english.info_hint, room, Style(REGULAR, 11, 8, black, True))


def can_label(canvas: Canvas, x: float, y: float, texts: Texts, container: Container) -> None:
    """Draw the label of a plain can, its trimmed corner at x and y in mm."""
    label = Label(canvas, x, y)
    wide, high = CAN_SIZE
    colour, english = HexColor(texts.colour), texts.english
    label.block(Room(-BLEED_MM, -BLEED_MM, wide + 2 * BLEED_MM, high + 2 * BLEED_MM), white)
    label.block(Room(-BLEED_MM, 54, wide + 2 * BLEED_MM, 16 + BLEED_MM), colour)
    label.text(texts.programme, Room(5, 61, 90, 8), Style(BOLD, 18, 9, white, True))
    label.text(texts.owner, Room(5, 55.5, 90, 5), Style(REGULAR, 9, 6, white, True))
    label.code(info_of(texts, container), 4, 14, CAN_QR_MM)
    label.pair(texts.can_hint, english.can_hint, Room(44, 45, 52, 7.5), Style(REGULAR, 9.5, 7))
    label.text(container.code, Room(44, 36, 52, 9), Style(BOLD, 22, 10))
    if container.site:
        label.text(container.site, Room(44, 30, 52, 5.5), Style(REGULAR, 10, 7))
    label.pair(texts.info_hint, english.info_hint, Room(44, 16, 52, 13), Style(REGULAR, 9, 6.5))
    label.text(texts.hashtag, Room(44, 10, 52, 5.5), Style(BOLD, 11, 7, colour))
    label.pair(texts.contact, english.contact, Room(4, 2, 92, 7.5), Style(REGULAR, 9, 6.5))


def cut_marks(canvas: Canvas, x: float, y: float, size: tuple[float, float]) -> None:
    """Draw eight short lines outside of the bleed, at the corners of a label."""
    wide, high = size
    canvas.setLineWidth(0.25)
    canvas.setStrokeColor(black)
    near, far = BLEED_MM + 0.5, BLEED_MM + 4.0
    for corner_x, out_x in ((x, -1), (x + wide, 1)):
        for corner_y, out_y in ((y, -1), (y + high, 1)):
            canvas.line(
                (corner_x + out_x * near) * mm,
                corner_y * mm,
                (corner_x + out_x * far) * mm,
                corner_y * mm,
            )
            canvas.line(
                corner_x * mm,
                (corner_y + out_y * near) * mm,
                corner_x * mm,
                (corner_y + out_y * far) * mm,
            )


Draw = Callable[[Canvas, float, float, Texts, Container], None]
