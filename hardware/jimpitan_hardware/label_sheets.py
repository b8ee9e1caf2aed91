"""Puts labels on pages: one a page at real size, or many on a sheet with bleed and cut marks."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pypdfium2
import zxingcpp
from PIL import Image
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from jimpitan_hardware.label_page import (
    BLEED_MM,
    BOX_SIZE,
    CAN_SIZE,
    Draw,
    can_label,
    cut_marks,
    sticker,
)
from jimpitan_hardware.labels import Container, Texts, UnfitLabel, info_of

MARK_MM = BLEED_MM + 4.5  # room for bleed and cut marks around a label
QR_ONLY = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
DPI_TRIED = (72, 100, 150, 300)
SHEET_DPI_TRIED = (100, 150)
SAMPLE_MAX = 12  # labels of a kind that a build reads back: a full roll, in a second or two


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of label: its size, how it is drawn, and the sheet that many of them go on."""

    size: tuple[float, float]
    draw: Draw
    sheet: tuple[float, float]


# Vinyl comes on rolls of about 610 mm; can labels go on SRA3, as copy shops have it.
KINDS = {
    "box": Kind(size=BOX_SIZE, draw=sticker, sheet=(610.0, 1000.0)),
    "can": Kind(size=CAN_SIZE, draw=can_label, sheet=(320.0, 450.0)),
}


def single(kind: Kind, texts: Texts, containers: Sequence[Container]) -> bytes:
    """Return a PDF with one label a page, at real size with bleed and cut marks."""
    page = (kind.size[0] + 2 * MARK_MM, kind.size[1] + 2 * MARK_MM)
    places = [(MARK_MM, MARK_MM)]
    return _pages(kind, texts, containers, page, places)


def many(kind: Kind, texts: Texts, containers: Sequence[Container]) -> bytes:
    """Return a PDF of sheets with as many labels as fit."""
    places = grid(kind.size, kind.sheet)
    return _pages(kind, texts, containers, kind.sheet, places)


def grid(size: tuple[float, float], sheet: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the lower left corners of the labels of a full sheet, in rows from the top."""
    step = (size[0] + 2 * MARK_MM, size[1] + 2 * MARK_MM)
    columns, rows = (int(sheet[axis] // step[axis]) for axis in (0, 1))
    if not columns or not rows:
        raise UnfitLabel(f"A label of {size[0]:.0f} x {size[1]:.0f} mm is larger than the sheet.")
    left = (sheet[0] - columns * step[0]) / 2 + MARK_MM
    top = sheet[1] - (sheet[1] - rows * step[1]) / 2 - MARK_MM - size[1]
    return [
        (left + column * step[0], top - row * step[1])
        for row in range(rows)
        for column in range(columns)
    ]


def _pages(
    kind: Kind,
    texts: Texts,
    containers: Sequence[Container],
    page: tuple[float, float],
    places: Sequence[tuple[float, float]],
) -> bytes:
    content = io.BytesIO()
    # invariant: no date and no random id, so that the same labels are the same file.
    canvas = Canvas(content, pagesize=(page[0] * mm, page[1] * mm), invariant=1)
    canvas.setTitle(f"{texts.programme}: labels")
    canvas.setCreator("Jimpitan")
    for number, container in enumerate(containers):
        x, y = places[number % len(places)]
        kind.draw(canvas, x, y, texts, container)
        cut_marks(canvas, x, y, kind.size)
        if number % len(places) == len(places) - 1 and number + 1 < len(containers):
            canvas.showPage()
    canvas.save()
    return content.getvalue()


def rendered(content: bytes, page: int, dpi: int) -> Image.Image:
    """Return a page of a PDF as pixels."""
    with pypdfium2.PdfDocument(content) as document:
        image: Image.Image = document[page].render(scale=dpi / 72).to_pil()
        return image.convert("RGB")


def trimmed(tier: str, texts: Texts, container: Container, dpi: int = 100) -> Image.Image:
    """Return one label as pixels, cut at its marks."""
    kind = KINDS[tier]
    image = rendered(single(kind, texts, [container]), 0, dpi)
    step = dpi / 25.4
    left, wide, high = (length * step for length in (MARK_MM, *kind.size))
    return image.crop((round(left), round(left), round(left + wide), round(left + high)))


def codes_on(image: Image.Image) -> set[str]:
    """Return what every QR code in a picture says."""
    found = zxingcpp.read_barcodes(image, formats=QR_ONLY)
    return {one.text for one in found}


def sampled(containers: Sequence[Container]) -> dict[int, Container]:
    """Return containers by their page: all of a few, of many some from the first to the last."""
    last = len(containers) - 1
    count = min(len(containers), SAMPLE_MAX)
    pages = {round(last * place / max(1, count - 1)) for place in range(count)}
    return {page: containers[page] for page in sorted(pages)}


def check_codes(
    content: bytes,
    texts: Texts,
    containers_by_page: Mapping[int, Container],
    dpis: Sequence[int] = DPI_TRIED,
) -> list[str]:
    """Read pages back: the code must be the container's, at every resolution."""
    wrong = []
    for page, container in containers_by_page.items():
        for dpi in dpis:
            if info_of(texts, container) not in codes_on(rendered(content, page, dpi)):
                wrong.append(f"{container.code}: its code cannot be read at {dpi} dpi.")
    return wrong


def check_sheets(
    content: bytes, kind: Kind, texts: Texts, containers: Sequence[Container]
) -> list[str]:
    """Read full sheets back: each shows the codes of its own containers, and no other.

    Codes that begin otherwise than ours are the acquirer's and not looked at.
    """
    begins = texts.info_url.partition("{code}")[0]
    per_sheet = len(grid(kind.size, kind.sheet))
    rows = [
        containers[start : start + per_sheet] for start in range(0, len(containers), per_sheet)
    ]
    last = len(rows) - 1
    wrong = []
    for page in sorted({0, last // 2, last}):
        wanted = {info_of(texts, one) for one in rows[page]}
        for dpi in SHEET_DPI_TRIED:
            codes = codes_on(rendered(content, page, dpi))
            found = {one for one in codes if one.startswith(begins)}
            if found != wanted:
                wrong.append(
                    f"Sheet {page + 1}: {len(found & wanted)} of {len(wanted)} codes are read at "
                    f"{dpi} dpi, and {len(found - wanted)} others."
                )
    return wrong
