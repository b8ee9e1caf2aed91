"""The assembled box: nothing collides, what must move moves, and each check can fail."""

from dataclasses import replace

import pytest
from jimpitan_hardware import assembly, inside, modules, shell
from jimpitan_hardware.sizes import Sizes, UnfitSizes
from jimpitan_hardware.solids import BrokenOutline, Solid, bar, disc, level, without
from shapely import affinity
from shapely.geometry import Polygon

SIZES = Sizes()
SOLIDS = assembly.assemble(SIZES)
CHECKS = [
    assembly.check_collisions,
    assembly.check_volume,
    assembly.check_locked,
    assembly.check_switches,
    assembly.check_beams,
    assembly.check_plate,
    assembly.check_seal,
    assembly.check_cover,
    assembly.check_skirt,
    assembly.check_sticker,
    assembly.check_modules,
]


def named(name):
    """Return one part."""
    return next(solid for solid in SOLIDS if solid.name == name)


def changed(name, make):
    """Return the parts with one of them changed."""
    assert any(solid.name == name for solid in SOLIDS)
    return [make(solid) if solid.name == name else solid for solid in SOLIDS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("thickness_mm", [3.6, 4.4])  # the build looks at 4.0
def test_a_box_of_any_sheet_as_sold_is_well(check, thickness_mm):
    sizes = Sizes(thickness_mm=thickness_mm)
    assert check(assembly.assemble(sizes), sizes) == []


def test_nothing_but_the_lid_and_its_parts_moves_when_it_opens():
    moved = {
        before.name
        for before, after in zip(SOLIDS, assembly.opened(SOLIDS, SIZES, 90), strict=True)
        if before != after
    }
    assert moved == {"lid", "lip", "lid leaf", "lock", "cam", "magnet left", "magnet right"}


def test_a_part_half_a_millimetre_off_is_found():
    off = changed("bay floor", lambda solid: solid.moved(0.5, 0, 0))
    assert any("bay floor and" in sentence for sentence in assembly.check_collisions(off, SIZES))


def test_a_missing_finger_is_found_in_the_volume():
    short = changed(
        "left", lambda one: replace(one, outline=one.outline.difference(bar(96, 4, 100, 90)))
    )
    assert assembly.check_volume(short, SIZES) != []


def test_a_lid_that_reaches_into_the_strip_strikes():
    def longer(solid):
        return replace(solid, outline=solid.outline.union(bar(0, 50, 200, 57.9)))

    assert any("lid strikes" in one for one in assembly.check_swing(changed("lid", longer), SIZES))


def test_a_cam_turned_away_does_not_hold():
    assert assembly.check_locked(assembly.unlocked(SOLIDS), SIZES) != []


def test_something_in_a_beam_and_a_receiver_off_its_line_are_found():
    hair = Solid(
        name="hair",
        outline=bar(99, 76, 101, 78),
        plane=level(SIZES.beam_b_z_mm),
        height_mm=1,
        material="steel",
    )
    assert assembly.check_beams([*SOLIDS, hair], SIZES) == ["hair stands in beam B."]
    for aside in ((0, -1), (1, 0)):  # too low, and too far back
        off = changed(
            "receiver A",
            lambda one, by=aside: replace(one, outline=affinity.translate(one.outline, *by)),
        )
        assert "The receiver of beam A is not on its line." in assembly.check_beams(off, SIZES)


def test_a_plate_that_rubs_and_a_stop_too_low_are_found():
    rubbing = changed("plate", lambda solid: solid.moved(4, 0, 0))
    assert any("mm from the plate" in one for one in assembly.check_plate(rubbing, SIZES))
    low = changed("stop 2", lambda solid: replace(solid, height_mm=solid.height_mm - 2))
    assert assembly.check_plate(low, SIZES) == ["stop 2 is 2.50 mm from the plate, not 0.5."]


def test_a_reed_too_far_and_a_magnet_on_the_hinge_are_found():
    far = changed("reed left", lambda solid: solid.moved(0, 14, 0))
    assert any("when closed" in one for one in assembly.check_switches(far, SIZES))
    near = changed("magnet right", lambda one: one.moved(0, 24, 0))
    near = [one.moved(0, 24, 0) if one.name == "reed right" else one for one in near]
    assert any("when open" in one for one in assembly.check_switches(near, SIZES))


def test_a_lip_in_the_way_of_the_seal_is_found():
    filled = changed("lip", lambda one: replace(one, outline=Polygon(one.outline.exterior)))
    assert assembly.check_seal(filled, SIZES) == ["lip stands in the way of the seal."]


def test_a_sticker_over_a_joint_is_found():
    wide = replace(SIZES, sticker_width_mm=198.0)
    assert assembly.check_sticker(SOLIDS, wide) != []


def test_a_plate_without_a_modules_hole_is_found():
    blank = changed(
        "module plate right", lambda one: replace(one, outline=Polygon(one.outline.exterior))
    )
    assert any("not drilled" in sentence for sentence in assembly.check_modules(blank, SIZES))


def test_the_money_key_opens_no_way_to_the_electronics():
    """The bay is shut on the money's side, and its cover has screws of its own."""
    names = {"bay front", "bay floor"}
    assert all(solid.group == "fixed" for solid in SOLIDS if solid.name in names)
    cover_screws = [solid for solid in SOLIDS if solid.name.startswith("cover screw")]
    assert len(cover_screws) == len(inside.cover_screws(SIZES)) == 4
    frame = named("cover frame").body()
    assert all((frame ^ screw.body()).volume() < 1e-3 for screw in cover_screws)


def test_a_cover_screw_with_nothing_to_bite_in_is_found():
    holes = [disc(x, z, inside.COVER_SCREW_MM) for x, z in inside.cover_screws(SIZES)]
    wide = changed("cover frame", lambda one: replace(one, outline=without(one.outline, *holes)))
    found = assembly.check_cover(wide, SIZES)
    assert len(found) == 4
    assert found[0] == "cover screw 1: the hole in the cover frame is not 2.5 mm wide."
    blind = changed("cover", lambda one: replace(one, outline=Polygon(one.outline.exterior)))
    assert len(assembly.check_cover(blind, SIZES)) == 4


def test_a_skirt_that_leaves_the_edge_of_the_plate_open_is_found():
    narrow = Sizes(skirt_mm=4.0)
    (fault,) = assembly.check_skirt(assembly.assemble(narrow), narrow)
    assert fault == "A gap of 280 mm2 lies open between plate and skirt."


def test_a_coin_does_not_fit_under_the_skirt():
    from jimpitan_hardware import cash

    assert SIZES.plate_cover_mm < min(coin.thick_mm for coin in cash.load().coins)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"thickness_mm": 6.0}, "3.6 to 4.4 mm thick"),
        ({"kerf_mm": 0.9}, "kerf"),
        ({"clearance_mm": 0.5}, "clearance"),
        ({"plate_width_mm": 190.0}, "too near to the walls"),
        ({"slot_gap_mm": 9.0}, "at most 6 mm"),
        ({"bay_floor_depth_mm": 40.0}, "at least 60 mm"),
    ],
)
def test_sizes_that_fit_no_box_are_refused(values, sentence):
    with pytest.raises(UnfitSizes, match=sentence):
        Sizes(**values)


def test_an_outline_cut_in_two_is_refused():
    with pytest.raises(BrokenOutline, match="strip in two"):
        Solid(
            name="strip in two",
            outline=bar(0, 0, 10, 10).difference(bar(-1, 4, 11, 6)),
            plane=level(0),
            height_mm=4,
            material="clear",
        )


def test_a_thicker_lock_than_its_hole_collides():
    thick = changed("lock", lambda one: replace(one, outline=one.outline.buffer(1.0)))
    assert any("lock" in sentence for sentence in assembly.check_collisions(thick, SIZES))
    assert shell.LOCK_MM > 18


def test_modules_that_lie_on_each_other_are_found(monkeypatch):
    crowded = tuple(
        replace(one, at=(2.0, 6.0)) if one.name == "charger" else one for one in modules.load()
    )
    monkeypatch.setattr(modules, "load", lambda: crowded)
    assert any("lie on each other" in one for one in assembly.check_modules(SOLIDS, SIZES))
