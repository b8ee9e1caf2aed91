"""Writes solids as a STEP file, for any CAD program, with build123d of the extra `cad`."""

import importlib
import importlib.util
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy

from jimpitan_hardware.solids import CIRCLE_SIDES, Numbers, Solid

LIBRARY = "build123d"
HOW = f"STEP needs {LIBRARY}, about 1 GB: {sys.executable} -m pip install {LIBRARY}"
ROUND_MM = 1e-6  # the corners of a circle lie that evenly about its middle


def is_possible() -> bool:
    """Say whether build123d is installed; it takes 10 s to load and is not loaded for this."""
    return importlib.util.find_spec(LIBRARY) is not None


def circle(ring: Numbers) -> tuple[Numbers, float] | None:
    """Return middle and radius (mm) of the circle that a ring (n, 2) was drawn as, or nothing.

    `solids.disc` draws a circle as a polygon about it: the circle touches each side.
    """
    if len(ring) != CIRCLE_SIDES:
        return None
    middle: Numbers = ring.mean(axis=0)
    corners = numpy.hypot(*(ring - middle).T)
    if numpy.ptp(corners) > ROUND_MM:
        return None
    return middle, float(corners.mean()) * math.cos(math.pi / CIRCLE_SIDES)


def write(solids: Sequence[Solid], file: Path) -> None:
    """Write each solid under its name, in millimetres, with circles as circles.

    Raises ModuleNotFoundError without build123d: ask `is_possible` first.
    """
    cad = importlib.import_module(LIBRARY)
    whole = cad.Compound(label="box", children=[_body(cad, solid) for solid in solids])
    cad.export_step(whole, file, timestamp="")


def _body(cad: Any, solid: Solid) -> Any:
    outer, *holes = [_wire(cad, solid, ring) for ring in solid.rings()]
    height = solid.plane.n * solid.height_mm
    body = cad.Solid.extrude(cad.Face(outer, holes), tuple(height.tolist()))
    body.label = solid.name
    return body


def _wire(cad: Any, solid: Solid, ring: Numbers) -> Any:
    plane, found = solid.plane, circle(ring)
    if found is None:
        return cad.Wire.make_polygon([tuple(place) for place in plane.points(ring).tolist()])
    middle, radius = found
    origin = tuple(plane.points(middle[None, :])[0].tolist())
    return cad.Wire.make_circle(radius, cad.Plane(origin, plane.u, tuple(plane.n.tolist())))
