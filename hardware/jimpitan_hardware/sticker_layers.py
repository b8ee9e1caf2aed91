"""How the sticker is glued behind the acrylic: its layers from outside to inside, and a picture.

Ordinary vinyl has its glue on the back, where nothing is to hold on to: behind a pane the glue
must be on the printed side, and clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from jimpitan_hardware import painter

SIZE_PX = (820, 260)
TOP_PX, ROW_PX, LEFT_PX, RIGHT_PX = 46, 44, 24, 424


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: what it is, whether one sees through it, and on which sides it glues."""

    name: str
    indonesian: str
    colour: str
    is_clear: bool = False
    is_print: bool = False
    glues_out: bool = False
    glues_in: bool = False


ACRYLIC = Layer(
    name="acrylic of the front, 4 mm",
    indonesian="akrilik depan, 4 mm",
    colour="#9CCBE4",
    is_clear=True,
)
GLUE = Layer(
    name="clear double-sided film on the printed side",
    indonesian="film bening dua sisi di muka cetak",
    colour="#D8E8B8",
    is_clear=True,
    glues_out=True,
    glues_in=True,
)
PRINT = Layer(
    name="print, face outwards, not mirrored",
    indonesian="cetakan, muka keluar, tidak dicerminkan",
    colour="#14594A",
    is_print=True,
)
VINYL = Layer(
    name="white vinyl; its own glue stays under its paper",
    indonesian="vinil putih; kertas perekatnya dibiarkan",
    colour="#FFFFFF",
)
STICKER = (ACRYLIC, GLUE, PRINT, VINYL)
ORIGINAL = (
    ACRYLIC,
    Layer(
        name="the acquirer's original, whole, face outwards",
        indonesian="cetakan QRIS asli, utuh, muka keluar",
        colour="#E2B33C",
        is_print=True,
    ),
    Layer(
        name="the same film, in the empty field of the sticker",
        indonesian="film yang sama, di bidang kosong stiker",
        colour="#D8E8B8",
        glues_out=True,
    ),
    VINYL,
)


def check(layers: Sequence[Layer]) -> list[str]:
    """The print is seen through clear layers alone, and something holds it at the acrylic."""
    place = next((n for n, one in enumerate(layers) if one.is_print), None)
    if place is None:
        return ["The sticker has no print."]
    wrong = [f"{one.name} hides the print." for one in layers[:place] if not one.is_clear]
    between = layers[1:place]
    # Between acrylic and print both sides glue; a whole original is held by the film around it.
    is_held = any(one.glues_out and one.glues_in for one in between)
    if not is_held and not (not between and any(one.glues_out for one in layers[place + 1 :])):
        wrong.append("Nothing holds the print at the acrylic: the glue is on the other side.")
    return wrong


def picture() -> Image.Image:
    """Return the layers of sticker and original side by side, outside above."""
    image = Image.new("RGB", SIZE_PX, painter.BACKGROUND)
    draw = ImageDraw.Draw(image)
    wide = 360
    for left, title, layers in (
        (LEFT_PX, "stiker / sticker", STICKER),
        (RIGHT_PX, "QRIS asli di bidang kosong / original in the field", ORIGINAL),
    ):
        draw.text((left, 14), f"{title}; atas = luar / outside above", fill=painter.INK)
        for number, layer in enumerate(layers):
            y = TOP_PX + number * (ROW_PX + 8)
            box = (left, y, left + wide, y + ROW_PX - 16)
            draw.rectangle(box, fill=layer.colour, outline=painter.INK)
            draw.text(
                (left, y + ROW_PX - 13),
                f"{layer.indonesian} / {layer.name}",
                fill=painter.INK,
                font_size=9,
            )
    return image
