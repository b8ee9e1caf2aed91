"""The throat: two cheeks carry its walls, the chute, the flap's rod and the two beams.

All of it is black: clear acrylic would lead infrared light around a coin.
"""

import math

from shapely.geometry import Polygon

from jimpitan_hardware.shell import Span, cheek_tab
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import (
    Plane,
    Solid,
    bar,
    beside,
    disc,
    facing,
    joined,
    leaning,
    without,
)

ROD_MM = 2.0  # steel rod that the film hangs on
SIDE_GAP_MM = 0.4  # between the leaves of the flap, and to the cheeks
CHUTE_SPANS: list[Span] = [(9.0, 23.0)]  # where the cheeks hold the chute, along it
RECEIVER_MM = (6.0, 7.2)  # mould of a TSSP receiver, with room; unverified
COLOUR_WINDOW_MM = (13.0, 10.0)  # the colour sensor and its LED look through it


def edges_x(s: Sizes) -> Span:
    """The inner faces of the two cheeks."""
    return ((s.width_mm - s.slot_width_mm) / 2, (s.width_mm + s.slot_width_mm) / 2)


def faces_y(s: Sizes) -> Span:
    """The inner faces of the throat's front and back wall."""
    return (s.slot_y_mm - s.slot_gap_mm / 2, s.slot_y_mm + s.slot_gap_mm / 2)


def wall_spans(s: Sizes) -> list[Span]:
    """Where the cheeks hold front and back wall, along z: above and below the beams."""
    return [(s.beam_a_z_mm + 10, s.beam_a_z_mm + 22), (s.beam_b_z_mm - 22, s.beam_b_z_mm - 10)]


def chute_top(s: Sizes) -> tuple[float, float]:
    """Where the upper face of the chute begins (y, z): under the back wall of the throat."""
    return (faces_y(s)[1], s.bay_floor_z_mm - s.chute_start_mm)


def flap_axis(s: Sizes) -> tuple[float, float]:
    """The rod on which the flap hangs (y, z)."""
    return (s.flap_axis_y_mm, s.bay_floor_z_mm - s.flap_axis_drop_mm)


def chute_face(s: Sizes) -> Polygon:
    """The chute in section (y, z), as it lies."""
    y, z = chute_top(s)
    return leaning(
        bar(y, z - s.chute_length_mm, y + s.thickness_mm, z), degrees=-s.chute_degrees, u=y, v=z
    )


def flap_rest_degrees(s: Sizes) -> float:
    """How far the tip of the closed flap leans forward of the vertical: it rests on the chute."""
    y, z = chute_top(s)
    axis_y, axis_z = flap_axis(s)
    lean = math.radians(s.chute_degrees)
    down = (-math.sin(lean), -math.cos(lean))
    along = (axis_y - y) * down[0] + (axis_z - z) * down[1]
    apart = math.dist((axis_y, axis_z), (y + along * down[0], z + along * down[1]))
    # The film hangs before the rod, so its tip is half a rod before the line from the axis.
    before = ROD_MM / 2
    reach = math.hypot(s.flap_length_mm, before)
    if reach <= apart:
        return 0.0  # too short to touch: what checks the flap says so
    place = along + math.sqrt(reach * reach - apart * apart)
    tip = (y + place * down[0], z + place * down[1])
    lean = math.atan2(axis_y - tip[0], axis_z - tip[1]) - math.atan2(before, s.flap_length_mm)
    return math.degrees(lean)


def _cheek_outline(s: Sizes) -> Polygon:
    t, low = s.thickness_mm, s.bay_floor_z_mm
    end = chute_face(s).bounds[1] - 3
    near, far = faces_y(s)
    tab = cheek_tab(s)
    top = s.height_mm - t
    leaf = bar(0, top - s.leaf_thick_mm - 0.5, s.strip_y_mm + s.leaf_mm + 0.3, top)
    upper = without(bar(near - t - 6, low, far + t + 6, top), leaf)
    lower = Polygon(
        [
            (s.strip_y_mm - 4, low),
            (s.strip_y_mm - 4, end),
            (s.strip_y_mm + 9, end),
            (far + t + 6, low - 26),
            (far + t + 6, low),
        ]
    )
    return joined(upper, lower, bar(tab[0], s.height_mm - t, tab[1], s.height_mm))


def cheek(s: Sizes, *, is_left: bool) -> Solid:
    """A cheek: beam holes, slots for the walls and the chute, a hole for the rod."""
    t = s.thickness_mm
    near, far = faces_y(s)
    y, z = chute_top(s)
    chute_slots = [
        leaning(bar(y, z - b, y + t, z - a), degrees=-s.chute_degrees, u=y, v=z)
        for a, b in CHUTE_SPANS
    ]
    outline = without(
        _cheek_outline(s),
        *[bar(near - t, a, near, b) for a, b in wall_spans(s)],
        *[bar(far, a, far + t, b) for a, b in wall_spans(s)],
        *chute_slots,
        disc(*flap_axis(s), ROD_MM + 0.1),
        *[disc(s.slot_y_mm, beam, s.beam_hole_mm) for beam in (s.beam_a_z_mm, s.beam_b_z_mm)],
    )
    left, right = edges_x(s)
    name, x = ("cheek left", left - t) if is_left else ("cheek right", right)
    return Solid(name=name, outline=outline, plane=beside(x), height_mm=t, material="black")


def _between(s: Sizes, low: float, high: float, spans: list[Span]) -> Polygon:
    """A wall between the cheeks, with its tabs in them."""
    left, right = edges_x(s)
    t = s.thickness_mm
    tabs = [bar(left - t, a, left, b) for a, b in spans]
    tabs += [bar(right, a, right + t, b) for a, b in spans]
    return joined(bar(left, low, right, high), *tabs)


def colour_window(s: Sizes) -> Polygon:
    """The window of the colour sensor in the back wall (x, z), midway between the beams."""
    wide, high = COLOUR_WINDOW_MM
    x, z = s.width_mm / 2, (s.beam_a_z_mm + s.beam_b_z_mm) / 2
    return bar(x - wide / 2, z - high / 2, x + wide / 2, z + high / 2)


def throat_walls(s: Sizes) -> list[Solid]:
    """Front and back wall; the back one reaches down to the chute, and has a glazed window.

    The pane fills the window, flush with the wall, so that no note catches in it.
    """
    t, top = s.thickness_mm, s.height_mm - s.thickness_mm
    near, far = faces_y(s)
    front = _between(s, s.bay_floor_z_mm, top, wall_spans(s))
    back = without(_between(s, chute_top(s)[1], top, wall_spans(s)), colour_window(s))
    return [
        Solid(
            name="throat front", outline=front, plane=facing(near), height_mm=t, material="black"
        ),
        Solid(
            name="throat back", outline=back, plane=facing(far + t), height_mm=t, material="black"
        ),
        Solid(
            name="throat pane",
            outline=colour_window(s),
            plane=facing(far + t),
            height_mm=t,
            material="clear",
        ),
    ]


def chute(s: Sizes) -> Solid:
    """The chute: turns what falls to the front and carries the closed flap."""
    y, z = chute_top(s)
    lean = math.radians(s.chute_degrees)
    t = s.thickness_mm
    # v runs up along the chute; pulled along u x v, which is to the front and up, from behind.
    behind = (0.0, y + t * math.cos(lean), z - t * math.sin(lean))
    plane = Plane(behind, (1.0, 0.0, 0.0), (0.0, math.sin(lean), math.cos(lean)))
    spans = [(-b, -a) for a, b in CHUTE_SPANS]
    outline = _between(s, -s.chute_length_mm, 0, spans)
    return Solid(name="chute", outline=outline, plane=plane, height_mm=t, material="black")


def flap(s: Sizes, *, degrees: float) -> list[Solid]:
    """The leaves of the flap, that far forward of the vertical; closed they lean on the chute."""
    left, right = edges_x(s)
    pitch = (right - left - SIDE_GAP_MM) / s.flap_leaves
    y, z = flap_axis(s)
    plane = Plane((0.0, y - ROD_MM / 2, z), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    leaves = []
    for number in range(s.flap_leaves):
        start = left + SIDE_GAP_MM + number * pitch
        hanging = Solid(
            name=f"leaf {number + 1}",
            outline=bar(start, -s.flap_length_mm, start + pitch - SIDE_GAP_MM, 0),
            plane=plane,
            height_mm=s.flap_thick_mm,
            material="film",
            group="flap",
        )
        leaves.append(hanging.turned(degrees=degrees, axis_y=y, axis_z=z))
    return leaves


def rod(s: Sizes) -> Solid:
    """The rod of the flap, from cheek to cheek."""
    left, right = edges_x(s)
    t = s.thickness_mm
    y, z = flap_axis(s)
    plane = beside(left - t)
    length = right - left + 2 * t
    return Solid(
        name="rod", outline=disc(y, z, ROD_MM), plane=plane, height_mm=length, material="steel"
    )


def mounts(s: Sizes) -> list[Solid]:
    """What holds the infrared LEDs at the left and the receivers at the right."""
    t, y = s.thickness_mm, s.slot_y_mm
    beams = (s.beam_a_z_mm, s.beam_b_z_mm)
    plain = bar(y - 9, beams[1] - 8, y + 9, beams[0] + 8)
    across, high = RECEIVER_MM
    windows = [bar(y - across / 2, b - high / 2, y + across / 2, b + high / 2) for b in beams]
    left, right = edges_x(s)
    senders = without(plain, *[disc(y, beam, s.beam_part_mm) for beam in beams])
    return [
        Solid(
            name="sender mount",
            outline=senders,
            plane=beside(left - 2 * t),
            height_mm=t,
            material="black",
        ),
        Solid(
            name="receiver mount",
            outline=without(plain, *windows),
            plane=beside(right + t),
            height_mm=t,
            material="black",
        ),
    ]


def throat(s: Sizes) -> list[Solid]:
    """Return the parts of the throat, with the flap closed."""
    cheeks = [cheek(s, is_left=True), cheek(s, is_left=False)]
    closed = flap(s, degrees=flap_rest_degrees(s))
    return [*cheeks, *throat_walls(s), chute(s), rod(s), *closed, *mounts(s)]
