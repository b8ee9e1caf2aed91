"""A thousand coins and folded notes put into the slot, each followed until it is out below.

Each begins with its lower end in the slot, at a place, tilt and turn of its own, and then only
sinks: its middle never rises, it turns and slides as far as what stands there leaves it room, and
it lifts the leaves of the flap that it meets. What stands there is pressed flat along x over the
slabs that the thing reaches into, so that it has less room here than in a box. A note is followed
by its leading facet; the rest of it bends the same way. Friction, weight of the leaves and static
charge are left to a real box.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from jimpitan_hardware.cash import Cash
from jimpitan_hardware.shadows import Shadow, shadows, slabs_of
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Numbers, Solid
from jimpitan_hardware.throat import (
    ROD_MM,
    chute_face,
    edges_x,
    flap_axis,
    flap_rest_degrees,
)

Flags = NDArray[numpy.bool_]
Side = tuple[float, float, float, float]  # a direction, and how far a polygon reaches along it
INSERTIONS = 1000
COINS_SHARE = 0.7
LAYERS_MM = 1.6  # a note folded to four layers, with the air between them
FACET_MM = 20.0  # paper bends at least every so often
ASKEW_DEGREES = 5.0  # of a note in the slot, seen from the front
TILT_DEGREES, YAW_DEGREES = 3.0, 2.0  # of what a hand puts in: to front or back, about the upright
IN_MM = 2.0  # so deep a hand holds its lower end in the slot before it lets go
STARTS = 60  # places that a hand tries for one thing
# The largest part of one step; things are ten times as long, so that nothing is stepped over.
SINK_MM, SLIDE_MM, TURN_DEGREES = 2.0, 0.6, 4.0
TRIES = (1, 4, 12)  # of a step: straight down, then a few by chance, then many
STEPS, STUCK_STEPS = 1200, 25
LIFT_DEGREES = 2.5  # so far leaves are lifted at a time
OUT_MM = 12.0  # below the end of the chute, a thing's middle is out
TOUCH_MM = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A coin, or the leading facet of a folded note; lengths in mm."""

    name: str
    long_mm: float
    thick_mm: float
    wide_mm: float  # along the slot


@dataclass(slots=True, kw_only=True)
class Poses:
    """Where things are: middle (y, z) in mm, tilt of the lower end to the front in radians."""

    y: Numbers
    z: Numbers
    tilt: Numbers
    leaf: Numbers  # radians forward of the upright

    def of(self, which: Flags | NDArray[numpy.int64]) -> "Poses":
        """Return some of them."""
        return Poses(
            y=self.y[which], z=self.z[which], tilt=self.tilt[which], leaf=self.leaf[which]
        )

    def put(self, which: NDArray[numpy.int64], others: "Poses") -> None:
        """Take others in their place."""
        self.y[which], self.z[which] = others.y, others.z
        self.tilt[which], self.leaf[which] = others.tilt, others.leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The things of all insertions: half lengths along and across in mm, and their slabs."""

    long: Numbers
    thick: Numbers
    slabs: NDArray[numpy.uint64]

    def of(self, which: Flags | NDArray[numpy.int64]) -> "Crowd":
        """Return some of them."""
        return Crowd(long=self.long[which], thick=self.thick[which], slabs=self.slabs[which])


def drawn(cash: Cash, seed: int, count: int = INSERTIONS) -> list[Thing]:
    """Return random coins, each kind as often as another, and notes folded once or twice."""
    draw = random.Random(seed)  # noqa: S311 - which coin is tried where, not a secret
    things = []
    for number in range(count):
        if number < count * COINS_SHARE:
            coin = cash.coins[number % len(cash.coins)]
            name = f"Rp{coin.amount_idr} of {coin.emission}"
            wide = coin.diameter_mm
            things.append(Thing(name=name, long_mm=wide, thick_mm=coin.thick_mm, wide_mm=wide))
            continue
        amount = draw.choice(sorted(cash.note_lengths_mm))
        folded = max(cash.note_lengths_mm[amount]) / draw.choice((2, 3))
        askew = math.radians(draw.uniform(0, ASKEW_DEGREES))
        wide = cash.note_height_mm * math.cos(askew) + folded * math.sin(askew)
        name = f"a note of Rp{amount}"
        things.append(Thing(name=name, long_mm=FACET_MM, thick_mm=LAYERS_MM, wide_mm=wide))
    return things


class Throat:
    """What stands in the way of a crowd: still pieces, and the leaves that things lift."""

    def __init__(self, still: Sequence[Shadow], s: Sizes, *, opens_degrees: float) -> None:
        self._still = [(numpy.uint64(one.slabs), one.points, _sides(one.points)) for one in still]
        self._low = numpy.array([one.points.min(axis=0) for one in still])
        self._high = numpy.array([one.points.max(axis=0) for one in still])
        self._axis = flap_axis(s)
        self._leaf = (s.flap_length_mm / 2, s.flap_thick_mm / 2)
        self.opens = math.radians(opens_degrees)

    def free(self, crowd: Crowd, at: Poses) -> Flags:
        """Return which things touch nothing still."""
        free = numpy.ones(len(at.y), dtype=bool)
        around = numpy.hypot(crowd.long, crowd.thick)
        low = numpy.array((at.y - around, at.z - around))
        high = numpy.array((at.y + around, at.z + around))
        reached = (self._high > low.min(axis=1)) & (self._low < high.max(axis=1))
        for number in numpy.nonzero(reached.all(axis=1))[0]:
            slabs, points, sides = self._still[number]
            near = free & ((crowd.slabs & slabs) != 0)
            for axis in (0, 1):
                near &= low[axis] < self._high[number, axis]
                near &= high[axis] > self._low[number, axis]
            if near.any():
                free[near] = _apart(points, sides, crowd.of(near), at.of(near))
        return free

    def lift(self, crowd: Crowd, at: Poses) -> Flags:
        """Lift the leaves that things meet, in their poses; return which end up free of them."""
        free = self._free_of_leaf(crowd, at)
        while True:
            (below,) = numpy.nonzero(~free & (at.leaf < self.opens))
            if not len(below):
                return free
            at.leaf[below] = numpy.minimum(at.leaf[below] + math.radians(LIFT_DEGREES), self.opens)
            free[below] = self._free_of_leaf(crowd.of(below), at.of(below))

    def _free_of_leaf(self, crowd: Crowd, at: Poses) -> Flags:
        """Two turned bars are apart when an axis of either separates them."""
        long, thick = self._leaf
        sine, cosine = numpy.sin(at.leaf), numpy.cos(at.leaf)
        # The leaf hangs before the rod: its middle, from the axis, and then turned with it.
        before, down = -ROD_MM / 2 - thick, -long
        dy = at.y - (self._axis[0] + cosine * before + sine * down)
        dz = at.z - (self._axis[1] - sine * before + cosine * down)
        apart = numpy.zeros(len(at.y), dtype=bool)
        turned = at.leaf - at.tilt
        along, across = numpy.abs(numpy.cos(turned)), numpy.abs(numpy.sin(turned))
        for angle, own, other in (
            (at.leaf, (long, thick), (crowd.long, crowd.thick)),
            (at.tilt, (crowd.long, crowd.thick), (long, thick)),
        ):
            u, v = numpy.sin(angle), numpy.cos(angle)
            reach = own[0] + along * other[0] + across * other[1] - TOUCH_MM
            apart |= numpy.abs(dy * u + dz * v) > reach
            reach = own[1] + along * other[1] + across * other[0] - TOUCH_MM
            apart |= numpy.abs(dy * v - dz * u) > reach
        return apart


def _apart(points: Numbers, sides: Sequence[Side], crowd: Crowd, at: Poses) -> Flags:
    """Whether turned bars and a convex polygon are apart: by every side and every axis."""
    u, v = numpy.sin(at.tilt), numpy.cos(at.tilt)
    apart = numpy.zeros(len(at.y), dtype=bool)
    for nu, nv, low, high in sides:
        reach = numpy.abs(u * nu + v * nv) * crowd.long
        reach += numpy.abs(v * nu - u * nv) * crowd.thick - TOUCH_MM
        along = at.y * nu + at.z * nv
        apart |= (along > high + reach) | (along < low - reach)
    for au, av, size in ((u, v, crowd.long), (v, -u, crowd.thick)):
        seen = points[:, :1] * au + points[:, 1:] * av
        along = at.y * au + at.z * av
        apart |= along > seen.max(axis=0) + size - TOUCH_MM
        apart |= along < seen.min(axis=0) - size + TOUCH_MM
    return apart


def _sides(points: Numbers) -> list[Side]:
    """Return the directions across the sides of a polygon, and how far it reaches along each."""
    found = {}
    for u, v in numpy.roll(points, -1, axis=0) - points:
        length = math.hypot(u, v)
        if length > 1e-6:
            across = (float(v / length), float(-u / length))
            turned = across if across > (0.0, 0.0) else (-across[0], -across[1])
            found[(round(turned[0], 6), round(turned[1], 6))] = turned
    ranges = []
    for nu, nv in found.values():
        seen = points @ numpy.array((nu, nv))
        ranges.append((nu, nv, float(seen.min()), float(seen.max())))
    return ranges


def started(
    things: Sequence[Thing], throat: Throat, s: Sizes, random_of: numpy.random.Generator
) -> tuple[Crowd, Poses, Flags]:
    """Return things as a hand holds them in the slot, and which found no place there."""
    count = len(things)
    long = numpy.array([one.long_mm for one in things]) / 2
    thick = numpy.array([one.thick_mm for one in things]) / 2
    half = numpy.array([one.wide_mm for one in things]) / 2
    left, right = edges_x(s)
    x = left + half + random_of.random(count) * numpy.maximum(right - left - 2 * half, 0.0)
    # Turned about the upright it takes more room from front to back.
    yaw = numpy.radians(random_of.uniform(-YAW_DEGREES, YAW_DEGREES, count))
    thick = thick * numpy.cos(yaw) + half * numpy.abs(numpy.sin(yaw))
    crowd = Crowd(long=long, thick=thick, slabs=slabs_of(s, x - half, x + half))
    at = Poses(**{name: numpy.zeros(count) for name in ("y", "z", "tilt", "leaf")})
    at.leaf[:] = math.radians(flap_rest_degrees(s))
    outside = 2 * half > right - left
    (left_over,) = numpy.nonzero(~outside)
    for _ in range(STARTS):
        tilt = numpy.radians(random_of.uniform(-TILT_DEGREES, TILT_DEGREES, len(left_over)))
        room = s.slot_gap_mm / 2
        at.y[left_over] = s.slot_y_mm + random_of.uniform(-room, room, len(left_over))
        at.tilt[left_over] = tilt
        at.z[left_over] = s.height_mm - IN_MM + long[left_over] * numpy.cos(tilt)
        left_over = left_over[~throat.free(crowd.of(left_over), at.of(left_over))]
        if not len(left_over):
            break
    outside[left_over] = True
    return crowd, at, outside


def followed(
    crowd: Crowd, at: Poses, throat: Throat, s: Sizes, random_of: numpy.random.Generator
) -> Flags:
    """Let things sink from where they are, never rising; return which get out below."""
    end_z = float(chute_face(s).bounds[1]) - OUT_MM
    waited = numpy.zeros(len(at.y), dtype=numpy.int64)
    for _ in range(STEPS):
        (falling,) = numpy.nonzero((at.z > end_z) & (waited < STUCK_STEPS))
        if not len(falling):
            break
        for tries in TRIES:
            chosen, is_free = _lower(crowd.of(falling), at.of(falling), throat, random_of, tries)
            at.put(falling[is_free], chosen)
            waited[falling[is_free]] = 0
            falling = falling[~is_free]
            if not len(falling):
                break
        waited[falling] += 1
    return at.z <= end_z


def _lower(
    crowd: Crowd, at: Poses, throat: Throat, random_of: numpy.random.Generator, tries: int
) -> tuple[Poses, Flags]:
    """Return a lower pose of each thing that finds one in so many tries, and which do.

    One try is straight down; more are a little down, aside and turned by chance, the first that
    is free counts.
    """
    count = len(at.y)
    every = numpy.repeat(numpy.arange(count), tries)
    moved, moving = at.of(every), crowd.of(every)
    if tries == 1:
        moved.z -= SINK_MM
    else:
        sink, slide, turn = random_of.random((3, len(every)))
        moved.z -= (0.02 + 0.98 * sink**2) * SINK_MM
        moved.y += (2 * slide - 1) * SLIDE_MM
        moved.tilt += (2 * turn - 1) * math.radians(TURN_DEGREES)
    is_free = throat.free(moving, moved)
    (maybe,) = numpy.nonzero(is_free)
    lifted = moved.of(maybe)
    is_free[maybe] = throat.lift(moving.of(maybe), lifted)
    moved.put(maybe, lifted)
    by_thing = is_free.reshape(count, tries)
    first = numpy.arange(count) * tries + by_thing.argmax(axis=1)
    found = numpy.asarray(by_thing.any(axis=1))
    return moved.of(first[found]), found


def without_flap(solids: Sequence[Solid]) -> list[Solid]:
    """Return the parts without the flap and the lid, which are not in the way of cash."""
    return [solid for solid in solids if solid.group not in ("flap", "lid", "cam")]


def check_insertions(
    solids: Sequence[Solid],
    s: Sizes,
    cash: Cash,
    *,
    seed: int = 6,
    count: int = INSERTIONS,
    opens_degrees: float | None = None,
) -> list[str]:
    """Put things in and follow each; a sentence for each kind that does not get in or out."""
    things = drawn(cash, seed, count)
    random_of = numpy.random.default_rng(seed)
    opens = s.flap_opens_degrees if opens_degrees is None else opens_degrees
    throat = Throat(shadows(without_flap(solids), s), s, opens_degrees=opens)
    crowd, at, outside = started(things, throat, s, random_of)
    (inside,) = numpy.nonzero(~outside)
    is_out = numpy.zeros(len(things), dtype=bool)
    is_out[inside] = followed(crowd.of(inside), at.of(inside), throat, s, random_of)
    tried = Counter(one.name for one in things)
    wrong = []
    for where, which in (("into the slot", outside), ("out below", ~outside & ~is_out)):
        kinds = Counter(one.name for one, is_it in zip(things, which, strict=True) if is_it)
        wrong += [
            f"{name}: {number} of {tried[name]} insertions do not get {where}."
            for name, number in sorted(kinds.items())
        ]
    return wrong
