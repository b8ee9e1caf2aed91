"""Draws papers as PDF, the same bytes for the same content: receipts and loss statements.

Standard fonts only, so nothing is embedded; what they cannot write becomes a question mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import segno
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
MARGIN = 14 * mm
INK, SOFT = 0.1, 0.4


@dataclass(slots=True)
class Paper:
    """A page that is written from the top down, and goes on on the next one."""

    canvas: Canvas
    width: float
    height: float
    y: float

    @classmethod
    def begin(cls, content: BytesIO, *, title: str, large: bool) -> "Paper":
        """Return an empty paper; a large one is A4, a small one A5."""
        width, height = A4 if large else A5
        # invariant: no date and no random id, so that the same receipt is the same file.
        canvas = Canvas(content, pagesize=(width, height), invariant=1)
        canvas.setTitle(plain(title))
        canvas.setCreator("Jimpitan")
        return cls(canvas, width, height, height - MARGIN)

    def text(
        self, words: str, *, size: float = 10, bold: bool = False, soft: bool = False
    ) -> None:
        """Write a paragraph."""
        font = BOLD if bold else REGULAR
        for line in simpleSplit(plain(words), font, size, self.width - 2 * MARGIN):
            self._line(size)
            self.canvas.setFillGray(SOFT if soft else INK)
            self.canvas.setFont(font, size)
            self.canvas.drawString(MARGIN, self.y, line)

    def row(self, left: str, right: str, *, bold: bool = False, size: float = 10) -> None:
        """Write a name at the left and its value at the right, which may take several lines."""
        font = BOLD if bold else REGULAR
        room = self.width - 2 * MARGIN
        beside = max(room * 0.62, room - self.canvas.stringWidth(plain(left), REGULAR, size) - 12)
        lines = simpleSplit(plain(right), font, size, beside) or [""]
        for number, line in enumerate(lines):
            self._line(size)
            self.canvas.setFont(REGULAR, size)
            self.canvas.setFillGray(SOFT)
            if number == 0:
                self.canvas.drawString(MARGIN, self.y, plain(left))
            self.canvas.setFont(font, size)
            self.canvas.setFillGray(INK)
            self.canvas.drawRightString(self.width - MARGIN, self.y, line)

    def gap(self, height_mm: float = 3) -> None:
        """Leave some room."""
        self.y -= height_mm * mm

    def rule(self) -> None:
        """Draw a line from margin to margin."""
        self._line(4)
        self.canvas.setStrokeGray(SOFT)
        self.canvas.line(MARGIN, self.y, self.width - MARGIN, self.y)

    def code(self, content: str, *, size_mm: float) -> None:
        """Draw a QR code in the middle."""
        size = size_mm * mm
        if self.y - size < MARGIN:
            self._turn()
        rows = qr_matrix(content)
        cell = size / len(rows)
        left, top = (self.width - size) / 2, self.y - 2 * mm
        self.canvas.setFillGray(0)
        for number, line in enumerate(rows):
            for column, is_dark in enumerate(line):
                if is_dark:
                    self.canvas.rect(
                        left + column * cell,
                        top - (number + 1) * cell,
                        cell + 0.05,
                        cell + 0.05,
                        stroke=0,
                        fill=1,
                    )
        self.y = top - size

    def signatures(self, people: Sequence[str]) -> None:
        """Leave lines to sign on, side by side."""
        if self.y - 32 * mm < MARGIN:
            self._turn()
        part = (self.width - 2 * MARGIN) / len(people)
        self.y -= 26 * mm
        self.canvas.setStrokeGray(INK)
        self.canvas.setFillGray(INK)
        self.canvas.setFont(REGULAR, 9)
        for number, person in enumerate(people):
            left = MARGIN + number * part
            self.canvas.line(left, self.y, left + part - 8 * mm, self.y)
            self.canvas.drawString(left, self.y - 4 * mm, plain(person))
        self.y -= 6 * mm

    def end(self) -> None:
        """Finish the file."""
        self.canvas.showPage()
        self.canvas.save()

    def _line(self, size: float) -> None:
        if self.y - size * 1.4 < MARGIN:
            self._turn()
        self.y -= size * 1.4

    def _turn(self) -> None:
        self.canvas.showPage()
        self.y = self.height - MARGIN


def qr_matrix(content: str) -> tuple[bytearray, ...]:
    """Return the dark and light modules of a QR code, without its quiet zone."""
    return tuple(segno.make(content, error="m", micro=False).matrix)


def plain(words: str) -> str:
    """Return words in the letters that the standard fonts can write."""
    return words.replace("\u00a0", " ").encode("cp1252", "replace").decode("cp1252")
