"""What stands near the throat, seen along x: as sections at one place, or as shadows of slabs.

Everything becomes convex pieces (y, z), because two convex things are apart exactly when some
direction separates them. An outline with a bay in it, such as an L, is cut into triangles.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import manifold3d
import numpy
from numpy.typing import NDArray
from shapely.geometry import Polygon

from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Numbers, Solid
from jimpitan_hardware.throat import SIDE_GAP_MM, edges_x

ALONG_X = [[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]  # u is y, v is z, height is x
BELOW_MM, BEFORE_MM = 60.0, 25.0  # so far below the bay's floor, and before the strip, is near
ROUND_MM = 4  # decimals within which two pieces are the same one
Slabs = NDArray[numpy.uint64]


@dataclass(frozen=True, slots=True)
class Shadow:
    """A convex piece (y, z) of what stands in some slabs of the throat, a bit each."""

    points: Numbers
    slabs: int


def convex_pieces(outline: manifold3d.CrossSection) -> list[Numbers]:
    """Return an outline, with holes and bays or without, as convex polygons that fill it."""
    found = []
    for one in outline.decompose():
        rings = [numpy.asarray(ring, dtype=float) for ring in one.to_polygons()]
        if not rings:  # an empty outline is taken apart into one empty piece
            continue
        if len(rings) == 1 and _is_convex(rings[0]):
            found.append(rings[0])
            continue
        corners = numpy.vstack(rings)
        found += [corners[list(three)] for three in manifold3d.triangulate(rings)]
    return found


def _is_convex(ring: Numbers) -> bool:
    polygon = Polygon(ring)
    return bool(abs(polygon.convex_hull.area - polygon.area) < 1e-6)


def _is_near(points: Numbers, s: Sizes) -> bool:
    low = s.bay_floor_z_mm - BELOW_MM
    return bool(points[:, 1].max() > low and points[:, 0].max() > s.strip_y_mm - BEFORE_MM)


def section(solids: Sequence[Solid], s: Sizes, x_mm: float | None = None) -> list[Numbers]:
    """Return everything near the throat cut across at a place; in its middle when none is told."""
    at_mm = s.width_mm / 2 if x_mm is None else x_mm
    found = []
    for solid in solids:
        cut = solid.body().transform(ALONG_X).slice(at_mm)
        found += [piece for piece in convex_pieces(cut) if _is_near(piece, s)]
    return found


def slab_edges(s: Sizes) -> Numbers:
    """Return the edges of the slabs along x, one slab a leaf of the flap."""
    left, right = edges_x(s)
    return numpy.linspace(left, right - SIDE_GAP_MM, s.flap_leaves + 1)


def shadows(solids: Sequence[Solid], s: Sizes) -> list[Shadow]:
    """Return what stands near the throat in each slab, pressed flat along x.

    A thing in a slab meets what it would meet in no section of it: the slab's shadow is larger.
    """
    edges = slab_edges(s)
    slabs_by_piece: dict[bytes, int] = {}
    points_by_piece: dict[bytes, Numbers] = {}
    for solid in solids:
        box = numpy.array(solid.body().bounding_box())
        if not _is_near(numpy.array((box[1:3], box[4:6])), s):
            continue
        for slab, (low, high) in enumerate(itertools.pairwise(edges)):
            if box[3] <= low or box[0] >= high:
                continue
            within = solid.body().trim_by_plane((1, 0, 0), low).trim_by_plane((-1, 0, 0), -high)
            for points in convex_pieces(within.transform(ALONG_X).project()):
                if _is_near(points, s):
                    key = (numpy.round(points, ROUND_MM) + 0.0).tobytes()
                    points_by_piece[key] = points
                    slabs_by_piece[key] = slabs_by_piece.get(key, 0) | 1 << slab
    return [Shadow(points_by_piece[key], slabs) for key, slabs in slabs_by_piece.items()]


def slabs_of(s: Sizes, low_mm: Numbers, high_mm: Numbers) -> Slabs:
    """Return which slabs things between two places along x reach into, a bit each."""
    edges = slab_edges(s)
    found = numpy.zeros(len(low_mm), dtype=numpy.uint64)
    for slab, (low, high) in enumerate(itertools.pairwise(edges)):
        found |= ((low_mm < high) & (high_mm > low)).astype(numpy.uint64) << numpy.uint64(slab)
    return found
