"""The step that makes labels, and reads them back."""

from collections.abc import Sequence

from PIL import Image

from jimpitan_hardware import label_page, label_reading, labels, painter, sticker_layers
from jimpitan_hardware.label_sheets import (
    KINDS,
    check_codes,
    check_sheets,
    many,
    rendered,
    sampled,
    single,
)
from jimpitan_hardware.labels import Container, Texts
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.workshop import Workshop

NAMES = {"box": "stickers", "can": "can-labels"}


def check_size(s: Sizes) -> list[str]:
    """The sticker is as large as the field of the front that is kept for it."""
    wanted = (s.sticker_width_mm, s.sticker_height_mm)
    if wanted == label_page.BOX_SIZE:
        return []
    return [f"The sticker is {label_page.BOX_SIZE}, its field on the front {wanted} mm."]


def make(work: Workshop, texts: Texts, containers: Sequence[Container]) -> None:
    """Write single labels and full sheets of every tier, and read the codes back."""
    work.check("labels: the sticker is as large as its field", check_size(work.sizes))
    for tier, kind in KINDS.items():
        chosen = labels.of_tier(containers, tier)
        if not chosen:
            continue
        alone = single(kind, texts, chosen)
        work.write(f"label/{NAMES[tier]}.pdf", alone)
        sheet = work.write(f"label/{NAMES[tier]}-sheet.pdf", many(kind, texts, chosen))
        work.check(
            f"labels: {NAMES[tier]}: full sheets show the codes of their own containers",
            check_sheets(sheet.read_bytes(), kind, texts, chosen),
        )
        _read_back(work, tier, texts, chosen, alone)
        picture = rendered(alone, 0, 65 if tier == "box" else 110)
        few = picture.quantize(64, dither=Image.Dither.NONE)
        few.save(work.place(f"pictures/{NAMES[tier]}.png"), optimize=True)


def _read_back(
    work: Workshop, tier: str, texts: Texts, chosen: Sequence[Container], alone: bytes
) -> None:
    """Check a file of single labels: its codes, its words, and that nothing overflows."""
    pages = sampled(chosen)
    is_every = len(pages) == len(chosen)
    share = f"all {len(chosen)}" if is_every else f"a sample of {len(pages)} of {len(chosen)}"
    which = f"{NAMES[tier]} ({share})"
    work.check(f"labels: {which}: codes read at 72 to 300 dpi", check_codes(alone, texts, pages))
    words = label_reading.check_words(alone, texts, pages)
    order = label_reading.check_order(alone, texts, pages)
    work.check(
        f"labels: {which}: every sentence Indonesian, English right below", [*words, *order]
    )
    room = label_reading.check_room(alone, KINDS[tier], pages)
    square = label_reading.check_code_square(alone, pages)
    work.check(
        f"labels: {which}: nothing cut off, nothing on each other or the code", [*room, *square]
    )


def label(work: Workshop) -> None:
    """Make the example's labels, and show how a sticker is glued."""
    for what, layers in (
        ("the sticker", sticker_layers.STICKER),
        ("an original", sticker_layers.ORIGINAL),
    ):
        work.check(
            f"labels: {what} is held at the acrylic by glue before it",
            sticker_layers.check(layers),
        )
    painter.save(sticker_layers.picture(), work.place("pictures/sticker-layers.png"))
    make(work, labels.load_texts(), labels.load_containers())
