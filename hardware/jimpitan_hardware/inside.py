"""What is cut for the inside: bay, cover, lid's lip, plate, skirt, rails and small pieces."""

from shapely.geometry import Polygon

from jimpitan_hardware import shell
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import (
    Solid,
    bar,
    beside,
    disc,
    facing,
    joined,
    level,
    without,
)
from jimpitan_hardware.throat import edges_x, faces_y

INSERT_MM = 5.6  # brass insert for M4; by the insert you bought
COVER_SCREW_MM = 3.2  # passes an M3
COVER_THREAD_MM = 2.5  # drilled for an M3 thread: its core (ISO 2306)
REBATE_MM = 1.5
DUCT_MM = 8.0
CATCH_MM = 6.0  # how far it reaches in: the lock must swing past it
LIP_GAP_MM = 1.5


def lip(s: Sizes) -> Solid:
    """The second layer of the lid, inside the walls: it stops a blade and carries magnets."""
    t = s.thickness_mm
    near = t + LIP_GAP_MM
    outline = without(
        bar(near, near, s.width_mm - near, s.lid_depth_mm - s.leaf_mm - 0.5),
        disc(*shell.lock_place(s), shell.LOCK_MM),
        disc(shell.seal_x(s), 12, shell.SEAL_MM + 2),
        *[disc(x, s.reed_y_mm, s.magnet_mm) for x in magnet_places(s)],
    )
    return Solid(
        name="lip",
        outline=outline,
        plane=level(s.height_mm - 2 * t),
        height_mm=t,
        material="clear",
        group="lid",
    )


def magnet_places(s: Sizes) -> tuple[float, float]:
    """The middle of the two magnets, along x."""
    near = s.thickness_mm + LIP_GAP_MM + 2 + s.magnet_mm / 2
    return (near, s.width_mm - near)


def catch(s: Sizes) -> Solid:
    """What the cam of the lock goes under, held by two tabs in the front."""
    t = s.thickness_mm
    spans = shell.catch_spans(s)
    body = bar(spans[0][0] - 4, t, spans[1][1] + 4, t + CATCH_MM)
    outline = joined(body, *[bar(a, 0, b, t) for a, b in spans])
    plane = level(shell.catch_z(s))
    return Solid(name="catch", outline=outline, plane=plane, height_mm=t, material="clear")


def bay_front(s: Sizes) -> Solid:
    """The wall between bay and money, behind the lid; its top is under the hinge's leaf."""
    t, w = s.thickness_mm, s.width_mm
    low, top = s.bay_floor_z_mm, s.height_mm - t - s.leaf_thick_mm - 0.5
    tabs = [bar(x, a, x + t, b) for x in (0, w - t) for a, b in shell.bay_front_spans(s)]
    low_wire, high_wire = s.reed_z_mm - 1.6, s.reed_z_mm + 1.6
    wires = [bar(x, low_wire, x + t, high_wire) for x in (t, w - 2 * t)]
    outline = without(joined(bar(t, low, w - t, top), *tabs), *wires)
    plane = facing(s.strip_y_mm)
    return Solid(name="bay front", outline=outline, plane=plane, height_mm=t, material="black")


def bay_floor(s: Sizes) -> Solid:
    """The floor of the bay: the throat goes through, the cell's wire comes up in a corner."""
    t, w, back = s.thickness_mm, s.width_mm, s.depth_mm - s.thickness_mm
    left, right = edges_x(s)
    near, far = faces_y(s)
    side_tabs = [bar(x, s.strip_y_mm + 8, x + t, s.strip_y_mm + 20) for x in (0, w - t)]
    back_tabs = [bar(a, back, b, back + t) for a, b in shell.bay_floor_spans(s)]
    cheeks = [bar(x, near - t - 6, x + t, far + t + 6) for x in (left - t, right)]
    outline = without(
        joined(bar(t, s.strip_y_mm, w - t, back), *side_tabs, *back_tabs),
        bar(left, near - t, right, far + t),
        *cheeks,
        bar(t, back - DUCT_MM + 1, t + DUCT_MM - 1, back),
        *module_slots(s),
    )
    plane = level(s.bay_floor_z_mm)
    return Solid(name="bay floor", outline=outline, plane=plane, height_mm=t, material="black")


def module_spans(s: Sizes) -> list[tuple[float, float]]:
    """Where the two module plates stand, along x: left and right of the throat."""
    t = s.thickness_mm
    left, right = edges_x(s)
    return [(t + 1, left - 2 * t - 1), (right + 2 * t + 1, s.width_mm - t - 1)]


def module_y(s: Sizes) -> float:
    """The face of the module plates that carries modules; it looks to the cover."""
    return s.strip_y_mm + 8.0


def module_slots(s: Sizes) -> list[Polygon]:
    """Slots in the bay's floor for the two tabs of each module plate."""
    y, t = module_y(s), s.thickness_mm
    return [bar(x, y - t, x + 8, y) for span in module_spans(s) for x in _module_tabs(span)]


def _module_tabs(span: tuple[float, float]) -> tuple[float, float]:
    return (span[0] + 6, span[1] - 14)


def cover(s: Sizes) -> Solid:
    """The cover of the bay, flush in the back: its screws are not for the money key."""
    t = s.thickness_mm
    screws = [disc(x, z, COVER_SCREW_MM) for x, z in cover_screws(s)]
    outline = without(shell.cover_window(s, shell.COVER_GAP_MM), *screws)
    return Solid(
        name="cover",
        outline=outline,
        plane=facing(s.depth_mm),
        height_mm=t,
        material="black",
        group="cover",
    )


def cover_screws(s: Sizes) -> list[tuple[float, float]]:
    """The four screws of the cover (x, z), behind the throat: modules pass beside them."""
    _, low, _, top = shell.cover_window(s).bounds
    left, right = edges_x(s)
    return [(x, z) for x in (left + 5, right - 5) for z in (low + 5, top - 5)]


def cover_frame(s: Sizes) -> Solid:
    """The frame behind the window: a rebate for the cover all round, and lugs for its screws."""
    t = s.thickness_mm
    body = bar(t + 0.5, s.bay_floor_z_mm + t, s.width_mm - t - 0.5, s.height_mm - t)
    opening = shell.cover_window(s, REBATE_MM)
    lugs = [bar(x - 6, z - 6, x + 6, z + 6) for x, z in cover_screws(s)]
    holes = [disc(x, z, COVER_THREAD_MM) for x, z in cover_screws(s)]
    outline = without(body, without(opening, *lugs), *holes)
    plane = facing(s.depth_mm - t)
    return Solid(name="cover frame", outline=outline, plane=plane, height_mm=t, material="black")


def skirt(s: Sizes) -> Solid:
    """A frame over the edge of the plate: no coin falls beside it, no tilt lifts it out."""
    t, w, d = s.thickness_mm, s.width_mm, s.depth_mm
    edge = t + s.skirt_mm
    inner = without(
        bar(edge, t + 8, w - edge, d - t - 8),
        bar(t, d - t - DUCT_MM - 2 * t - 4, t + DUCT_MM + 2 * t + 4, d - t),
    )
    tabs = [bar(a, v, b, v + t) for a, b in shell.skirt_spans(s) for v in (0, d - t)]
    duct = bar(t, d - 2 * t - DUCT_MM, 2 * t + DUCT_MM, d - t)
    outline = without(joined(bar(t, t, w - t, d - t), *tabs), inner, duct)
    plane = level(shell.skirt_z(s))
    return Solid(name="skirt", outline=outline, plane=plane, height_mm=t, material="clear")


def plate(s: Sizes) -> Solid:
    """The floating plate, with a notch for the duct of the cell's wire."""
    w, d = s.width_mm, s.depth_mm
    left, low = (w - s.plate_width_mm) / 2, (d - s.plate_depth_mm) / 2
    t = s.thickness_mm
    notch = bar(0, d - 2 * t - DUCT_MM - 4, 2 * t + DUCT_MM + 4, d)
    holes = [disc(x, y, 4.2) for x, y in shell.cell_screws(s, is_free_end=True)]
    outline = without(bar(left, low, w - left, d - low), notch, *holes)
    return Solid(
        name="plate",
        outline=outline,
        plane=level(s.plate_z_mm),
        height_mm=t,
        material="clear",
        group="plate",
    )


def spacers(s: Sizes) -> list[Solid]:
    """The pieces that keep the cell off floor and plate, so that it can bend."""
    t = s.thickness_mm
    parts = []
    for name, z, is_free in (("fixed", t, False), ("free", s.plate_z_mm - t, True)):
        places = shell.cell_screws(s, is_free_end=is_free)
        middle = sum(x for x, _ in places) / 2
        hole = 4.2 if is_free else 5.2
        y = s.depth_mm / 2
        outline = without(
            bar(middle - 12.5, y - 7, middle + 12.5, y + 7),
            *[disc(*place, hole) for place in places],
        )
        group = "plate" if is_free else "fixed"
        parts.append(
            Solid(
                name=f"spacer {name}",
                outline=outline,
                plane=level(z),
                height_mm=t,
                material="clear",
                group=group,
            )
        )
    return parts


def blocks(s: Sizes) -> list[Solid]:
    """Three layers in each corner, glued to the walls, with inserts for the floor's screws."""
    t = s.thickness_mm
    parts = []
    for corner, (x, y) in enumerate(shell.floor_screws(s), start=1):
        for layer in range(3):
            outline = without(bar(x - 7, y - 7, x + 7, y + 7), disc(x, y, INSERT_MM))
            parts.append(
                Solid(
                    name=f"block {corner}.{layer + 1}",
                    outline=outline,
                    plane=level(t * (1 + layer)),
                    height_mm=t,
                    material="clear",
                )
            )
    return parts


def duct(s: Sizes) -> list[Solid]:
    """The duct of the cell's wire, up the left back corner to the bay."""
    t, back = s.thickness_mm, s.depth_mm - s.thickness_mm
    low, top = t * 4 + 4, s.bay_floor_z_mm
    beside_wall = bar(back - DUCT_MM - t, low, back, top)
    before_wall = bar(t, low, t + DUCT_MM, top)
    return [
        Solid(
            name="duct side",
            outline=beside_wall,
            plane=beside(t + DUCT_MM),
            height_mm=t,
            material="clear",
        ),
        Solid(
            name="duct front",
            outline=before_wall,
            plane=facing(back - DUCT_MM),
            height_mm=t,
            material="clear",
        ),
    ]


def rail_x(s: Sizes) -> tuple[float, float]:
    """Where the inner layer of the left and of the right rail begins, along x."""
    return (s.thickness_mm, s.width_mm - 3 * s.thickness_mm)


def rails(s: Sizes) -> list[Solid]:
    """Two layers on each side wall: a groove for the reed and its wires, and its cover."""
    t = s.thickness_mm
    y0, z = s.reed_y_mm - 12, s.reed_z_mm
    half = s.rail_half_mm
    body = bar(y0, z - half, s.strip_y_mm - t, z + half)
    groove = without(body, bar(y0 + 3, z - 1.6, s.strip_y_mm - t, z + 1.6))
    parts = []
    for name, start in zip(("left", "right"), rail_x(s), strict=True):
        is_left = name == "left"
        groove_x = start if is_left else start + t
        cover_x = start + t if is_left else start
        for what, outline, x in (("groove", groove, groove_x), ("cover", body, cover_x)):
            parts.append(
                Solid(
                    name=f"rail {name} {what}",
                    outline=outline,
                    plane=beside(x),
                    height_mm=t,
                    material="black",
                )
            )
    return parts


def inside(s: Sizes) -> list[Solid]:
    """Return everything that is cut for the inside, but the throat and the module plates."""
    bay = [bay_front(s), bay_floor(s), cover(s), cover_frame(s)]
    weighing = [plate(s), skirt(s), *spacers(s), *blocks(s), *duct(s)]
    return [lip(s), catch(s), *bay, *weighing, *rails(s)]
