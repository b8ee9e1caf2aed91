"""Whether each cable is long enough for the way between its two ends in the box."""

import itertools
from collections.abc import Sequence

import numpy

from jimpitan_hardware import shell
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Numbers, Solid
from jimpitan_hardware.wiring import Cable, Harness

# Which solid a part of the harness is; a plug is a solid of its own name.
SOLIDS_BY_PART = {
    "A1": "sender B",
    "A2": "receiver B",
    "A3": "buzzer",
    "B1": "cell",
    "BT1": "battery holder",
    "D1": "surge diode",
    "S1": "reed left",
    "S2": "reed right",
    "U2": "scale converter",
    "U3": "motion sensor",
    "U4": "charger",
    "U5": "colour sensor",
    "U6": "amplifier",
    "U7": "screen",
    "LS1": "speaker",
}
SPARE_MM = 50  # to strip, crimp and plug both ends; an estimate


def ways_mm(solids: Sequence[Solid], harness: Harness, s: Sizes) -> dict[str, float]:
    """Return the shortest way of each cable along walls, in mm; none without a place."""
    found = {}
    for cable in harness.cables:
        start, end = _place(solids, cable.start, s), _place(solids, cable.end, s)
        if start is not None and end is not None:
            places = [start, *_corners(solids, cable), end]
            found[cable.name] = float(
                sum(numpy.abs(b - a).sum() for a, b in itertools.pairwise(places))
            )
    return found


def _place(solids: Sequence[Solid], end: str, s: Sizes) -> Numbers | None:
    if end == "P1":
        return numpy.array((s.width_mm, *shell.cable_exit(s)))
    name = SOLIDS_BY_PART.get(end, f"plug {end}")
    return next((_middle(solid) for solid in solids if solid.name == name), None)


def _corners(solids: Sequence[Solid], cable: Cable) -> list[Numbers]:
    """The cell's wire goes up the duct; that of the lights past both pairs to the buzzer."""
    if cable.end == "A3":
        lights = [solid for solid in solids if solid.name in ("light 1", "light 3")]
        return [_middle(solid) for solid in lights]
    if cable.start != "B1":
        return []
    box = next(solid for solid in solids if solid.name == "duct front").body().bounding_box()
    x, y = (box[0] + box[3]) / 2, box[4]
    return [numpy.array((x, y, z)) for z in (box[2], box[5])]


def _middle(solid: Solid) -> Numbers:
    box = numpy.array(solid.body().bounding_box())
    middle: Numbers = (box[:3] + box[3:]) / 2
    return middle


def check_reach(solids: Sequence[Solid], harness: Harness, s: Sizes) -> list[str]:
    """Every cable is as long as its way, and something to spare for its ends."""
    ways = ways_mm(solids, harness, s)
    wrong = [
        f"{cable.name} has {cable.length_mm} mm for a way of {ways[cable.name]:.0f} mm and "
        f"{SPARE_MM} mm to spare."
        for cable in harness.cables
        if cable.name in ways and cable.length_mm < ways[cable.name] + SPARE_MM
    ]
    return wrong + [
        f"{cable.name}: where {end} lies in the box is not known."
        for cable in harness.cables
        for end in (cable.start, cable.end)
        if _place(solids, end, s) is None
    ]
