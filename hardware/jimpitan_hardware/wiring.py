"""What is wired to what: connectors, parts and cables, and the rules they keep.

`wiring/harness.json` says where a wire ends; which GPIO a signal has says the pin map alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jimpitan_hardware.pinmap import Net

SOURCE = Path(__file__).resolve().parent.parent / "wiring" / "harness.json"
CONTROLLER = "U1"
End = tuple[str, str]  # part and pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A plug on the module board; its pins count from one."""

    part: str
    pins: tuple[str, ...]
    is_optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that is wired: its pins and the net of each."""

    name: str
    part: str
    nets_by_pin: dict[str, str]
    is_optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """A cable: which pin of one end goes to which pin of the other."""

    name: str
    start: str
    end: str
    length_mm: int
    wires: tuple[tuple[str, str], ...]
    is_optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """Everything that is wired in a box."""

    rails: dict[str, str]
    fed: dict[str, str]  # what the board makes of a rail, and the colour of its wire
    connectors: dict[str, Connector]
    behind: dict[str, str]  # signal at the GPIO -> what leaves the board
    parts: dict[str, Part]
    cables: tuple[Cable, ...]
    board: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def net_at(self, place: str, pin: str) -> str | None:
        """Return the net at a pin of a connector or part; None when there is none."""
        if place in self.connectors:
            pins = self.connectors[place].pins
            is_there = pin.isdigit() and 1 <= int(pin) <= len(pins)
            return pins[int(pin) - 1] if is_there else None
        part = self.parts.get(place)
        return part.nets_by_pin.get(pin) if part is not None else None


def load(source: Path = SOURCE) -> Harness:
    """Return the harness of a file."""
    content = json.loads(source.read_text(encoding="utf-8"))
    return Harness(
        rails=content["rails"],
        fed=content["fed"],
        connectors={
            name: Connector(
                part=one["part"], pins=tuple(one["pins"]), is_optional=one.get("optional", False)
            )
            for name, one in content["connectors"].items()
        },
        behind=content["behind"],
        parts={
            name: Part(
                name=one["name"],
                part=one["part"],
                nets_by_pin=one["pins"],
                is_optional=one.get("optional", False),
            )
            for name, one in content["parts"].items()
        },
        cables=tuple(
            Cable(
                name=one["name"],
                start=one["from"],
                end=one["to"],
                length_mm=one["length_mm"],
                wires=tuple((first, second) for first, second in one["wires"]),
                is_optional=one.get("optional", False),
            )
            for one in content["cables"]
        ),
        board={name: (one["value"], tuple(one["nets"])) for name, one in content["board"].items()},
    )


def net_list(harness: Harness, nets: Sequence[Net]) -> dict[str, list[End]]:
    """Return every net with all its ends: controller, small parts, connectors, far ends."""
    found: dict[str, list[End]] = {}
    for net in nets:
        found.setdefault(net.signal, []).append((CONTROLLER, f"GPIO{net.gpio}"))
    for rail in harness.rails:
        found.setdefault(rail, []).append((CONTROLLER, rail))
    for name, (_, ends) in harness.board.items():
        for number, net_name in enumerate(ends, start=1):
            if net_name:  # a chip's unused output is left open
                found.setdefault(net_name, []).append((name, str(number)))
    for name, connector in harness.connectors.items():
        for number, net_name in enumerate(connector.pins, start=1):
            found.setdefault(net_name, []).append((name, str(number)))
    for name, part in harness.parts.items():
        for pin, net_name in part.nets_by_pin.items():
            found.setdefault(net_name, []).append((name, pin))
    return {net_name: found[net_name] for net_name in sorted(found)}


def colour_of(harness: Harness, nets: Sequence[Net], net_name: str, pin: str) -> str:
    """Return the colour of a wire: of its rail, of its signal, or the cell's own."""
    if found := harness.rails.get(net_name) or harness.fed.get(net_name):
        return found
    signals = {harness.behind.get(net.signal, net.signal): net.wire for net in nets}
    return signals.get(net_name, pin)


def broken_rules(harness: Harness, nets: Sequence[Net]) -> list[str]:
    """Return a sentence for each thing that is wrong with the wiring."""
    return [
        *_wrong_connectors(harness, nets),
        *_wrong_cables(harness, nets),
        *_unwired(harness),
        *_lonely(harness, nets),
    ]


def _wrong_connectors(harness: Harness, nets: Sequence[Net]) -> list[str]:
    """A signal leaves the board at the pin that the pin map says, and nowhere unsaid."""
    wrong = []
    said = set()
    for net in nets:
        place, _, pin = net.connector.partition("-")
        outside = harness.behind.get(net.signal, net.signal)
        if place.startswith("JP"):
            if net.signal not in harness.board.get(place, ("", ()))[1]:
                wrong.append(f"{net.signal} is not at {place}.")
            continue
        said.add((place, outside))
        if (found := harness.net_at(place, pin)) != outside:
            wrong.append(f"{net.connector} carries {found}, but the pin map says {outside}.")
    known = {*harness.rails, *harness.fed} | {
        harness.behind.get(net.signal, net.signal) for net in nets
    }
    for name, connector in harness.connectors.items():
        for net_name in connector.pins:
            if net_name not in known:
                wrong.append(f"{name} carries {net_name}, which the pin map does not know.")
    return wrong


def _wrong_cables(harness: Harness, nets: Sequence[Net]) -> list[str]:
    """Both ends of a wire are the same net, and no colour stands twice in a cable."""
    wrong = []
    for cable in harness.cables:
        colours = []
        for first, second in cable.wires:
            one, other = harness.net_at(cable.start, first), harness.net_at(cable.end, second)
            if one is None or one != other:
                wrong.append(
                    f"{cable.name}: {cable.start}-{first} is {one}, {cable.end}-{second} {other}."
                )
            colours.append(colour_of(harness, nets, one or "", first))
        twice = {colour for colour in colours if colours.count(colour) > 1}
        wrong += [f"{cable.name} has two {colour} wires." for colour in sorted(twice)]
    return wrong


def _unwired(harness: Harness) -> list[str]:
    """Every pin of every part and connector has a wire."""
    wired = set()
    for cable in harness.cables:
        for first, second in cable.wires:
            wired |= {(cable.start, first), (cable.end, second)}
    pins = [(name, pin) for name, part in harness.parts.items() for pin in part.nets_by_pin]
    for name, connector in harness.connectors.items():
        pins += [(name, str(number + 1)) for number in range(len(connector.pins))]
    return [f"{name}-{pin} has no wire." for name, pin in pins if (name, pin) not in wired]


def _lonely(harness: Harness, nets: Sequence[Net]) -> list[str]:
    """A net joins at least two ends."""
    return [
        f"{net_name} ends at {ends[0][0]} alone."
        for net_name, ends in net_list(harness, nets).items()
        if len(ends) < 2
    ]
