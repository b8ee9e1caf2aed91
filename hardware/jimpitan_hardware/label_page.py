"""Draws one label at real size: the sticker of a box, or the smaller one of a plain can.

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

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
BLEED_MM = 3.0
QUIET_MODULES = 4  # ISO/IEC 18004
MODULE_MM_MIN = 0.8
BOX_SIZE = (180.0, 300.0)
CAN_SIZE = (100.0, 70.0)
INFO_QR_MM = 42.0
CAN_QR_MM = 36.0
ARTWORK_FIELD = (104.0, 128.0)
LEADING = 1.18


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
        size = style.size
        while True:
            lines = simpleSplit(words, style.font, size, room.width * mm)
            widest = max(self.canvas.stringWidth(one, style.font, size) for one in lines)
            high = len(lines) * size * LEADING
            if high <= room.height * mm and widest <= room.width * mm:
                break
            size -= 0.5
            if size < style.size_min:
                raise UnfitLabel(f"{words[:60]!r} is too long for its place: shorten it.")
        self.canvas.setFillColor(style.colour)
        self.canvas.setFont(style.font, size)
        y = (self._y + room.y + room.height) * mm
        for one in lines:
            y -= size * LEADING
            if style.centred:
                middle = (self._x + room.x + room.width / 2) * mm
                self.canvas.drawCentredString(middle, y + size * 0.25, one)
            else:
                self.canvas.drawString((self._x + room.x) * mm, y + size * 0.25, one)

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
    colour = HexColor(texts.colour)
    label.block(Room(-BLEED_MM, -BLEED_MM, wide + 2 * BLEED_MM, high + 2 * BLEED_MM), white)
    label.block(Room(-BLEED_MM, 258, wide + 2 * BLEED_MM, 42 + BLEED_MM), colour)
    label.block(Room(-BLEED_MM, -BLEED_MM, wide + 2 * BLEED_MM, 34 + BLEED_MM), colour)
    label.text(texts.programme, Room(12, 276, 156, 16), Style(BOLD, 34, 18, white, True))
    label.text(texts.tagline, Room(12, 267, 156, 8), Style(REGULAR, 15, 9, white, True))
    label.text(texts.owner, Room(12, 260, 156, 6.5), Style(REGULAR, 11, 8, white, True))
    label.text(texts.slot_hint, Room(12, 248, 156, 7.5), Style(BOLD, 16, 10, black, True))
    label.text(texts.qris_hint, Room(12, 241, 104, 6), Style(REGULAR, 12, 8, black, True))
    _qris(label, texts, container)
    _aside(label, texts, container)
    label.text(texts.receiver_hint, Room(12, 101, 156, 6), Style(REGULAR, 12, 8))
    label.text(texts.receiver, Room(12, 91, 156, 10), Style(BOLD, 22, 12, colour))
    label.text(texts.receiver_warning, Room(12, 84, 156, 6), Style(REGULAR, 11, 8))
    label.text(texts.education, Room(12, 58, 156, 22), Style(REGULAR, 12, 8))
    label.text(texts.motivation, Room(12, 39, 156, 17), Style(BOLD, 14, 9, colour))
    label.text(texts.hashtag, Room(12, 18, 156, 11), Style(BOLD, 22, 12, white, True))
    label.text(texts.contact, Room(12, 8, 156, 8), Style(REGULAR, 14, 8, white, True))


def _qris(label: Label, texts: Texts, container: Container) -> None:
    """The field of the acquirer's artwork; empty, it says what belongs there."""
    wide, high = ARTWORK_FIELD
    field = Room(12, 111, wide, high)
    if container.artwork is not None:
        label.picture(container, field)
        return
    label.block(field, HexColor("#8A8F98"), line=True)
    label.text(
        texts.qris_empty,
        Room(field.x + 10, field.y + 30, wide - 20, 60),
        Style(REGULAR, 14, 9, HexColor("#5A6068"), True),
    )


def _aside(label: Label, texts: Texts, container: Container) -> None:
    """The column beside the artwork: which box this is, and where to look it up."""
    x, wide = 122.0, 50.0
    label.text(texts.code_hint, Room(x, 228, wide, 6), Style(REGULAR, 12, 8, black, True))
    label.text(container.code, Room(x, 216, wide, 12), Style(BOLD, 24, 11, black, True))
    if container.site:
        label.text(container.site, Room(x, 202, wide, 13), Style(REGULAR, 12, 8, black, True))
    label.code(info_of(texts, container), x + (wide - INFO_QR_MM) / 2, 152, INFO_QR_MM)
    label.text(texts.info_hint, Room(x, 130, wide, 20), Style(REGULAR, 11, 8, black, True))


def can_label(canvas: Canvas, x: float, y: float, texts: Texts, container: Container) -> None:
    """Draw the label of a plain can, its trimmed corner at x and y in mm."""
    label = Label(canvas, x, y)
    wide, high = CAN_SIZE
    colour = HexColor(texts.colour)
    label.block(Room(-BLEED_MM, -BLEED_MM, wide + 2 * BLEED_MM, high + 2 * BLEED_MM), white)
    label.block(Room(-BLEED_MM, 54, wide + 2 * BLEED_MM, 16 + BLEED_MM), colour)
    label.text(texts.programme, Room(5, 61, 90, 8), Style(BOLD, 18, 9, white, True))
    label.text(texts.owner, Room(5, 55.5, 90, 5), Style(REGULAR, 9, 6, white, True))
    label.code(info_of(texts, container), 4, 14, CAN_QR_MM)
    label.text(texts.can_hint, Room(44, 46, 52, 5), Style(REGULAR, 10, 7))
    label.text(container.code, Room(44, 36, 52, 9.5), Style(BOLD, 22, 10))
    if container.site:
        label.text(container.site, Room(44, 29, 52, 6), Style(REGULAR, 10, 7))
    label.text(texts.info_hint, Room(44, 15, 52, 12), Style(REGULAR, 9, 6.5))
    label.text(texts.hashtag, Room(44, 8, 52, 6), Style(BOLD, 11, 7, colour))
    label.text(texts.contact, Room(4, 2.5, 92, 5), Style(REGULAR, 9, 6.5))


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
