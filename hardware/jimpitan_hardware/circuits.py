"""Draws the small circuits of the module board, each as a ladder from its supply to ground.

Names and values are the harness's; neighbours on a ladder must share a net, so that the drawing
cannot say what is not wired.
"""

import itertools
from dataclasses import dataclass

from PIL import Image, ImageDraw

from jimpitan_hardware import painter
from jimpitan_hardware.wiring import Harness

COLUMN_PX, STEP_PX = 216, 58
HEIGHT_PX = 490


class WrongDrawing(ValueError):
    """A ladder whose neighbours share no net; the sentence names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """One circuit: what it is, its rungs from above, and what drives its transistor's base.

    A rung is a part of the board, or the name of a part of the harness, such as A1.
    """

    title: str
    top: str
    rungs: tuple[str, ...]
    end: str
    taps: dict[str, str]  # what leaves after a rung: a pin of the controller or a plug
    base: tuple[str, ...] = ()  # signal, series resistor, resistor to ground
    beside: str = ""  # a resistor beside the second rung


LADDERS = (
    Ladder(
        title="mains",
        top="MAINS (J1-4)",
        rungs=("R3", "R4"),
        end="GND",
        taps={"R3": "MAINS_PRESENT"},
    ),
    Ladder(
        title="battery",
        top="BATTERY (J1-3)",
        rungs=("R1", "R2"),
        end="GND",
        taps={"R1": "BATTERY_ADC, C2 to GND"},
    ),
    Ladder(
        title="beam senders",
        top="5V",
        rungs=("R14", "A1", "Q1"),
        end="GND",
        taps={"R14": "J2-1", "A1": "J2-2"},
        base=("BEAM_CARRIER", "R12", "R13"),
    ),
    Ladder(
        title="lights and piezo",
        top="5V",
        rungs=("D2", "A3", "Q2"),
        end="GND",
        taps={"D2": "J6-1", "A3": "J6-4"},
        base=("BUZZER", "R15", "R16"),
        beside="R17",
    ),
)


def _nets(harness: Harness, name: str) -> set[str]:
    if name in harness.board:
        return set(harness.board[name][1])
    return set(harness.parts[name].nets_by_pin.values())


def check(harness: Harness, ladder: Ladder) -> None:
    """Raise `WrongDrawing` when neighbours of a ladder share no net."""
    pairs = [*itertools.pairwise(ladder.rungs)]
    if ladder.base:
        pairs += [(ladder.base[1], ladder.rungs[-1]), (ladder.base[2], ladder.rungs[-1])]
    if ladder.beside:
        pairs += [(ladder.beside, ladder.rungs[1])]
    for one, other in pairs:
        if not _nets(harness, one) & _nets(harness, other):
            raise WrongDrawing(f"{ladder.title}: {one} and {other} share no net.")
    for name, net in ((ladder.rungs[0], ladder.top), (ladder.rungs[-1], ladder.end)):
        if net.split()[0] not in _nets(harness, name):
            raise WrongDrawing(f"{ladder.title}: {name} is not at {net}.")


def _named(harness: Harness, name: str) -> str:
    if name in harness.board:
        return f"{name}  {harness.board[name][0]}"
    return f"{name}  {harness.parts[name].name}"


def _box(draw: ImageDraw.ImageDraw, x: int, y: int, words: str, half: int = 62) -> None:
    fill = painter.COLOURS["clear"]
    draw.rectangle((x - half, y - 15, x + half, y + 15), fill=fill, outline=painter.INK, width=2)
    draw.text((x, y), words, fill=painter.INK, anchor="mm")


def _ladder(draw: ImageDraw.ImageDraw, harness: Harness, ladder: Ladder, x: int) -> None:
    ink = painter.INK
    draw.text((x, 18), ladder.title, fill=ink, anchor="mm", font_size=16)
    y = 52
    draw.text((x, y), ladder.top, fill=ink, anchor="mm")
    last = y + (len(ladder.rungs)) * 2 * STEP_PX - STEP_PX // 2
    draw.line((x, y + 10, x, last), fill=ink, width=2)
    for number, name in enumerate(ladder.rungs):
        at = y + STEP_PX + number * 2 * STEP_PX - 10
        _box(draw, x, at, _named(harness, name))
        if tap := ladder.taps.get(name):
            below = at + STEP_PX
            draw.ellipse((x - 4, below - 4, x + 4, below + 4), fill=ink)
            draw.text((x + 10, below), tap, fill=ink, anchor="lm")
        if ladder.beside and number == 1:
            draw.text(
                (x, at + 24),
                f"{_named(harness, ladder.beside)} beside it",
                fill=ink,
                anchor="mm",
                stroke_width=3,
                stroke_fill=painter.BACKGROUND,
            )
        if ladder.base and number == len(ladder.rungs) - 1:
            _base(draw, harness, ladder, (x, at))
    draw.text((x, last + 10), ladder.end, fill=ink, anchor="mm")


def _base(
    draw: ImageDraw.ImageDraw, harness: Harness, ladder: Ladder, place: tuple[int, int]
) -> None:
    """What comes to the base, written under the transistor: too little room beside it."""
    x, y = place
    signal, series, down = ladder.base
    top = y + 3 * STEP_PX // 2 + 14
    lines = (
        f"base (B): {signal}",
        f"through {_named(harness, series)};",
        f"{_named(harness, down)} from B to E (GND)",
    )
    for number, words in enumerate(lines):
        draw.text((x, top + 18 * number), words, fill=painter.INK, anchor="mm")


def picture(harness: Harness) -> Image.Image:
    """Return the drawing; raise `WrongDrawing`."""
    image = Image.new("RGB", (COLUMN_PX * len(LADDERS), HEIGHT_PX), painter.BACKGROUND)
    draw = ImageDraw.Draw(image)
    for number, ladder in enumerate(LADDERS):
        check(harness, ladder)
        _ladder(draw, harness, ladder, COLUMN_PX // 2 + COLUMN_PX * number)
    return image
