"""Whether cash falls through the throat and a wire hook does not come back.

The box is cut across the slot at several places; in a section a coin is a stiff bar as long as it
is wide. All poses of the bar (height, depth, tilt) are tried on a grid, and those from which it
can descend step by step without touching anything are kept. This is geometry only: friction,
bounce and static charge are left to a real box. `insertions.py` follows single coins and notes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPoint, Polygon

from jimpitan_hardware.cash import Cash
from jimpitan_hardware.insertions import FACET_MM, LAYERS_MM, without_flap
from jimpitan_hardware.shadows import section, slab_edges
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Numbers, Solid
from jimpitan_hardware.throat import chute_face, chute_top, flap, flap_rest_degrees

Flags = NDArray[numpy.bool_]
Places = NDArray[numpy.float32]  # half as much memory: a grid has a million poses
STEP_Z_MM = 1.0
STEP_Y_MM = 0.4
STEP_DEGREES = 2.5
TILTS = numpy.radians(numpy.arange(-5.0, 75.1, STEP_DEGREES))
TOUCH_MM = 1e-3
WOBBLE_MM = 0.4  # a coin is never quite parallel to the slot
WIRE_MM = 1.5
BARB_MM = 4.0  # as much as the slot lets in across
SIDEWAYS_MM = 8.0
SHAFT_MM = 14.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A stiff thing in the section: how long and how thick, in mm."""

    length_mm: float
    thick_mm: float


@dataclass(frozen=True, slots=True)
class Grid:
    """The places that a bar's middle is tried at."""

    ys: Numbers
    zs: Numbers

    @classmethod
    def of(cls, s: Sizes, thing: Bar) -> "Grid":
        """Return the grid from above the slot to below the chute."""
        reach = thing.length_mm / 2
        low = chute_top(s)[1] - s.chute_length_mm - 4
        zs = numpy.arange(s.height_mm + reach + 2, low, -STEP_Z_MM)
        return cls(numpy.arange(s.strip_y_mm - 6, s.slot_y_mm + 8, STEP_Y_MM), zs)


def free_poses(thing: Bar, obstacles: Sequence[Numbers], grid: Grid) -> Flags:
    """Return which poses (height, depth, tilt) of a bar touch no obstacle."""
    still = (numpy.zeros_like(TILTS), numpy.zeros_like(TILTS))
    return _free(thing, obstacles, grid, still)


def _free(
    thing: Bar, obstacles: Sequence[Numbers], grid: Grid, offset: tuple[Numbers, Numbers]
) -> Flags:
    """Separating axes of a turned bar, off the grid's place by its tilt, and convex polygons."""
    z = (grid.zs[:, None, None] + offset[1]).astype(numpy.float32)
    y = (grid.ys[None, :, None] + offset[0]).astype(numpy.float32)
    free = numpy.ones((len(grid.zs), len(grid.ys), len(TILTS)), dtype=bool)
    long, thick = thing.length_mm / 2, thing.thick_mm / 2
    # The bar's long axis; its lower end lies to the front (small y) when tilted.
    axis = (numpy.sin(TILTS), numpy.cos(TILTS))
    around = math.hypot(long, thick) + float(numpy.hypot(*offset).max())
    for points in obstacles:
        # Only the layers that can reach this obstacle are looked at.
        low, high = points[:, 1].min() - around, points[:, 1].max() + around
        first, last = numpy.searchsorted(-grid.zs, (-high, -low))
        free[first:last] &= _apart(points, (y, z[first:last]), axis, (long, thick))
    return free


def _apart(
    points: Numbers,
    place: tuple[Places, Places],
    axis: tuple[Numbers, Numbers],
    half: tuple[float, float],
) -> Flags:
    """Whether a turned bar and a convex polygon are apart: by every side and every axis."""
    y, z = place
    away = numpy.zeros(numpy.broadcast_shapes(y.shape, z.shape), dtype=bool)
    for nu, nv in _normals(points):
        reach = numpy.abs(axis[0] * nu + axis[1] * nv) * half[0]
        reach += numpy.abs(axis[1] * nu - axis[0] * nv) * half[1] - TOUCH_MM
        seen = points @ numpy.array((nu, nv))
        along = y * numpy.float32(nu) + z * numpy.float32(nv)
        away |= along > (seen.max() + reach).astype(numpy.float32)
        away |= along < (seen.min() - reach).astype(numpy.float32)
    for (au, av), size in ((axis, half[0]), ((axis[1], -axis[0]), half[1])):
        seen = points[:, :1] * au + points[:, 1:] * av
        along = y * au.astype(numpy.float32) + z * av.astype(numpy.float32)
        away |= along > (seen.max(axis=0) + size - TOUCH_MM).astype(numpy.float32)
        away |= along < (seen.min(axis=0) - size + TOUCH_MM).astype(numpy.float32)
    return away


def _normals(points: Numbers) -> list[tuple[float, float]]:
    """Return the directions across the sides of a polygon; parallel sides have one."""
    found: dict[tuple[float, float], tuple[float, float]] = {}
    for u, v in numpy.roll(points, -1, axis=0) - points:
        length = math.hypot(u, v)
        if length > 1e-6:
            across = (float(v / length), float(-u / length))
            turned = across if across > (0.0, 0.0) else (-across[0], -across[1])
            found.setdefault((round(turned[0], 6), round(turned[1], 6)), across)
    return list(found.values())


def ways_out(free: Flags) -> Flags:
    """Return the poses from which the bar can get to the lowest layer, never rising."""
    able = numpy.zeros_like(free)
    able[-1] = free[-1]
    for layer in range(free.shape[0] - 2, -1, -1):
        able[layer] = _spread(able[layer + 1] & free[layer], free[layer])
    return able


def _spread(start: Flags, free: Flags) -> Flags:
    """Return every free pose of a layer that hangs together with one of the start."""
    reached = start
    while True:
        wider = reached.copy()
        wider[1:] |= reached[:-1]
        wider[:-1] |= reached[1:]
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        wider &= free
        if (wider == reached).all():
            return reached
        reached = wider


def with_flap(solids: Sequence[Solid], s: Sizes, degrees: float) -> list[Solid]:
    """Return the parts with the flap at an angle."""
    return [*without_flap(solids), *flap(s, degrees=degrees)]


def share_through(thing: Bar, obstacles: Sequence[Numbers], s: Sizes) -> float:
    """Return the share of the free poses inside the slot from which a bar gets out below."""
    grid = Grid.of(s, thing)
    free = free_poses(thing, obstacles, grid)
    able = ways_out(free)
    inside = (grid.zs - thing.length_mm / 2 < s.height_mm - 2) & (
        grid.zs + thing.length_mm / 2 > s.height_mm
    )
    entry = numpy.ix_(inside, _in_slot(grid, s), numpy.abs(TILTS) < math.radians(3))
    there = free[entry]
    return float(able[entry].sum() / there.sum()) if there.any() else 0.0


def _in_slot(grid: Grid, s: Sizes) -> Flags:
    """Return which places of a grid lie between front and back of the slot."""
    return numpy.abs(grid.ys - s.slot_y_mm) < s.slot_gap_mm / 2


def places_x(s: Sizes) -> list[float]:
    """Return where the throat is cut: in a leaf at either end and in the middle, and in a gap."""
    edges = slab_edges(s)
    middle = len(edges) // 2
    leaves = [float(edges[number] + 1.0) for number in (0, middle, len(edges) - 2)]
    return [*leaves, float(edges[middle] - 0.2)]


def sections(solids: Sequence[Solid], s: Sizes) -> list[list[Numbers]]:
    """Return the sections of the throat, each that differs from the others once."""
    found = {}
    for x in places_x(s):
        pieces = section(solids, s, x)
        found[b"".join(sorted(numpy.round(one, 3).tobytes() for one in pieces))] = pieces
    return list(found.values())


def check_poses(solids: Sequence[Solid], s: Sizes, cash: Cash) -> list[str]:
    """From every pose in the slot the largest coin and a folded note can sink out below."""
    wrong = []
    for pieces in sections(with_flap(solids, s, s.flap_opens_degrees), s):
        for thing in (_largest(cash), Bar(FACET_MM, LAYERS_MM)):
            share = share_through(thing, pieces, s)
            if share < 1.0:
                wrong.append(
                    f"From {1 - share:.0%} of the poses in the slot {thing.length_mm:.0f} x "
                    f"{thing.thick_mm} mm do not get out below."
                )
    return wrong


def _largest(cash: Cash) -> Bar:
    """A coin as wide as the widest and as thick as the thickest: what it passes, all pass."""
    thick = max(coin.thick_mm for coin in cash.coins)
    wide = max(coin.diameter_mm for coin in cash.coins)
    return Bar(wide, round(thick + WOBBLE_MM, 2))


def check_flap(s: Sizes) -> list[str]:
    """The closed flap leans on the chute, and cannot be pulled through it from below."""
    chute = chute_face(s)
    rest = flap_rest_degrees(s)
    wrong = []
    gap = _leaf(s, rest).distance(chute)
    if gap > 0.3:
        wrong.append(f"The closed flap leaves {gap:.1f} mm open over the chute.")
    if _leaf(s, rest - 6).intersection(chute).area < 0.5:
        wrong.append("The flap can swing back through the chute: pulling opens it.")
    if rest < 5:
        wrong.append("The flap hangs straight: its weight does not close it.")
    near, far = s.slot_y_mm - s.slot_gap_mm / 2, s.slot_y_mm + s.slot_gap_mm / 2
    for top in numpy.linspace(near, far, 9):
        for low in numpy.linspace(near, far, 9):
            # Through the throat in a straight line, and on to the level where the chute ends.
            slope = (low - top) / s.throat_mm
            end_z = chute_top(s)[1] - s.chute_length_mm
            end = (top + slope * (s.height_mm - end_z), end_z)
            if not LineString([(top, s.height_mm), end]).intersects(chute):
                wrong.append("A straight wire gets from the slot to the money.")
                return wrong
    return wrong


def _leaf(s: Sizes, degrees: float) -> Polygon:
    """A leaf of the flap in section (y, z)."""
    leaf = flap(s, degrees=degrees)[0]
    u = numpy.array([leaf.outline.bounds[0]] * 2)
    v = numpy.array([leaf.outline.bounds[1], leaf.outline.bounds[3]])
    flat = numpy.column_stack((u, v))
    corners = numpy.vstack((leaf.plane.points(flat), leaf.plane.points(flat, leaf.height_mm)))
    return MultiPoint(corners[:, 1:]).convex_hull


def wire_lifts_degrees(s: Sizes) -> float:
    """Return how far a wire that lies on the chute holds a leaf open."""
    chute = chute_face(s)
    degrees = flap_rest_degrees(s)
    while _leaf(s, degrees).distance(chute) < WIRE_MM and degrees < s.flap_opens_degrees:
        degrees += 0.25
    return degrees


def hook_comes_back(solids: Sequence[Solid], s: Sizes, degrees: float) -> bool:
    """Whether a hook of wire comes back up while a leaf stands at an angle.

    The hook is a piece of shaft with a barb across its end, tried as two bars that move as one.
    """
    return any(
        _hook_comes_back(pieces, s) for pieces in sections(with_flap(solids, s, degrees), s)
    )


def _hook_comes_back(obstacles: Sequence[Numbers], s: Sizes) -> bool:
    shaft, barb = Bar(SHAFT_MM, WIRE_MM), Bar(WIRE_MM, BARB_MM)
    grid = Grid.of(s, shaft)
    free = free_poses(shaft, obstacles, grid)
    ways = []
    for side in (-1, 1):  # the barb points to the front or to the back
        both = free & _end_free(barb, obstacles, grid, side)
        able = ways_out(both)  # what can go down can come up the same way
        top = int(numpy.searchsorted(-grid.zs, -(s.bay_floor_z_mm + 10)))
        ways.append(bool(able[top][_in_slot(grid, s)].any()))
    return any(ways)


def _end_free(barb: Bar, obstacles: Sequence[Numbers], grid: Grid, side: int) -> Flags:
    """Where the barb at the lower end of the shaft touches nothing."""
    axis = (numpy.sin(TILTS), numpy.cos(TILTS))
    down, out = SHAFT_MM / 2, side * (BARB_MM - WIRE_MM) / 2
    offset = (-axis[0] * down + axis[1] * out, -axis[1] * down - axis[0] * out)
    return _free(barb, obstacles, grid, offset)


def check_leaves(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """The box hangs the very leaves, closed, that are tried with a hook and with cash."""
    hung = {one.name: one for one in solids if one.group == "flap"}
    wrong = []
    for leaf in flap(s, degrees=flap_rest_degrees(s)):
        found = hung.get(leaf.name)
        if found is None:
            wrong.append(f"The box has no {leaf.name} of the flap: a hook comes back there.")
        elif not _same(found, leaf):
            wrong.append(f"The box's {leaf.name} is not the one that is tried with a hook.")
    return wrong


def _same(one: Solid, other: Solid) -> bool:
    return (
        one.plane == other.plane
        and one.height_mm == other.height_mm
        and one.outline.equals_exact(other.outline, TOUCH_MM)
    )


def check_hook(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """A hook does not come back under a leaf that its own wire lifts, nor beside it."""
    wrong = check_leaves(solids, s)
    if hook_comes_back(solids, s, wire_lifts_degrees(s)):
        wrong.append(f"A hook with a barb of {BARB_MM:.0f} mm comes back past the flap.")
    leaf = flap(s, degrees=0)[0].outline.bounds
    if leaf[2] - leaf[0] > SIDEWAYS_MM - WIRE_MM:
        wrong.append("A barb turned sideways comes back under one leaf: the leaves are too wide.")
    return wrong
