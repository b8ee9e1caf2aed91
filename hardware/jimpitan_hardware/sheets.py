"""From parts to sheets: cut lines with kerf, nesting, and DXF files that a laser shop takes.

A cut line lies half a kerf outside of what stays, less half the clearance of a joint, so that
what is drawn is as much larger than the part as the laser takes away. The coupon is no joint: its
gaps are as wide as they are named.
"""

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ezdxf import options, units
from ezdxf.entities import LWPolyline, Text
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import new, readfile
from ezdxf.layouts import Modelspace
from shapely import affinity
from shapely.geometry import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from jimpitan_hardware import lettering
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import SHEETS, BrokenOutline, Solid, bar, disc, level, without

LETTERS_MM = 4.0
COUPON = "coupon"  # the group of what is cut to measure with, not to join
GAP_OFF_MM = 0.005  # so far a gap of the coupon may be from its name: what a DXF rounds
WEB_MM = 1.5  # what is left beside a hole; less breaks in the hand (an estimate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One part's cut line where it lies on its sheet."""

    name: str
    line: Polygon
    nominal: Polygon  # the part itself at the same place
    grown_mm: float  # how much wider it is drawn than it is
    marks: tuple[tuple[str, float, float], ...] = ()  # engraved beside its name: words and middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of one material with what is cut from it."""

    material: str
    number: int
    thickness_mm: float
    placed: tuple[Placed, ...]

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"sheet-{self.material}-{self.number}"


def grown_mm(solid: Solid, s: Sizes) -> float:
    """Return how much wider a part is drawn than it is: what is measured with has no clearance."""
    return s.kerf_mm - (0.0 if solid.group == COUPON else s.clearance_mm)


def cut_line(nominal: Polygon, wider_mm: float) -> Polygon:
    """Return the path of the laser's middle around a part; raise `BrokenOutline`."""
    grown = nominal.buffer(wider_mm / 2, join_style="mitre")
    if not isinstance(grown, Polygon) or len(grown.interiors) != len(nominal.interiors):
        raise BrokenOutline("The kerf swallows a hole or a gap: it is too narrow to be cut.")
    return grown


def coupon(s: Sizes) -> list[Solid]:
    """Return a comb whose gripping gap tells the thickness, and a square that tells the kerf."""
    t = s.thickness_mm
    gaps = coupon_gaps(s)
    body = bar(0, 0, 14 * len(gaps) + 6, 26)
    slots = [bar(x - gap / 2, 14, x + gap / 2, 26) for x, gap in gaps]
    square = without(bar(0, 0, 40, 26), disc(10, 13, 10), bar(22, 6, 32, 20))
    parts = (("coupon comb", without(body, *slots)), ("coupon square 40 x 26", square))
    return [
        Solid(
            name=name,
            outline=outline,
            plane=level(0),
            height_mm=t,
            material="clear",
            group=COUPON,
        )
        for name, outline in parts
    ]


def coupon_gaps(s: Sizes) -> list[tuple[float, float]]:
    """Return the middle of each gap of the comb, and how wide it is once cut."""
    return [(10.0 + 14 * number, s.thickness_mm + 0.1 * (number - 3)) for number in range(7)]


def nested(solids: Sequence[Solid], s: Sizes) -> list[Sheet]:
    """Return the sheets of each material; the tallest parts come first, in rows."""
    found = []
    for material in SHEETS:
        parts = [solid for solid in solids if solid.material == material]
        lines = [_laid(solid, s) for solid in parts]
        lines.sort(key=lambda one: (-_high(one.line), -_wide(one.line), one.name))
        thickness = parts[0].height_mm if parts else s.thickness_mm
        for number, placed in enumerate(_rows(lines, s), start=1):
            found.append(
                Sheet(
                    material=material,
                    number=number,
                    thickness_mm=thickness,
                    placed=tuple(placed),
                )
            )
    return found


def _laid(solid: Solid, s: Sizes) -> Placed:
    """A part laid flat, its longer side across."""
    nominal = solid.outline
    left, low, right, top = nominal.bounds
    if top - low > right - left:
        nominal = affinity.rotate(nominal, 90, origin=(0, 0))
    wider = grown_mm(solid, s)
    marks: tuple[tuple[str, float, float], ...] = ()
    if solid.name == "coupon comb":
        marks = tuple((f"{round(gap, 2):g}", x, 7.0) for x, gap in coupon_gaps(s))
    line = cut_line(nominal, wider)
    return Placed(name=solid.name, line=line, nominal=nominal, grown_mm=wider, marks=marks)


def _wide(line: Polygon) -> float:
    return float(line.bounds[2] - line.bounds[0])


def _high(line: Polygon) -> float:
    return float(line.bounds[3] - line.bounds[1])


def _rows(parts: Sequence[Placed], s: Sizes) -> list[list[Placed]]:
    """Fill rows from the left, rows from below, sheet after sheet; raise when one is too big."""
    sheets: list[list[Placed]] = []
    rows: list[tuple[int, float, float, float]] = []  # sheet, bottom, height, next free x
    for part in parts:
        wide, high = _wide(part.line), _high(part.line)
        if wide > s.sheet_width_mm - 2 * s.margin_mm or high > s.sheet_height_mm - 2 * s.margin_mm:
            raise BrokenOutline(f"{part.name} is larger than a sheet.")
        index = _row_with_room(rows, wide, high, s)
        if index is None:
            index = len(rows)
            rows.append((*_next_row(rows, sheets, high, s), high, s.margin_mm))
        sheet, bottom, room, x = rows[index]
        sheets[sheet].append(_moved(part, x, bottom))
        rows[index] = (sheet, bottom, room, x + wide + s.spacing_mm)
    return sheets


def _row_with_room(
    rows: Sequence[tuple[int, float, float, float]], wide: float, high: float, s: Sizes
) -> int | None:
    for index, (_, _, room, x) in enumerate(rows):
        if high <= room and x + wide <= s.sheet_width_mm - s.margin_mm:
            return index
    return None


def _next_row(
    rows: Sequence[tuple[int, float, float, float]],
    sheets: list[list[Placed]],
    high: float,
    s: Sizes,
) -> tuple[int, float]:
    if rows:
        sheet, bottom, room, _ = rows[-1]
        bottom += room + s.spacing_mm
        if bottom + high <= s.sheet_height_mm - s.margin_mm:
            return sheet, bottom
    sheets.append([])
    return len(sheets) - 1, s.margin_mm


def _moved(part: Placed, x: float, y: float) -> Placed:
    left, low, _, _ = part.line.bounds
    right, up = x - left, y - low
    return replace(
        part,
        line=affinity.translate(part.line, right, up),
        nominal=affinity.translate(part.nominal, right, up),
        marks=tuple((words, u + right, v + up) for words, u, v in part.marks),
    )


def drawing(sheet: Sheet, s: Sizes) -> str:
    """Return the DXF of a sheet: inner cuts, outer cuts, names to engrave; millimetres."""
    options.write_fixed_meta_data_for_testing = True  # the same bytes each time
    document = new("R2010", units=units.MM)
    for layer, colour in (("INNER", 5), ("OUTER", 1), ("NAMES", 3), ("SHEET", 8)):
        document.layers.add(layer, color=colour)
    space = document.modelspace()
    corners = bar(0, 0, s.sheet_width_mm, s.sheet_height_mm).exterior.coords
    space.add_lwpolyline(list(corners)[:-1], close=True, dxfattribs={"layer": "SHEET"})
    for placed in sheet.placed:
        for ring in placed.line.interiors:
            space.add_lwpolyline(list(ring.coords)[:-1], close=True, dxfattribs={"layer": "INNER"})
        outline = list(placed.line.exterior.coords)[:-1]
        space.add_lwpolyline(outline, close=True, dxfattribs={"layer": "OUTER"})
        _engrave(space, placed)
    # ezdxf collects these from a set: in another order in each process.
    document.classes.add_required_classes(document.dxfversion)
    document.classes.classes = dict(sorted(document.classes.classes.items()))
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue()


def _engrave(space: Modelspace, placed: Placed) -> None:
    """Write a part's name in it, or its marks: the name of a part with marks is theirs."""
    letters = [(words, x, y, LETTERS_MM) for words, x, y in placed.marks]
    for words, x, y, height in letters or [lettering.place(placed.name, placed.line)]:
        text = space.add_text(words, height=height, dxfattribs={"layer": "NAMES"})
        text.set_placement((x, y), align=TextEntityAlignment.MIDDLE_CENTER)


def check_coupon(file: Path, s: Sizes) -> list[str]:
    """Read the coupon again: each gap, once cut, is as wide as the number engraved under it."""
    space = readfile(file).modelspace()
    outers = [
        Polygon([(point[0], point[1]) for point in line.get_points()])
        for line in space.query("LWPOLYLINE[layer=='OUTER']")
        if isinstance(line, LWPolyline)
    ]
    wrong, seen = [], 0
    for text in space.query("TEXT[layer=='NAMES']"):
        if not isinstance(text, Text) or not text.dxf.text.replace(".", "").isdigit():
            continue
        seen += 1
        middle = text.dxf.align_point
        comb = next(one for one in outers if one.contains(Point(middle.x, middle.y)))
        across = LineString(
            [(comb.bounds[0], comb.bounds[3] - 2), (comb.bounds[2], comb.bounds[3] - 2)]
        )
        gaps = [
            one
            for one in _parts(across.difference(comb))
            if one.distance(Point(middle.x, one.bounds[1])) < 1e-6
        ]
        cut_mm = sum(gap.length for gap in gaps) + s.kerf_mm
        if abs(cut_mm - float(text.dxf.text)) > GAP_OFF_MM:
            wrong.append(
                f"{file.name}: the gap named {text.dxf.text} is cut {cut_mm:.2f} mm wide."
            )
    if seen != len(coupon_gaps(s)):
        wrong.append(f"{file.name}: {seen} gaps have a number, not {len(coupon_gaps(s))}.")
    return wrong


def _parts(line: BaseGeometry) -> list[LineString]:
    found = line.geoms if isinstance(line, MultiLineString) else [line]
    return [one for one in found if isinstance(one, LineString)]


def check_drawing(file: Path, s: Sizes) -> list[str]:
    """Read a DXF again: units, closed contours, bounds, spacing; a sentence for each fault."""
    document = readfile(file)
    wrong = [f"{file.name}: {error.message}" for error in document.audit().errors]
    if document.units != units.MM:
        wrong.append(f"{file.name} is not in millimetres.")
    outers: list[Polygon] = []
    inners: list[Polygon] = []
    for line in document.modelspace().query("LWPOLYLINE"):
        if not isinstance(line, LWPolyline):
            continue
        points = [(point[0], point[1]) for point in line.get_points()]
        if not line.closed or len(points) < 3:
            wrong.append(f"{file.name}: a contour of {len(points)} points is open.")
            continue
        if line.dxf.layer in ("OUTER", "INNER"):
            (outers if line.dxf.layer == "OUTER" else inners).append(Polygon(points))
    return wrong + _check_lines(file.name, outers, inners, s)


def _check_lines(
    name: str, outers: Sequence[Polygon], inners: Sequence[Polygon], s: Sizes
) -> list[str]:
    wrong = [
        f"{name}: a contour crosses itself." for one in (*outers, *inners) if not one.is_valid
    ]
    m = s.margin_mm - 1e-6
    inside = bar(m, m, s.sheet_width_mm - m, s.sheet_height_mm - m)
    wrong += [f"{name}: a part leaves the sheet." for one in outers if not inside.covers(one)]
    for index, one in enumerate(outers):
        for other in outers[index + 1 :]:
            if one.distance(other) < s.spacing_mm - 1e-6:
                wrong.append(f"{name}: two parts are {one.distance(other):.1f} mm apart.")
    for hole in inners:
        if not any(outer.contains(hole) for outer in outers):
            wrong.append(f"{name}: a hole is in no part.")
    return wrong


def check_webs(solids: Sequence[Solid]) -> list[str]:
    """No hole leaves so little to the edge or to another hole that it breaks when cut."""
    wrong = []
    for solid in (one for one in solids if one.is_cut):
        holes = list(solid.outline.interiors)
        edges = [(hole, solid.outline.exterior) for hole in holes]
        for one, other in (*edges, *itertools.combinations(holes, 2)):
            if (left_mm := one.distance(other)) < WEB_MM:
                x, y = one.centroid.x, one.centroid.y
                wrong.append(f"{solid.name}: {left_mm:.2f} mm are left at {x:.0f}, {y:.0f}.")
    return wrong


def check_kerf(sheets: Sequence[Sheet], s: Sizes) -> list[str]:
    """Every part is drawn larger than it is by kerf less clearance, and each hole smaller."""
    wrong = []
    for sheet in sheets:
        for placed in sheet.placed:
            is_coupon = placed.name.startswith(COUPON)
            wanted = s.kerf_mm - (0.0 if is_coupon else s.clearance_mm)
            for found, right in ((_wide, _wide), (_high, _high)):
                grown = found(placed.line) - right(placed.nominal)
                if abs(grown - wanted) > 0.001:
                    wrong.append(
                        f"{placed.name} is drawn {grown:.3f} mm larger, not {wanted:.3f}."
                    )
            # Area grows by the way round, outside and inside, times half of it.
            grown = placed.line.area - placed.nominal.area
            if wanted and not 0.9 < grown / (placed.nominal.length * wanted / 2) < 1.1:
                wrong.append(f"{placed.name} has a hole that ignores the kerf.")
    return wrong


def check_complete(sheets: Sequence[Sheet], solids: Sequence[Solid]) -> list[str]:
    """Everything that is cut is on a sheet, once."""
    wanted = sorted(solid.name for solid in solids if solid.is_cut)
    found = sorted(placed.name for sheet in sheets for placed in sheet.placed)
    missing = [name for name in wanted if found.count(name) != 1]
    return [f"{name} is not on the sheets exactly once." for name in missing]
