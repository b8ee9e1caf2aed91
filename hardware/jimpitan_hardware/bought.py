"""Bought parts as plain solids, to see that they fit and that nothing touches them."""

from jimpitan_hardware import boards, head, shell
from jimpitan_hardware.inside import (
    COVER_THREAD_MM,
    cover_screws,
    magnet_places,
    rail_x,
)
from jimpitan_hardware.modules import Module
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, beside, disc, facing, level
from jimpitan_hardware.throat import edges_x

REED_MM = (2.4, 14.0)
MAGNET_THICK_MM = 3.0
CAM_MM = 2.5


def weighing(s: Sizes) -> list[Solid]:
    """The bar cell and the four bolts that stop an overloaded plate."""
    left = (s.width_mm - s.cell_length_mm) / 2
    y, half = s.depth_mm / 2, s.cell_side_mm / 2
    cell = Solid(
        name="cell",
        outline=bar(left, y - half, left + s.cell_length_mm, y + half),
        plane=level(2 * s.thickness_mm),
        height_mm=s.cell_side_mm,
        material="steel",
    )
    high = s.plate_z_mm - s.overload_gap_mm
    bolts = [
        Solid(
            name=f"stop {number}",
            outline=disc(x, y, 4.0),
            plane=level(0),
            height_mm=high,
            material="steel",
        )
        for number, (x, y) in enumerate(shell.stop_places(s), start=1)
    ]
    return [cell, *bolts]


def hinge(s: Sizes) -> list[Solid]:
    """A piano hinge: leaves under lid and strip, the knuckle in the gap."""
    t, w = s.thickness_mm, s.width_mm
    z = s.height_mm - t - s.leaf_thick_mm
    lid_leaf = bar(10, s.lid_depth_mm - s.leaf_mm, w - 10, s.lid_depth_mm)
    strip_leaf = bar(10, s.strip_y_mm, w - 10, s.strip_y_mm + s.leaf_mm)
    leaf = {"plane": level(z), "height_mm": s.leaf_thick_mm, "material": "steel"}
    return [
        Solid(name="lid leaf", outline=lid_leaf, group="lid", **leaf),  # type: ignore[arg-type]
        Solid(name="strip leaf", outline=strip_leaf, **leaf),  # type: ignore[arg-type]
        Solid(
            name="knuckle",
            outline=disc(s.hinge_y_mm, s.hinge_z_mm, s.knuckle_mm * 0.98),
            plane=beside(10),
            height_mm=w - 20,
            material="steel",
        ),
    ]


def lock(s: Sizes) -> list[Solid]:
    """The cam lock: its body in the lid, its cam under the catch."""
    x, y = shell.lock_place(s)
    top = shell.catch_z(s) - 0.5
    return [
        Solid(
            name="lock",
            outline=disc(x, y, shell.LOCK_MM - 1),
            plane=level(top - CAM_MM),
            height_mm=s.height_mm + 2 - top + CAM_MM,
            material="steel",
            group="lid",
        ),
        Solid(
            name="cam",
            outline=bar(x - 6, s.thickness_mm + 2, x + 6, y - shell.LOCK_MM / 2),
            plane=level(top - CAM_MM),
            height_mm=CAM_MM,
            material="steel",
            group="cam",
        ),
    ]


def switches(s: Sizes) -> list[Solid]:
    """Reeds in the rails, magnets in the lip."""
    thick, long = REED_MM
    t = s.thickness_mm
    parts = []
    starts = (rail_x(s)[0], rail_x(s)[1] + t)
    for name, start, magnet in zip(("left", "right"), starts, magnet_places(s), strict=True):
        y, z = s.reed_y_mm, s.reed_z_mm
        parts.append(
            Solid(
                name=f"reed {name}",
                outline=bar(y - long / 2, z - thick / 2, y + long / 2, z + thick / 2),
                plane=beside(start + (t - thick) / 2),
                height_mm=thick,
                material="glass",
            )
        )
        parts.append(
            Solid(
                name=f"magnet {name}",
                outline=disc(magnet, y, s.magnet_mm * 0.98),
                plane=level(s.height_mm - 2 * t),
                height_mm=MAGNET_THICK_MM,
                material="magnet",
                group="lid",
            )
        )
    return parts


def beam_parts(s: Sizes) -> list[Solid]:
    """Infrared LEDs at the left and receivers at the right, behind the cheeks' holes."""
    left, right = edges_x(s)
    t, y = s.thickness_mm, s.slot_y_mm
    parts = []
    for name, z in (("A", s.beam_a_z_mm), ("B", s.beam_b_z_mm)):
        parts.append(
            Solid(
                name=f"sender {name}",
                outline=disc(y, z, 5.0),
                plane=beside(left - t - 8),
                height_mm=8,
                material="led",
            )
        )
        parts.append(
            Solid(
                name=f"receiver {name}",
                outline=bar(y - 2.9, z - 3.4, y + 2.9, z + 3.4),
                plane=beside(right + t),
                height_mm=6,
                material="board",
            )
        )
    return parts


def screws(s: Sizes) -> list[Solid]:
    """The screws of the cover, whose heads need another key than the money; without thread."""
    t = s.thickness_mm
    return [
        Solid(
            name=f"cover screw {number}",
            outline=disc(x, z, COVER_THREAD_MM),
            plane=facing(s.depth_mm),
            height_mm=2 * t,
            material="steel",
            group="cover",
        )
        for number, (x, z) in enumerate(cover_screws(s), start=1)
    ]


def bought(s: Sizes, modules: tuple[Module, ...]) -> list[Solid]:
    """Return every bought part that has a place."""
    mechanical = [*weighing(s), *hinge(s), *lock(s), *switches(s), *screws(s)]
    above = [*head.sounding(s), *head.screen(s)]
    return [*mechanical, *beam_parts(s), *above, *boards.boards(s, modules)]
