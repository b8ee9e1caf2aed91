"""The whole box as solids, its poses, and what must be true of it."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace

import manifold3d
import numpy

from jimpitan_hardware import bought, head, inside, modules, shell, throat
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Numbers, Solid, bar, total_volume

OFF_LINE_MM = 0.05  # of a beam: what a laser's cut leaves uncertain
TOUCH_MM3 = 1e-3  # faces that touch share nothing; this is the arithmetic's rest


@functools.lru_cache(maxsize=4)
def assemble(s: Sizes) -> tuple[Solid, ...]:
    """Return every part of the closed and locked box."""
    fitted = modules.load()
    plates = modules.module_plates(s, fitted)
    cut = [*shell.walls(s), *inside.inside(s), *throat.throat(s), *plates, head.screen_bezel(s)]
    return (*cut, *bought.bought(s, fitted))


def unlocked(solids: Sequence[Solid]) -> list[Solid]:
    """Return the parts with the cam turned away from the catch."""
    lock = next(solid for solid in solids if solid.name == "lock")
    x, y = lock.outline.centroid.coords[0]
    turned = []
    for solid in solids:
        if solid.group == "cam":
            points = [(x - (v - y), y + (u - x)) for u, v in solid.outline.exterior.coords]
            solid = replace(solid, outline=type(solid.outline)(points))  # noqa: PLW2901
        turned.append(solid)
    return turned


def opened(solids: Sequence[Solid], s: Sizes, degrees: float) -> list[Solid]:
    """Return the parts with the lid that far open; nothing but the lid moves."""
    return [
        solid.turned(degrees=degrees, axis_y=s.hinge_y_mm, axis_z=s.hinge_z_mm)
        if solid.group in ("lid", "cam")
        else solid
        for solid in solids
    ]


def check_collisions(solids: Sequence[Solid], _: Sizes) -> list[str]:
    """No two parts share room in the closed box."""
    bodies = [(solid.name, solid.body()) for solid in solids]
    boxes = [numpy.array(body.bounding_box()) for _, body in bodies]
    wrong = []
    for (one, first), (other, second) in itertools.combinations(
        zip(bodies, boxes, strict=True), 2
    ):
        if not _near(first, second):
            continue
        shared = (one[1] ^ other[1]).volume()
        if shared > TOUCH_MM3:
            wrong.append(f"{one[0]} and {other[0]} share {shared:.2f} mm3.")
    return wrong


def _near(one: Numbers, other: Numbers) -> bool:
    return bool((one[:3] < other[3:]).all() and (other[:3] < one[3:]).all())


def check_swing(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """The unlocked lid swings open past everything that stays, in steps of two degrees."""
    free = unlocked(solids)
    moving = [solid for solid in free if solid.group in ("lid", "cam")]
    # No farther from the axis than its farthest corner can a part of the lid strike.
    corners = numpy.array([solid.body().bounding_box() for solid in moving])
    away = numpy.abs(corners[:, (1, 4)] - s.hinge_y_mm).max()
    reach_mm = float(numpy.hypot(away, numpy.abs(corners[:, (2, 5)] - s.hinge_z_mm).max()))
    still = [
        one for one in free if one.group not in ("lid", "cam") and _near_hinge(one, s, reach_mm)
    ]
    rest = manifold3d.Manifold.batch_boolean(
        [solid.body() for solid in still], manifold3d.OpType.Add
    )
    wrong = []
    for step in numpy.arange(0.0, s.lid_opens_degrees + 0.1, 2.0):
        for solid in opened(free, s, float(step)):
            if solid.group in ("lid", "cam") and (rest ^ solid.body()).volume() > TOUCH_MM3:
                wrong.append(f"{solid.name} strikes something when the lid is {step:.0f}° open.")
    return wrong


def _near_hinge(solid: Solid, s: Sizes, reach_mm: float) -> bool:
    """Whether a part comes so near to the axis of the hinge, seen along it."""
    box = numpy.array(solid.body().bounding_box())
    axis = numpy.array((s.hinge_y_mm, s.hinge_z_mm))
    beside = numpy.maximum(numpy.maximum(box[1:3] - axis, axis - box[4:6]), 0.0)
    return float(numpy.hypot(*beside)) < reach_mm


def check_locked(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """A locked lid does not open: its cam strikes the catch within three degrees."""
    catch = next(solid for solid in solids if solid.name == "catch").body()
    cam = next(solid for solid in solids if solid.name == "cam")
    raised = cam.turned(degrees=3.0, axis_y=s.hinge_y_mm, axis_z=s.hinge_z_mm)
    if (catch ^ raised.body()).volume() > 1.0:
        return []
    return ["The cam does not hold the lid: it passes the catch."]


def check_volume(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """The walls without holes are exactly outer less inner, less the gap of the hinge."""
    names = {solid.name for solid in shell.walls(s)}
    filled = [_without_holes(solid) for solid in solids if solid.name in names]
    whole = manifold3d.Manifold.batch_boolean(
        [solid.body() for solid in filled], manifold3d.OpType.Add
    )
    wanted = shell.plain_volume(s)
    wrong = []
    for what, found in (("joined", whole.volume()), ("summed", total_volume(filled))):
        if abs(found - wanted) > 0.01:
            wrong.append(f"The walls {what} are {found:.2f} mm3, not {wanted:.2f}.")
    return wrong


def _without_holes(solid: Solid) -> Solid:
    return replace(solid, outline=type(solid.outline)(solid.outline.exterior))


def check_beams(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Both beams run free, and LED and receiver lie on the line of each."""
    wrong = []
    left, right = throat.edges_x(s)
    t = s.thickness_mm
    line = manifold3d.Manifold.cylinder(right - left + 2 * t, 1.0).rotate((0, 90, 0))
    for name, z in (("A", s.beam_a_z_mm), ("B", s.beam_b_z_mm)):
        beam = line.translate((left - t, s.slot_y_mm, z))
        for solid in solids:
            if (beam ^ solid.body()).volume() > TOUCH_MM3:
                wrong.append(f"{solid.name} stands in beam {name}.")
        for part in ("sender", "receiver"):
            place = next((one for one in solids if one.name == f"{part} {name}"), None)
            if place is None or _off_line_mm(place, s.slot_y_mm, z) > OFF_LINE_MM:
                wrong.append(f"The {part} of beam {name} is not on its line.")
    return wrong


def _off_line_mm(part: Solid, y_mm: float, z_mm: float) -> float:
    """How far the middle of a part lies off a line along x."""
    middle = part.plane.points(numpy.array(part.outline.centroid.coords))[0]
    return float(numpy.hypot(middle[1] - y_mm, middle[2] - z_mm))


def check_plate(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """The plate floats: clear of everything but its cell, and stopped by four bolts."""
    moving = [solid for solid in solids if solid.group == "plate"]
    body = manifold3d.Manifold.batch_boolean(
        [solid.body() for solid in moving], manifold3d.OpType.Add
    )
    wrong = []
    for solid in solids:
        if solid in moving or solid.name in ("cell", "skirt") or "stop" in solid.name:
            continue
        apart = body.min_gap(solid.body(), s.plate_gap_mm + 1)
        if apart < s.plate_gap_mm - 1e-6:
            wrong.append(f"{solid.name} is {apart:.2f} mm from the plate.")
    for name, wanted in (("skirt", s.plate_cover_mm), ("stop", s.overload_gap_mm)):
        for solid in (one for one in solids if one.name.startswith(name)):
            apart = body.min_gap(solid.body(), 10)
            if abs(apart - wanted) > 0.01:
                wrong.append(f"{solid.name} is {apart:.2f} mm from the plate, not {wanted}.")
    return wrong


def check_skirt(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Seen from above, no coin finds a gap between plate and walls: skirt or duct covers it."""
    t, far = s.thickness_mm, s.depth_mm - s.thickness_mm
    named = {solid.name: solid.outline for solid in solids}
    plate = type(named["plate"])(named["plate"].exterior)
    duct = bar(t, far - t - inside.DUCT_MM, 2 * t + inside.DUCT_MM, far)
    gap = bar(t, t, s.width_mm - t, far).difference(plate.union(named["skirt"]).union(duct))
    if gap.area < TOUCH_MM3:
        return []
    return [f"A gap of {gap.area:.0f} mm2 lies open between plate and skirt."]


def check_switches(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Each magnet is near its reed when the lid is closed, and far when it is open."""
    wrong = []
    open_too = opened(solids, s, s.lid_opens_degrees)
    for side in ("left", "right"):
        closed_mm = _apart(solids, side)
        open_mm = _apart(open_too, side)
        if closed_mm > s.reed_closed_max_mm:
            wrong.append(f"The {side} reed is {closed_mm:.1f} mm from its magnet when closed.")
        if open_mm < s.reed_open_min_mm:
            wrong.append(f"The {side} reed is {open_mm:.1f} mm from its magnet when open.")
    return wrong


def _apart(solids: Sequence[Solid], side: str) -> float:
    places = []
    for name in (f"reed {side}", f"magnet {side}"):
        solid = next(one for one in solids if one.name == name)
        middle = numpy.array(solid.outline.centroid.coords)
        places.append(solid.plane.points(middle, solid.height_mm / 2)[0])
    return float(numpy.linalg.norm(places[0] - places[1]))


def check_cover(solids: Sequence[Solid], _: Sizes) -> list[str]:
    """Each screw of the cover passes the cover, and has a thread to bite in the frame."""
    wrong = []
    wanted = {"cover": inside.COVER_SCREW_MM, "cover frame": inside.COVER_THREAD_MM}
    for screw in (one for one in solids if one.name.startswith("cover screw")):
        for name, wide in wanted.items():
            plate = next(one for one in solids if one.name == name)
            middle = screw.outline.centroid
            around = min((middle.distance(ring) for ring in plate.outline.interiors), default=0.0)
            if abs(2 * around - wide) > 0.05 or plate.outline.contains(middle):
                wrong.append(f"{screw.name}: the hole in the {name} is not {wide} mm wide.")
    return wrong


def check_sticker(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """The sticker lies on bare acrylic: inside the front, off its joints, slots and holes."""
    left = (s.width_mm - s.sticker_width_mm) / 2
    top = s.sticker_z_mm + s.sticker_height_mm
    field = bar(left, s.sticker_z_mm, left + s.sticker_width_mm, top)
    front = next(solid for solid in solids if solid.name == "front")
    if front.outline.contains(field):
        return []
    return ["The sticker does not fit on the front: a joint, slot or hole is in its way."]


def check_seal(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """A wire seal goes straight down through the lid and straight out through the front."""
    x, z = shell.seal_x(s), s.height_mm - s.thickness_mm - 12
    wire = manifold3d.Manifold.cylinder(s.height_mm + 2 - z, 1.0)
    down = wire.translate((x, 12, z))
    out = wire.rotate((90, 0, 0)).translate((x, 12, z))
    body = down + out
    return [
        f"{solid.name} stands in the way of the seal."
        for solid in solids
        if (body ^ solid.body()).volume() > TOUCH_MM3
    ]


def check_modules(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Every hole of a module is drilled in its plate, and modules leave each other room."""
    fitted = modules.load()
    wrong = []
    for module in fitted:
        plate = next(one for one in solids if one.name == f"module plate {module.plate}")
        start, _, low = modules.origin(s, module.plate)
        for hole in module.drilled():
            middle = hole.centroid
            place = type(middle)(middle.x + start, middle.y + low)
            if plate.outline.buffer(-0.1).contains(place):
                wrong.append(f"{module.name}: a hole is not drilled in the {module.plate} plate.")
    for one, other in itertools.combinations(fitted, 2):
        is_instead = one.name == other.instead_of or other.name == one.instead_of
        if one.plate != other.plate or is_instead:
            continue
        if one.room().distance(other.room()) < 0.5:
            wrong.append(f"{one.name} and {other.name} lie on each other.")
    return wrong
