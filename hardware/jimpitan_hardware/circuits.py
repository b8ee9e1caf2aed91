"""Draws the small circuits of the module board, each as a ladder from its supply to ground.

Names and values are the harness's. Each part says which net is above and which below it, and
these must be its own: so the drawing cannot put in series what is not wired in series.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from jimpitan_hardware import harness as wires
from jimpitan_hardware import painter
from jimpitan_hardware.pinmap import Net
from jimpitan_hardware.wiring import Harness

STEP = 112  # from net to net, down a ladder
HALF_WIDE, HALF_HIGH = 58, 17
ASIDE, BESIDE = 156, 140  # from a ladder to what drives it, and to what lies beside a part
SIZE, TITLES_Y = (1050, 950), (26, 466)  # the picture, and the titles of its two rows
LETTERS, TITLE, LINE = 14, 18, 19


class WrongDrawing(ValueError):
    """A ladder that says what is not wired; the sentence names the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A part of board or harness between two of its own nets; words where its name is not all."""

    part: str
    upper: str
    lower: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """One circuit: its rungs from above, and a second ladder that leads into one of them."""

    title: str
    at: tuple[int, int]  # of its uppermost net, in the picture
    rungs: tuple[Rung, ...]
    drive: tuple[Rung, ...] = ()  # its lowest net is one of the last rung's, which it drives
    rails: dict[str, str] = field(default_factory=dict)  # at which pin of a plug a rail is meant
    down: Rung | None = None  # from a net of the drive to ground
    beside: Rung | None = None  # beside what lies between the same nets
    notes: tuple[str, ...] = ()


def ladders(harness: Harness) -> tuple[Ladder, ...]:
    """Return the circuits that are drawn."""
    return (
        Ladder(
            title="mains",
            at=(75, 80),
            rungs=(
                Rung(part="R3", upper="MAINS", lower="MAINS_PRESENT"),
                Rung(part="R4", upper="MAINS_PRESENT", lower="GND"),
            ),
            beside=Rung(part="R19", upper="MAINS", lower="GND"),
        ),
        Ladder(
            title="battery",
            at=(345, 80),
            rungs=(
                Rung(part="R1", upper="BATTERY", lower="BATTERY_ADC"),
                Rung(part="R2", upper="BATTERY_ADC", lower="GND"),
            ),
            beside=Rung(part="C2", upper="BATTERY_ADC", lower="GND"),
        ),
        _senders(),
        _piezo(),
        _lights(harness),
    )


def _senders() -> Ladder:
    return Ladder(
        title="beam senders",
        at=(280, 520),
        rungs=(
            Rung(part="R14", upper="5V", lower="SENDERS_HIGH"),
            Rung(part="A1", upper="SENDERS_HIGH", lower="SENDERS_LOW", words="A1  2 LEDs"),
            Rung(part="Q1", upper="SENDERS_LOW", lower="GND"),
        ),
        drive=(Rung(part="R12", upper="BEAM_CARRIER", lower="SENDERS_BASE"),),
        down=Rung(part="R13", upper="SENDERS_BASE", lower="GND"),
    )


def _piezo() -> Ladder:
    return Ladder(
        title="piezo",
        at=(740, 632),
        rungs=(
            Rung(part="A3", upper="5V", lower="BUZZER_LOW", words="A3  piezo"),
            Rung(part="Q2", upper="BUZZER_LOW", lower="GND"),
        ),
        rails={"5V": "J6-1"},
        drive=(Rung(part="R15", upper="BUZZER", lower="BUZZER_BASE"),),
        down=Rung(part="R16", upper="BUZZER_BASE", lower="GND"),
        beside=Rung(part="R17", upper="5V", lower="BUZZER_LOW"),
    )


def _lights(harness: Harness) -> Ladder:
    nets = harness.board["U8"][1]
    grounded = ", ".join(str(n) for n, net in enumerate(nets, start=1) if net == "GND")
    return Ladder(
        title="lights",
        at=(960, 304),
        rungs=(Rung(part="A3", upper="5V", lower="GND", words="A3  4 WS2812"),),
        rails={"5V": "J6-1", "GND": "J6-2"},
        drive=(
            Rung(part="U8", upper="LIGHTS", lower="LIGHTS_5V"),
            Rung(part="R11", upper="LIGHTS_5V", lower="LIGHTS_OUT"),
        ),
        down=Rung(part="R18", upper="LIGHTS", lower="GND"),
        notes=(
            f"U8: in {nets.index('LIGHTS') + 1}, out {nets.index('LIGHTS_5V') + 1}",
            f"{nets.index('5V') + 1} at 5V, C3 to GND",
            f"GND: {grounded}",
        ),
    )


def _nets(harness: Harness, name: str) -> set[str]:
    if name in harness.board:
        return set(harness.board[name][1])
    return set(harness.parts[name].nets_by_pin.values())


def check(harness: Harness, ladder: Ladder) -> None:
    """Raise `WrongDrawing` when a part is not at the nets between which it is drawn."""
    more = [one for one in (ladder.down, ladder.beside) if one is not None]
    for rung in (*ladder.rungs, *ladder.drive, *more):
        wanted, found = {rung.upper, rung.lower}, _nets(harness, rung.part)
        if not wanted <= found or rung.upper == rung.lower:
            raise WrongDrawing(f"{ladder.title}: {rung.part} is not at {sorted(wanted - found)}.")
    for row in (ladder.rungs, ladder.drive):
        for one, other in itertools.pairwise(row):
            if one.lower != other.upper:
                raise WrongDrawing(f"{ladder.title}: {one.part} does not end at {other.part}.")
    if ladder.drive and ladder.drive[-1].lower not in _nets(harness, ladder.rungs[-1].part):
        raise WrongDrawing(f"{ladder.title}: {ladder.drive[-1].part} does not drive.")
    for net, tap in ladder.rails.items():
        if harness.net_at(*tap.split("-")) != net:
            raise WrongDrawing(f"{ladder.title}: {tap} is not {net}.")


def _named(harness: Harness, rung: Rung) -> str:
    value = harness.board[rung.part][0] if rung.part in harness.board else ""
    return rung.words or f"{rung.part}  {value}"


class _Pen:
    """What draws parts and wires of one picture."""

    def __init__(self, draw: ImageDraw.ImageDraw, harness: Harness, nets: Sequence[Net]) -> None:
        self.draw, self.harness, self.nets = draw, harness, nets

    def leaves(self, ladder: Ladder, net: str) -> str:
        """Return where a net leaves the board: at the controller or a plug."""
        if net in self.harness.rails:
            return ladder.rails.get(net, "")
        spots = wires.outside(self.harness, self.nets, net).split(", ")
        return ", ".join(spot for spot in spots if spot.startswith(("J", "GPIO")))

    def wire(self, *places: tuple[int, int]) -> None:
        self.draw.line(places, fill=painter.INK, width=2)

    def dot(self, x: int, y: int) -> None:
        self.draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=painter.INK)

    def words(self, x: int, y: int, words: str, anchor: str = "mm", size: int = LETTERS) -> None:
        self.draw.text((x, y), words, fill=painter.INK, anchor=anchor, font_size=size)

    def part(self, x: int, y: int, rung: Rung) -> None:
        """Draw a part half a step below a net, and the wires to its two nets."""
        middle = y + STEP // 2
        self.wire((x, y), (x, y + STEP))
        corners = (x - HALF_WIDE, middle - HALF_HIGH, x + HALF_WIDE, middle + HALF_HIGH)
        fill = painter.COLOURS["clear"]
        self.draw.rectangle(corners, fill=fill, outline=painter.INK, width=2)
        self.words(x, middle, _named(self.harness, rung))
        if rung.part.startswith("Q"):
            self.words(x + 10, middle - HALF_HIGH - 10, "C")
            self.words(x + 10, middle + HALF_HIGH + 10, "E")
            self.words(x - HALF_WIDE - 10, middle - 10, "B")


def _ends(rung: Rung) -> tuple[str, str]:
    return rung.upper, rung.lower


def _ladder(pen: _Pen, ladder: Ladder) -> None:
    """Draw a ladder's parts from above, and say what leaves at its nets."""
    x, top = ladder.at
    rungs = ladder.rungs
    nets = [rungs[0].upper, *(rung.lower for rung in rungs)]
    for number, rung in enumerate(rungs):
        pen.part(x, top + number * STEP, rung)
    for number, net in enumerate(nets):
        tap, y = pen.leaves(ladder, net), top + number * STEP
        if number in (0, len(rungs)):
            words = f"{net} ({tap})" if tap else net
            pen.words(x, y - 14 if number == 0 else y + 14, words)
        elif tap:
            pen.dot(x, y)
            pen.words(x + 9, y - 12, tap, "lm")
    if ladder.beside is not None:
        first, last = (top + nets.index(net) * STEP for net in _ends(ladder.beside))
        for end in (first, last):
            pen.wire((x, end), (x + BESIDE, end))
            pen.dot(x, end)
        pen.wire((x + BESIDE, first), (x + BESIDE, last))
        pen.part(x + BESIDE, (first + last - STEP) // 2, ladder.beside)


def _drive(pen: _Pen, ladder: Ladder) -> None:
    """Draw what leads into a ladder's last part, from the left, and what holds it down."""
    if not ladder.drive:
        return
    x = ladder.at[0] - ASIDE
    y = ladder.at[1] + (len(ladder.rungs) - 1) * STEP + STEP // 2
    top = y - len(ladder.drive) * STEP
    for number, rung in enumerate(ladder.drive):
        pen.part(x, top + number * STEP, rung)
    signal = ladder.drive[0].upper
    pen.words(x, top - 14, f"{signal} ({pen.leaves(ladder, signal)})")
    pen.wire((x, y), (ladder.at[0] - HALF_WIDE, y))
    pen.words(x + 9, y - 12, pen.leaves(ladder, ladder.drive[-1].lower), "lm")
    if ladder.down is not None:
        _held_down(pen, ladder, ladder.down, (x, top, y))
    for number, words in enumerate(ladder.notes):
        pen.words(x - ASIDE - HALF_WIDE, y + 2 * LINE + number * LINE, words, "lm")


def _held_down(pen: _Pen, ladder: Ladder, down: Rung, place: tuple[int, int, int]) -> None:
    """Draw what leads to ground: below the drive from its lowest net, beside it from another."""
    x, top, lowest = place
    left, held = (x, lowest) if down.upper == ladder.drive[-1].lower else (x - ASIDE, top)
    pen.dot(x, held)
    pen.wire((x, held), (left, held))
    pen.part(left, held, down)
    pen.words(left, held + STEP + 14, down.lower)


def picture(harness: Harness, nets: Sequence[Net]) -> Image.Image:
    """Return the drawing; raise `WrongDrawing`."""
    image = Image.new("RGB", SIZE, painter.BACKGROUND)
    pen = _Pen(ImageDraw.Draw(image), harness, nets)
    for ladder in ladders(harness):
        check(harness, ladder)
        title_y = TITLES_Y[ladder.at[1] > TITLES_Y[1]]  # of the row in which it is
        pen.words(ladder.at[0], title_y, ladder.title, size=TITLE)
        _ladder(pen, ladder)
        _drive(pen, ladder)
    return image
