"""What is bought has a place that fits: strip, screen, colour sensor, stack; each can fail."""

from dataclasses import replace

import pytest
from jimpitan_hardware import assembly, boards, fit, head, modules, stack
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, level
from shapely import affinity
from shapely.geometry import Polygon

SIZES = Sizes()
SOLIDS = assembly.assemble(SIZES)
CHECKS = [
    fit.check_head,
    fit.check_screen,
    fit.check_colour,
    fit.check_stack,
    fit.check_usb,
    fit.check_studs,
]


def changed(name, make):
    """Return the parts with one of them changed."""
    assert any(solid.name == name for solid in SOLIDS)
    return [make(solid) if solid.name == name else solid for solid in SOLIDS]


def without(name):
    """Return the parts without one of them."""
    assert any(solid.name == name for solid in SOLIDS)
    return [solid for solid in SOLIDS if solid.name != name]


def filled(solid):
    """Return a part without its holes."""
    return replace(solid, outline=Polygon(solid.outline.exterior))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("thickness_mm", [3.6, 4.4])  # the build looks at 4.0
def test_everything_has_its_place_in_sheets_as_sold(check, thickness_mm):
    sizes = Sizes(thickness_mm=thickness_mm)
    assert check(assembly.assemble(sizes), sizes) == []


@pytest.mark.parametrize("name", ["light 1", "light 4", "buzzer", "speaker"])
def test_light_and_sound_off_their_holes_or_off_the_strip_are_found(name):
    off = changed(name, lambda one: one.moved(9, 0, 0))
    assert f"{name} does not lie under its hole." in fit.check_head(off, SIZES)
    low = changed(name, lambda one: one.moved(0, 0, -1))
    assert fit.check_head(low, SIZES) == [f"{name} does not touch the strip."]
    assert fit.check_head(without(name), SIZES) == [f"{name} has no place under the strip."]


def test_a_strip_that_is_not_drilled_is_found():
    def blank(solid):
        slot = solid.outline.interiors[0]
        assert len(solid.outline.interiors) > 10
        return replace(solid, outline=Polygon(solid.outline.exterior, [slot]))

    wrong = fit.check_head(changed("strip", blank), SIZES)
    assert "The strip is not drilled over buzzer." in wrong
    assert "The strip is not drilled over speaker." in wrong


def test_a_screen_that_is_hidden_unscrewed_or_gone_is_found():
    blind = changed("screen bezel", filled)
    assert fit.check_screen(blind, SIZES) == [
        "screen bezel hides the screen.",
        "The bezel has no thread for a screw of the screen.",
        "The bezel has no thread for a screw of the screen.",
    ]
    leaf = changed("strip leaf", lambda one: one.moved(0, 6, 0))
    assert fit.check_screen(leaf, SIZES) == ["strip leaf hides the screen."]
    off = changed("screen", lambda one: one.moved(0, -20, 0))
    assert any("where the bezel shows" in one for one in fit.check_screen(off, SIZES))
    assert fit.check_screen(without("screen"), SIZES) == ["The screen has no place."]


def test_a_screen_that_touches_a_plate_collides():
    low = changed("screen", lambda one: one.moved(0, 0, -3))
    assert any("screen" in sentence for sentence in assembly.check_collisions(low, SIZES))


def test_the_screen_is_the_firmwares():
    from components import ROOT

    text = (ROOT / "firmware" / "board" / "jimpitan_board" / "screen.py").read_text()
    assert "WIDTH, PAGES = 128, 8" in text
    wide, high = head.SCREEN_SEEN_MM
    assert wide / high == pytest.approx(128 / 64, rel=0.01)


def test_a_colour_sensor_too_far_or_blinded_is_found():
    far = changed("colour sensor", lambda one: one.moved(0, 4, 0))
    assert "The colour sensor is 14.5 mm from the cash, not 8.0 to 12.0." in fit.check_colour(
        far, SIZES
    )
    plate = changed("module plate behind", filled)
    assert "module plate behind stands before the colour sensor." in fit.check_colour(plate, SIZES)
    wall = changed("throat back", filled)
    assert "throat back stands before the colour sensor." in fit.check_colour(wall, SIZES)
    assert fit.check_colour(without("colour sensor"), SIZES) == ["The colour sensor has no place."]


def test_a_pane_that_is_not_flush_or_too_small_is_found():
    deep = changed("throat pane", lambda one: one.moved(0, 1, 0))
    assert any("not flush" in one for one in fit.check_colour(deep, SIZES))
    assert any("not flush" in one for one in fit.check_colour(without("throat pane"), SIZES))
    small = changed(
        "throat pane", lambda one: replace(one, outline=affinity.scale(one.outline, 0.8))
    )
    assert "The pane does not fill its window." in fit.check_colour(small, SIZES)


def test_the_controller_stands_on_sockets_as_deep_as_it_is():
    (top,) = [solid for solid in SOLIDS if solid.name == "top of controller"]
    (board,) = [solid for solid in SOLIDS if solid.name == "module board"]
    deep = top.plane.origin[1] - (board.plane.origin[1] - board.height_mm)
    assert 16 <= deep <= 20


@pytest.mark.parametrize("name", ["controller", "top of controller", "socket 2"])
def test_a_board_without_its_controller_is_found(name):
    assert fit.check_stack(without(name), SIZES) == [f"{name} is not on the module board."]


def test_sockets_too_low_for_what_lies_under_the_controller_are_found(monkeypatch):
    monkeypatch.setattr(stack, "SOCKET_MM", 5.0)
    wrong = fit.check_stack(assembly.assemble.__wrapped__(SIZES), SIZES)
    assert "Under the controller are 7.5 mm for parts of 10." in wrong


def test_sockets_too_high_for_the_bay_are_found(monkeypatch):
    monkeypatch.setattr(stack, "SOCKET_MM", 15.0)
    high = assembly.assemble.__wrapped__(SIZES)
    assert any(
        one.startswith("top of controller is ") and one.endswith(" mm from the cover.")
        for one in fit.check_stack(high, SIZES)
    )
    monkeypatch.setattr(stack, "SOCKET_MM", 24.0)
    through = assembly.assemble.__wrapped__(SIZES)
    assert any("cover" in one for one in assembly.check_collisions(through, SIZES))


def test_a_plug_whose_wires_have_no_room_is_found(monkeypatch):
    monkeypatch.setattr(stack, "BEND_MM", 20.0)
    assert "cover is where the wires of plug J1 turn." in fit.check_stack(SOLIDS, SIZES)


def test_a_bay_too_low_for_the_usb_plug_is_found(monkeypatch):
    low = Sizes(bay_floor_depth_mm=97.0)
    kept = [
        replace(one, at=(one.at[0], one.at[1] - 7)) if one.plate == "left" else one
        for one in modules.load()
    ]
    monkeypatch.setattr(modules, "load", lambda: tuple(kept))
    wrong = fit.check_usb(assembly.assemble.__wrapped__(low), low)
    assert "bay floor is where the USB plug 1 goes." in wrong
    assert any("where the USB cable 2 goes" in one for one in wrong)


def test_a_screw_that_is_missing_too_short_or_too_long_is_found(monkeypatch):
    assert fit.check_studs(without("stud of motion sensor 1"), SIZES) == [
        "stud of motion sensor 1 is missing."
    ]
    short = changed("stud of scale converter 2", lambda one: one.moved(0, -4, 0))
    assert fit.check_studs(short, SIZES) == [
        "stud of scale converter 2 is too short for its outer nut."
    ]
    monkeypatch.setitem(boards.THREADS, 2.05, (5.0, 8.0))
    long = assembly.assemble.__wrapped__(SIZES)
    assert "screw of amplifier 1 is 6.4 mm in its plate." in fit.check_studs(long, SIZES)


def test_a_nut_that_meets_a_part_of_its_module_collides():
    def whole(solid):
        return replace(solid, outline=solid.outline.convex_hull)

    wide = changed("top of scale converter", whole)
    assert any(
        "stud of scale converter" in sentence
        for sentence in assembly.check_collisions(wide, SIZES)
    )


def test_plugs_too_near_to_each_other_collide(monkeypatch):
    monkeypatch.setattr(stack, "PLUG_BEYOND_MM", 3.0)
    near = assembly.assemble.__wrapped__(SIZES)
    assert any("plug J2 and plug J5" in one for one in assembly.check_collisions(near, SIZES))


def test_a_lid_over_the_screen_is_no_clear_view():
    roof = Solid(
        name="roof", outline=bar(20, 60, 50, 95), plane=level(405), height_mm=2, material="black"
    )
    assert fit.check_screen([*SOLIDS, roof], SIZES) == ["roof hides the screen."]
    coin = Solid(
        name="ring", outline=disc(150, 80, 5), plane=level(405), height_mm=2, material="black"
    )
    assert fit.check_screen([*SOLIDS, coin], SIZES) == []
