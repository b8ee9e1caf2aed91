"""The outer walls, the floor, the head strip and the lid, joined by fingers.

Where two walls meet, every second finger belongs to the one named first; the corners belong to
front and back. The floor's fingers slide out downwards, so that it stays removable.
"""

from collections.abc import Sequence

from shapely.geometry import Polygon

from jimpitan_hardware import head
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, beside, disc, facing, level, without

Span = tuple[float, float]
UPRIGHT_FINGERS = 9
LONG_FINGERS = 7
SHORT_FINGERS = 5
STRIP_FINGERS = 3
# The same wherever it is drilled.
FLOOR_SCREW_MM = 4.2
SEAL_MM = 4.0
CABLE_MM = 8.0
LOCK_MM = 19.0  # cam lock as commonly sold; measure the one you bought
COVER_GAP_MM = 0.3


def fingers(start: float, end: float, count: int) -> tuple[list[Span], list[Span]]:
    """Return the fingers of the first and of the second wall along an edge."""
    step = (end - start) / count
    spans = [(start + step * number, start + step * (number + 1)) for number in range(count)]
    return spans[0::2], spans[1::2]


def across(spans: Sequence[Span], low: float, high: float) -> list[Polygon]:
    """Fingers along u, from one v to another."""
    return [bar(a, low, b, high) for a, b in spans]


def along(spans: Sequence[Span], low: float, high: float) -> list[Polygon]:
    """Fingers along v, from one u to another."""
    return [bar(low, a, high, b) for a, b in spans]


def _upright(s: Sizes) -> tuple[list[Span], list[Span]]:
    return fingers(s.thickness_mm, s.height_mm - s.thickness_mm, UPRIGHT_FINGERS)


def _bottom_long(s: Sizes) -> tuple[list[Span], list[Span]]:
    return fingers(s.thickness_mm, s.width_mm - s.thickness_mm, LONG_FINGERS)


def _bottom_short(s: Sizes) -> tuple[list[Span], list[Span]]:
    return fingers(s.thickness_mm, s.depth_mm - s.thickness_mm, SHORT_FINGERS)


def _top_short(s: Sizes) -> tuple[list[Span], list[Span]]:
    return fingers(s.strip_y_mm, s.depth_mm - s.thickness_mm, STRIP_FINGERS)


def _wide(s: Sizes, top: float) -> Polygon:
    """What front and back have in common: sides and bottom."""
    t, w = s.thickness_mm, s.width_mm
    cuts = along(_upright(s)[1], 0, t) + along(_upright(s)[1], w - t, w)
    return without(bar(0, 0, w, top), *cuts, *across(_bottom_long(s)[1], 0, t))


def skirt_z(s: Sizes) -> float:
    """The underside of the skirt."""
    return s.plate_z_mm + s.thickness_mm + s.plate_cover_mm


def front(s: Sizes) -> Solid:
    """The front: slots for the skirt and for the catch of the lock, the lower seal hole."""
    t = s.thickness_mm
    skirt = across(skirt_spans(s), skirt_z(s), skirt_z(s) + t)
    catch = across(catch_spans(s), catch_z(s), catch_z(s) + t)
    seal = disc(seal_x(s), s.height_mm - t - 12, SEAL_MM)
    outline = without(_wide(s, s.height_mm - t), *skirt, *catch, seal)
    return Solid(name="front", outline=outline, plane=facing(t), height_mm=t, material="clear")


def skirt_spans(s: Sizes) -> list[Span]:
    """Where front and back hold the skirt over the plate, along x."""
    return [(s.width_mm * share - 10, s.width_mm * share + 10) for share in (0.2, 0.8)]


def catch_spans(s: Sizes) -> list[Span]:
    """Where the front holds the catch of the lock, along x."""
    middle = s.width_mm / 2
    return [(middle - 26, middle - 16), (middle + 16, middle + 26)]


def catch_z(s: Sizes) -> float:
    """The underside of the catch, under which the cam of the lock goes."""
    return s.height_mm - 22.0


def seal_x(s: Sizes) -> float:
    """Where a wire seal goes through lid and front."""
    return s.width_mm * 0.8


def cover_window(s: Sizes, gap: float = 0.0) -> Polygon:
    """The window of the electronics bay in the back; with a gap, the cover that fills it."""
    low, top = s.bay_floor_z_mm + s.thickness_mm + 3, s.height_mm - s.thickness_mm - 4
    return bar(8.5 + gap, low + gap, s.width_mm - 8.5 - gap, top - gap)


def back(s: Sizes) -> Solid:
    """The back: the window of the bay, slots for skirt, bay floor and strip."""
    t, h = s.thickness_mm, s.height_mm
    outline = without(
        _wide(s, h),
        *across(_bottom_long(s)[1], h - t, h),
        *across(skirt_spans(s), skirt_z(s), skirt_z(s) + t),
        *across(bay_floor_spans(s), s.bay_floor_z_mm, s.bay_floor_z_mm + t),
        cover_window(s),
    )
    return Solid(
        name="back", outline=outline, plane=facing(s.depth_mm), height_mm=t, material="clear"
    )


def bay_floor_spans(s: Sizes) -> list[Span]:
    """Where the back holds the floor of the bay, along x."""
    return [(24.0, 44.0), (s.width_mm - 44, s.width_mm - 24)]


def side(s: Sizes, *, is_left: bool) -> Solid:
    """A side wall: slots for the bay's floor and front; the right one has the cable exit."""
    t, d, h = s.thickness_mm, s.depth_mm, s.height_mm
    floor_fingers = across(_bottom_short(s)[1], 0, t)
    strip_fingers = across(_top_short(s)[1], h - t, h)
    corners = [bar(0, 0, t, t), bar(d - t, 0, d, t), bar(d - t, h - t, d, h)]
    exits = [] if is_left else [disc(*cable_exit(s), CABLE_MM)]
    outline = without(
        bar(0, 0, d, h),
        bar(0, h - t, s.strip_y_mm, h),
        *along(_upright(s)[0], 0, t),
        *along(_upright(s)[0], d - t, d),
        *floor_fingers,
        *strip_fingers,
        *corners,
        bar(s.strip_y_mm + 8, s.bay_floor_z_mm, s.strip_y_mm + 20, s.bay_floor_z_mm + t),
        *along(bay_front_spans(s), s.strip_y_mm - t, s.strip_y_mm),
        *exits,
    )
    name, x = ("left", 0.0) if is_left else ("right", s.width_mm - t)
    return Solid(name=name, outline=outline, plane=beside(x), height_mm=t, material="clear")


def cable_exit(s: Sizes) -> tuple[float, float]:
    """Where the 5 V cable leaves the electronics bay, in the right wall (y, z)."""
    return (s.depth_mm - 20, s.bay_floor_z_mm + 20)


def bay_front_spans(s: Sizes) -> list[Span]:
    """Where the side walls hold the front of the bay, along z."""
    low = s.bay_floor_z_mm
    return [(low + 16, low + 32), (low + 52, low + 68)]


def floor_screws(s: Sizes) -> list[tuple[float, float]]:
    """The four screws that hold the floor."""
    near, far_x, far_y = s.thickness_mm + 7, s.width_mm, s.depth_mm
    return [(x, y) for x in (near, far_x - near) for y in (near, far_y - near)]


def stop_places(s: Sizes) -> list[tuple[float, float]]:
    """The four bolts on which an overloaded plate comes to rest."""
    return [(x, y) for x in (28.0, s.width_mm - 28) for y in (22.0, s.depth_mm - 22)]


def cell_screws(s: Sizes, *, is_free_end: bool) -> list[tuple[float, float]]:
    """The two screws at one end of the cell: 5 and 20 mm from it, unverified."""
    left = (s.width_mm - s.cell_length_mm) / 2
    ends = (s.cell_length_mm - 5, s.cell_length_mm - 20) if is_free_end else (5.0, 20.0)
    return [(left + end, s.depth_mm / 2) for end in ends]


def floor(s: Sizes) -> Solid:
    """The floor: screwed from below, with the cell's fixed end and the overload bolts."""
    t, w, d = s.thickness_mm, s.width_mm, s.depth_mm
    long, short = _bottom_long(s)[0], _bottom_short(s)[0]
    corners = [bar(x, y, x + t, y + t) for x in (0, w - t) for y in (0, d - t)]
    holes = [disc(x, y, FLOOR_SCREW_MM) for x, y in floor_screws(s) + stop_places(s)]
    holes += [disc(x, y, 5.2) for x, y in cell_screws(s, is_free_end=False)]
    outline = without(
        bar(0, 0, w, d),
        *across(long, 0, t),
        *across(long, d - t, d),
        *along(short, 0, t),
        *along(short, w - t, w),
        *corners,
        *holes,
    )
    return Solid(name="floor", outline=outline, plane=level(0), height_mm=t, material="clear")


def slot(s: Sizes) -> Polygon:
    """The slot that takes the cash, seen from above."""
    middle, half = s.width_mm / 2, s.slot_width_mm / 2
    low = s.slot_y_mm - s.slot_gap_mm / 2
    return bar(middle - half, low, middle + half, low + s.slot_gap_mm)


def strip(s: Sizes) -> Solid:
    """The head strip behind the lid: the slot, and a slot each for the cheeks of the throat."""
    t, w, d = s.thickness_mm, s.width_mm, s.depth_mm
    corners = [bar(0, d - t, t, d), bar(w - t, d - t, w, d)]
    half = s.slot_width_mm / 2
    lefts = (w / 2 - half - t, w / 2 + half)
    outline = without(
        bar(0, s.strip_y_mm, w, d),
        *across(_bottom_long(s)[0], d - t, d),
        *along(_top_short(s)[0], 0, t),
        *along(_top_short(s)[0], w - t, w),
        *corners,
        slot(s),
        *[bar(x, cheek_tab(s)[0], x + t, cheek_tab(s)[1]) for x in lefts],
        *head.holes(s),
    )
    return Solid(
        name="strip", outline=outline, plane=level(s.height_mm - t), height_mm=t, material="clear"
    )


def cheek_tab(s: Sizes) -> Span:
    """Where the strip holds the cheeks of the throat, along y."""
    return (s.slot_y_mm + 6, s.slot_y_mm + 12)


def lid(s: Sizes) -> Solid:
    """The lid: the lock and the upper seal hole."""
    t = s.thickness_mm
    holes = [disc(*lock_place(s), LOCK_MM), disc(seal_x(s), 12, SEAL_MM)]
    outline = without(bar(0, 0, s.width_mm, s.lid_depth_mm), *holes)
    return Solid(
        name="lid",
        outline=outline,
        plane=level(s.height_mm - t),
        height_mm=t,
        material="clear",
        group="lid",
    )


def lock_place(s: Sizes) -> tuple[float, float]:
    """The middle of the lock in the lid."""
    return (s.width_mm / 2, 27.0)


def walls(s: Sizes) -> list[Solid]:
    """Return the seven parts that enclose the box."""
    sides = [side(s, is_left=True), side(s, is_left=False)]
    return [front(s), back(s), *sides, floor(s), strip(s), lid(s)]


def plain_volume(s: Sizes) -> float:
    """Return the walls' volume without any hole: outer less inner, less the hinge's gap."""
    t, w, d, h = s.thickness_mm, s.width_mm, s.depth_mm, s.height_mm
    inner = (w - 2 * t) * (d - 2 * t) * (h - 2 * t)
    return w * d * h - inner - w * s.hinge_gap_mm * t
