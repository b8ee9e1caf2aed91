"""Renders the wiring: WireViz's YAML, its picture, the net list, the tables of manual and guide.

`python -m jimpitan_hardware.harness --write` puts `wiring/harness.yml` and the tables in
README.md and panduan-merakit.md in their places; `--check` says whether the committed ones are
the rendered.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from jimpitan_hardware import pinmap, pins_classic, wiring
from jimpitan_hardware.manual_table import with_table
from jimpitan_hardware.pinmap import Net
from jimpitan_hardware.wiring import Harness, colour_of, net_list

HARDWARE = Path(__file__).resolve().parent.parent
TARGET = HARDWARE / "wiring" / "harness.yml"
MANUAL = HARDWARE / "README.md"
GUIDE = HARDWARE / "panduan-merakit.md"
BEGIN, END = "<!-- pins: rendered -->", "<!-- /pins -->"
PARTS_BEGIN, PARTS_END = "<!-- parts: rendered -->", "<!-- /parts -->"
FEET = {3: ("E", "B", "C"), 2: ("", "")}  # of a part of the board, by how many it has
CODES = {  # IEC 60757, as WireViz wants them
    "black": "BK",
    "brown": "BN",
    "red": "RD",
    "orange": "OG",
    "yellow": "YE",
    "green": "GN",
    "blue": "BU",
    "violet": "VT",
    "grey": "GY",
    "white": "WH",
}
DRAWING_S = 60  # how long the drawing program may take


def render(harness: Harness, nets: Sequence[Net]) -> str:
    """Return the YAML that WireViz draws."""
    gpio = {harness.behind.get(net.signal, net.signal): net for net in nets}
    connectors: dict[str, object] = {}
    for name, connector in harness.connectors.items():
        labels = [
            f"{one} (GPIO{gpio[one].gpio})" if one in gpio else one for one in connector.pins
        ]
        connectors[name] = {"type": connector.part, "pinlabels": labels}
    for name, part in harness.parts.items():
        pins = list(part.nets_by_pin)
        shown = f"{part.name}, optional" if part.is_optional else part.name
        connectors[name] = {"type": shown, "subtype": part.part, "pinlabels": pins}
    cables: dict[str, object] = {}
    connections = []
    for cable in harness.cables:
        colours = [
            CODES[colour_of(harness, nets, harness.net_at(cable.start, first) or "", first)]
            if cable.name not in ("W10", "W11")
            else CODES["black" if first == "-" else "red"]
            for first, _ in cable.wires
        ]
        cables[cable.name] = {
            "wirecount": len(cable.wires),
            "colors": colours,
            "length": cable.length_mm / 1000,
            "gauge": "0.25 mm2",
        }
        starts = [_number(harness, cable.start, pin) for pin, _ in cable.wires]
        ends = [_number(harness, cable.end, pin) for _, pin in cable.wires]
        wires = list(range(1, len(cable.wires) + 1))
        connections.append([{cable.start: starts}, {cable.name: wires}, {cable.end: ends}])
    content = {"connectors": connectors, "cables": cables, "connections": connections}
    head = "# Generated from pinmap.json and harness.json; do not edit.\n"
    return head + yaml.safe_dump(content, sort_keys=False, width=99, default_flow_style=None)


def _number(harness: Harness, place: str, pin: str) -> int:
    if place in harness.connectors:
        return int(pin)
    return list(harness.parts[place].nets_by_pin).index(pin) + 1


def table(nets: Sequence[Net]) -> str:
    """Return the table of the manual."""
    lines = ["| signal | S3 | classic | what | at | wire |", "|---|---|---|---|---|---|"]
    for net in nets:
        classic = "–" if net.classic_gpio is None else str(net.classic_gpio)
        cells = (net.signal, str(net.gpio), classic, net.note, net.connector, net.wire)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def parts_table(harness: Harness, nets: Sequence[Net]) -> str:
    """Return the table of the guide, in Indonesian: which small part goes from where to where."""
    lines = ["| bagian | nilai | dari | ke | |", "|---|---|---|---|---|"]
    for name, (value, ends) in harness.board.items():
        if len(ends) not in FEET:
            lines.append(f"| {' | '.join((name, value, *_chip_cells(harness, nets, name)))} |")
            continue
        cells = [
            f"{foot}: {_spot(harness, nets, net)}" if foot else _spot(harness, nets, net)
            for foot, net in zip(FEET[len(ends)], ends, strict=True)
        ]
        if name.startswith("D"):
            cells[0] += " (cincin)"
        if "V" in value:  # an electrolytic capacitor
            cells[0] += " (kaki +)"
        cells += [""] * (3 - len(cells))
        lines.append(f"| {' | '.join((name, value, *cells))} |")
    return "\n".join(lines)


def _chip_cells(harness: Harness, nets: Sequence[Net], name: str) -> tuple[str, str, str]:
    """Where the pins of a chip go: signals, supply, and what is left open."""
    pins_by_net: dict[str, list[str]] = {}
    for number, net in enumerate(harness.board[name][1], start=1):
        pins_by_net.setdefault(net, []).append(str(number))
    empty = pins_by_net.pop("", [])
    said = {net: f"kaki {', '.join(pins)}: " for net, pins in pins_by_net.items()}
    signals = [
        said[net] + (outside(harness, nets, net) or ", ".join(_others(harness, net, name)))
        for net in said
        if net not in harness.rails
    ]
    rails = [said[net] + net for net in said if net in harness.rails]
    return (
        "; ".join(signals),
        "; ".join(rails),
        f"kaki {', '.join(empty)} terbuka" if empty else "",
    )


def _spot(harness: Harness, nets: Sequence[Net], name: str) -> str:
    """Where a net is found on the board: a rail, a pin of the controller, of a plug or a chip."""
    if name in harness.rails:
        return name
    if spots := outside(harness, nets, name):
        return spots
    return ", ".join(
        f"{part}-{ends.index(name) + 1}"
        for part, (_, ends) in harness.board.items()
        if len(ends) not in FEET and name in ends
    )


def _others(harness: Harness, net: str, name: str) -> list[str]:
    """Which other parts of the board a net of a chip leads to."""
    return [part for part, (_, ends) in harness.board.items() if net in ends and part != name]


def outside(harness: Harness, nets: Sequence[Net], name: str) -> str:
    """At which pins of controller, plugs and transistors a net is."""
    spots = [f"GPIO{net.gpio}" for net in nets if net.signal == name]
    spots += [
        f"{plug}-{number}"
        for plug, connector in harness.connectors.items()
        for number, one in enumerate(connector.pins, start=1)
        if one == name
    ]
    for part, (_, ends) in harness.board.items():
        if len(ends) == len(FEET[3]) and ends[1] == name:
            spots.append(f"{part} B")
    return ", ".join(spots)


def net_list_text(harness: Harness, nets: Sequence[Net]) -> str:
    """Return the net list as JSON: net, then part and pin of each end."""
    ends = {
        name: [f"{part}.{pin}" for part, pin in found]
        for name, found in net_list(harness, nets).items()
    }
    return json.dumps(ends, indent=1) + "\n"


def draw(source: Path, folder: Path) -> str | None:
    """Let WireViz draw into a folder; return why not when it cannot."""
    if shutil.which("dot") is None:
        return "the picture of the harness: graphviz's dot is missing (apt-get install graphviz)"
    command = [sys.executable, "-m", "wireviz.wv_cli", "-f", "pst", "-o", str(folder), str(source)]
    done = subprocess.run(  # noqa: S603 - our own interpreter, fixed words
        command, capture_output=True, text=True, timeout=DRAWING_S, check=False
    )
    if done.returncode:
        return f"the picture of the harness: WireViz failed: {done.stderr.strip()[-300:]}"
    return None


def broken_rules() -> list[str]:
    """Return a sentence for everything that is wrong with pins and wiring."""
    nets = pinmap.load()
    harness = wiring.load()
    return [
        *pinmap.broken_rules(nets),
        *pins_classic.broken_rules(nets),
        *wiring.broken_rules(harness, nets),
    ]


def _rendered(text: str, nets: Sequence[Net]) -> dict[Path, str]:
    """Return what stands in each committed file."""
    manual, guide = (one.read_text(encoding="utf-8") for one in (MANUAL, GUIDE))
    parts = parts_table(wiring.load(), nets)
    return {
        TARGET: text,
        MANUAL: with_table(manual, table(nets), BEGIN, END),
        GUIDE: with_table(guide, parts, PARTS_BEGIN, PARTS_END),
    }


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description="The harness of the box.")
    parser.add_argument("--write", action="store_true", help="put YAML and table in their places")
    parser.add_argument("--check", action="store_true", help="compare with the committed ones")
    asked = parser.parse_args(words)
    if wrong := broken_rules():
        sys.stderr.write("\n".join(wrong) + "\n")
        return 1
    nets = pinmap.load()
    text = render(wiring.load(), nets)
    if asked.write:
        for file, content in _rendered(text, nets).items():
            file.write_text(content, encoding="utf-8")
    elif asked.check:
        rendered = _rendered(text, nets)
        if old := [f.name for f in rendered if f.read_text(encoding="utf-8") != rendered[f]]:
            sys.stderr.write(f"Old: {', '.join(old)}. Run it with --write.\n")
            return 1
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
