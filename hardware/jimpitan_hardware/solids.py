"""Flat outlines with a place in the box, and the solids they become.

Everything in a box, sheet part or bought part, is an outline pulled straight up from a plane.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import manifold3d
import numpy
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.geometry.polygon import orient

Vector = tuple[float, float, float]
Numbers = NDArray[numpy.float64]
CIRCLE_SIDES = 48
SHEETS = ("clear", "black", "film")  # what is cut; everything else is bought


class BrokenOutline(ValueError):
    """An outline that is no single polygon; the sentence names the part."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where an outline's own axes lie in the box; the outline is pulled along u x v."""

    origin: Vector
    u: Vector
    v: Vector

    @property
    def n(self) -> Numbers:
        """The direction in which the outline is pulled."""
        (a, b, c), (d, e, f) = self.u, self.v
        return numpy.array((b * f - c * e, c * d - a * f, a * e - b * d))

    def points(self, flat: Numbers, height_mm: float = 0.0) -> Numbers:
        """Return the places in the box of points (n, 2) of the outline."""
        across, along = numpy.array(self.u), numpy.array(self.v)
        flat = numpy.asarray(flat, dtype=float)
        base: Numbers = numpy.array(self.origin) + flat[:, :1] * across + flat[:, 1:2] * along
        return base + height_mm * self.n

    def matrix(self) -> Numbers:
        """Return the 3 x 4 matrix from outline and height to the box."""
        columns = [numpy.array(self.u), numpy.array(self.v), self.n, numpy.array(self.origin)]
        return numpy.column_stack(columns)


def level(z_mm: float) -> Plane:
    """A plane seen from above: u is x, v is y."""
    return Plane((0.0, 0.0, z_mm), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def facing(y_mm: float) -> Plane:
    """A plane across the box: u is x, v is z, and the outline is pulled to the front."""
    return Plane((0.0, y_mm, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def beside(x_mm: float) -> Plane:
    """A plane along the side: u is y, v is z, and the outline is pulled to the right."""
    return Plane((x_mm, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """One part: its outline, its place and what it is made of. Raises `BrokenOutline`."""

    name: str
    outline: Polygon
    plane: Plane
    height_mm: float
    material: str
    group: str = "fixed"  # fixed, lid, cam, flap, plate or cover: what moves together
    _made: list[manifold3d.Manifold] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """One outline, valid, with something in it."""
        is_one = isinstance(self.outline, Polygon) and self.outline.is_valid
        if not is_one or self.outline.area <= 0 or self.height_mm <= 0:
            raise BrokenOutline(f"{self.name} is no single outline: something cuts it apart.")
        object.__setattr__(self, "outline", orient(self.outline))

    @property
    def is_cut(self) -> bool:
        """Whether it is cut from a sheet."""
        return self.material in SHEETS

    def rings(self) -> list[Numbers]:
        """Return the outline and its holes as points (n, 2), the outline first."""
        rings = [self.outline.exterior, *self.outline.interiors]
        return [numpy.array(ring.coords)[:-1] for ring in rings]

    def body(self) -> manifold3d.Manifold:
        """Return the solid in its place; it is made once, since neither of them can change."""
        if not self._made:
            self._made.append(self._body())
        return self._made[0]

    def _body(self) -> manifold3d.Manifold:
        section = manifold3d.CrossSection(
            [ring.tolist() for ring in self.rings()], manifold3d.FillRule.EvenOdd
        )
        return manifold3d.Manifold.extrude(section, self.height_mm).transform(self.plane.matrix())

    def turned(self, *, degrees: float, axis_y: float, axis_z: float) -> "Solid":
        """Return it turned about an axis along x, its front upwards."""
        angle = math.radians(degrees)
        turn = _turn(angle)
        axis = numpy.array((0.0, axis_y, axis_z))
        origin = axis + turn @ (numpy.array(self.plane.origin) - axis)
        u, v = turn @ numpy.array(self.plane.u), turn @ numpy.array(self.plane.v)
        return replace(self, plane=Plane(_vector(origin), _vector(u), _vector(v)))

    def moved(self, x: float, y: float, z: float) -> "Solid":
        """Return it at another place."""
        origin = numpy.array(self.plane.origin) + numpy.array((x, y, z))
        return replace(self, plane=replace(self.plane, origin=_vector(origin)))


def _turn(angle: float) -> Numbers:
    cosine, sine = math.cos(angle), math.sin(angle)
    return numpy.array(((1.0, 0.0, 0.0), (0.0, cosine, sine), (0.0, -sine, cosine)))


def _vector(numbers: Numbers) -> Vector:
    x, y, z = (float(number) for number in numbers)
    return (x, y, z)


def bar(u0: float, v0: float, u1: float, v1: float) -> Polygon:
    """A rectangle from corner to corner."""
    return box(min(u0, u1), min(v0, v1), max(u0, u1), max(v0, v1))


def disc(u: float, v: float, diameter_mm: float) -> Polygon:
    """A circle, as a polygon whose sides lie outside so that a pin of that size fits."""
    radius = diameter_mm / 2 / math.cos(math.pi / CIRCLE_SIDES)
    return Point(u, v).buffer(radius, quad_segs=CIRCLE_SIDES // 4)


def without(outline: Polygon, *parts: Polygon) -> Polygon:
    """Return the outline less what is cut away."""
    for part in parts:
        outline = outline.difference(part)
    return _one(outline)


def joined(*parts: Polygon) -> Polygon:
    """Return one outline of several that touch."""
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.union(part)
    return _one(whole)


def _one(outline: Polygon | MultiPolygon) -> Polygon:
    if isinstance(outline, MultiPolygon):
        raise BrokenOutline("A cut leaves more than one piece.")
    return outline.simplify(0)


def leaning(outline: Polygon, *, degrees: float, u: float, v: float) -> Polygon:
    """Return an outline turned about a point, against the clock."""
    return affinity.rotate(outline, degrees, origin=(u, v))


def total_volume(solids: Sequence[Solid]) -> float:
    """Return the sum of the parts' volumes, by their outlines."""
    return float(sum(solid.outline.area * solid.height_mm for solid in solids))
