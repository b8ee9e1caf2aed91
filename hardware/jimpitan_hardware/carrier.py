"""The carrier board: where its pads lie and which net each has, by pin map and harness.

A board of two layers with wired parts only, so that a school workshop can solder it. It holds
what the module board of a pilot holds: two rows for the controller, eight plugs, small parts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jimpitan_hardware import wiring
from jimpitan_hardware.pinmap import Net
from jimpitan_hardware.wiring import Harness

SOURCE = Path(__file__).resolve().parent.parent / "board" / "carrier.json"
PAD_MM, DRILL_MM = 1.6, 0.9
HOLE_MM = 2.7  # for a screw of 2.5 mm
EDGE_MM = 0.5  # copper stays so far off the edge
DIP_PITCH_MM, DIP_ROWS_MM = 2.54, 7.62
GROUND = "GND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """A hole with copper on both layers; net is empty where nothing is connected."""

    part: str
    pin: str
    x: float
    y: float
    net: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """An empty board: its size in mm, its pads, its bare holes."""

    width: float
    height: float
    pads: tuple[Pad, ...]
    holes: tuple[tuple[float, float], ...]
    names: tuple[tuple[str, float, float], ...]  # what is printed, and where its middle is


def load(harness: Harness, nets: Sequence[Net], source: Path = SOURCE) -> Board:
    """Return the board of a placement file, with the nets of harness and pin map."""
    content = json.loads(source.read_text(encoding="utf-8"))
    pads = [
        *_rows(content, harness, nets),
        *_connectors(content, harness),
        *_small(content, harness),
        *_chips(content, harness),
    ]
    width, height = content["size"]
    holes = tuple((x, y) for x, y in content["holes"])
    names = tuple((words, x, y) for words, (x, y) in content["names"].items())
    return Board(width=width, height=height, pads=tuple(pads), holes=holes, names=names)


def _rows(content: dict[str, object], harness: Harness, nets: Sequence[Net]) -> list[Pad]:
    by_gpio = {str(net.gpio): net.signal for net in nets}
    found = []
    rows: dict[str, dict[str, object]] = content["rows"]  # type: ignore[assignment]
    pitch = float(content["pitch"])  # type: ignore[arg-type]
    for side, row in rows.items():
        x, y = float(row["x"]), float(row["y"])  # type: ignore[arg-type]
        pins: list[str] = row["pins"]  # type: ignore[assignment]
        for number, pin in enumerate(pins):
            net = by_gpio.get(pin, pin if pin in harness.rails else "")
            place = f"{side}{number + 1}"
            found.append(Pad(part="U1", pin=place, x=x, y=round(y + number * pitch, 3), net=net))
    return found


def _connectors(content: dict[str, object], harness: Harness) -> list[Pad]:
    pitch = float(content["connector_pitch"])  # type: ignore[arg-type]
    places: dict[str, dict[str, object]] = content["connectors"]  # type: ignore[assignment]
    found = []
    for name, place in places.items():
        x, y = float(place["x"]), float(place["y"])  # type: ignore[arg-type]
        for number, net in enumerate(harness.connectors[name].pins):
            step = number * pitch
            right, down = (step, 0.0) if place["along"] == "x" else (0.0, step)
            found.append(Pad(part=name, pin=str(number + 1), x=x + right, y=y + down, net=net))
    return found


def _small(content: dict[str, object], harness: Harness) -> list[Pad]:
    span = float(content["axial_span"])  # type: ignore[arg-type]
    axial: dict[str, list[float]] = content["axial"]  # type: ignore[assignment]
    radial: dict[str, list[float]] = content["radial"]  # type: ignore[assignment]
    upright: dict[str, list[float]] = content["upright"]  # type: ignore[assignment]
    places = {name: (x, y, span, 0.0) for name, (x, y) in axial.items()}
    places |= {name: (x, y, wide, 0.0) for name, (x, y, wide) in radial.items()}
    places |= {name: (x, y, 0.0, down) for name, (x, y, down) in upright.items()}
    found = []
    for name, (x, y, right, down) in places.items():
        for number, net in enumerate(harness.board[name][1]):
            place = {"x": round(x + number * right, 3), "y": round(y + number * down, 3)}
            found.append(Pad(part=name, pin=str(number + 1), net=net, **place))
    return found


def _chips(content: dict[str, object], harness: Harness) -> list[Pad]:
    """Chips in two rows, notch to the left: pin 1 is below at the left, then round to the right.

    The place of a chip is that of its upper left pin, its last one.
    """
    places: dict[str, list[float]] = content["dip"]  # type: ignore[assignment]
    found = []
    for name, (left, top) in places.items():
        nets = harness.board[name][1]
        row = len(nets) // 2
        for number, net in enumerate(nets):
            across = number if number < row else len(nets) - 1 - number
            x = round(left + across * DIP_PITCH_MM, 3)
            y = round(top + (DIP_ROWS_MM if number < row else 0.0), 3)
            found.append(Pad(part=name, pin=str(number + 1), x=x, y=y, net=net))
    return found


def check_nets(board: Board, harness: Harness, nets: Sequence[Net]) -> list[str]:
    """The board joins what the net list joins on it: no more, no less."""
    on_board = {wiring.CONTROLLER, *harness.connectors, *harness.board}
    wanted = {
        (part, net if part == wiring.CONTROLLER else pin, net)
        for net, ends in wiring.net_list(harness, nets).items()
        for part, pin in ends
        if part in on_board
    }
    found = {
        (pad.part, pad.net if pad.part == wiring.CONTROLLER else pad.pin, pad.net)
        for pad in board.pads
        if pad.net
    }
    wrong = [f"{part}-{pin} has no {net} on the board." for part, pin, net in wanted - found]
    wrong += [f"{part}-{pin} has {net} on the board alone." for part, pin, net in found - wanted]
    return sorted(wrong)
