"""Cash falls through, a hook does not come back, and each of these checks can fail.

That all is well with the box as it is shows the build: `test_hardware_build.py`.
"""

import math
from collections import Counter
from dataclasses import replace

import numpy
import pytest
from jimpitan_hardware import assembly, cash, insertions, passage, shadows, shell
from jimpitan_hardware.insertions import check_insertions
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, beside, level
from jimpitan_hardware.throat import flap, flap_rest_degrees
from shapely.geometry import Point, Polygon

SIZES = Sizes()
SOLIDS = assembly.assemble(SIZES)
CASH = cash.load()
LARGEST = passage.Bar(27.2, 2.9)
FEW = 40  # a broken throat shows itself to few; the build follows the thousand
# An L whose hull would fill the throat, and whose arms leave 0.8 mm beside them.
PLUG = Polygon([(74, 330), (80, 330), (80, 336), (79, 336), (79, 331), (74, 331)])


def plug(x, wide_mm=3.0):
    """Return something stuck in the throat at a place along it."""
    return Solid(name="plug", outline=PLUG, plane=beside(x), height_mm=wide_mm, material="steel")


def through(sizes, degrees, thing=LARGEST):
    """Return the share of the poses in the slot from which a thing gets out."""
    solids = assembly.assemble(sizes)
    obstacles = shadows.section(passage.with_flap(solids, sizes, degrees), sizes)
    return passage.share_through(thing, obstacles, sizes)


def with_slot(**values):
    """Return the parts with another slot in the strip alone."""
    slot = shell.slot(replace(SIZES, **values))
    return [
        replace(one, outline=one.outline.union(shell.slot(SIZES)).difference(slot))
        if one.name == "strip"
        else one
        for one in SOLIDS
    ]


def test_a_thousand_things_are_of_every_kind_and_the_same_each_time():
    things = insertions.drawn(CASH, 6)
    kinds = Counter(one.name for one in things)
    assert len(things) == insertions.INSERTIONS
    assert {f"Rp{coin.amount_idr} of {coin.emission}" for coin in CASH.coins} < set(kinds)
    assert {f"a note of Rp{amount}" for amount in CASH.note_lengths_mm} < set(kinds)
    assert min(kinds.values()) >= 20
    assert things == insertions.drawn(CASH, 6)


@pytest.mark.parametrize("thickness_mm", [3.6, 4.4])
def test_coins_and_notes_get_through_thinner_and_thicker_sheets(thickness_mm):
    sizes = Sizes(thickness_mm=thickness_mm)
    assert check_insertions(assembly.assemble(sizes), sizes, CASH, seed=7, count=FEW) == []
    assert through(sizes, SIZES.flap_opens_degrees) == 1.0


def test_a_plug_with_a_bay_in_it_aside_of_the_middle_stops_cash():
    wrong = check_insertions([*SOLIDS, plug(62.0)], SIZES, CASH, count=FEW)
    assert any("do not get out below" in sentence for sentence in wrong)


def test_a_plug_is_found_in_the_sections_too():
    wrong = passage.check_poses([*SOLIDS, plug(58.0)], SIZES, CASH)
    assert any("of the poses in the slot 27 x 2.9 mm do not get out" in one for one in wrong)


def test_a_flap_glued_shut_lets_nothing_through():
    rest = flap_rest_degrees(SIZES)
    assert through(SIZES, rest) == 0.0
    wrong = check_insertions(SOLIDS, SIZES, CASH, count=FEW, opens_degrees=rest)
    stuck = sum(int(sentence.split(": ")[1].split(" of ")[0]) for sentence in wrong)
    assert stuck == FEW


def test_a_throat_too_tight_is_found():
    tight = replace(SIZES, slot_gap_mm=2.5)
    wrong = check_insertions(assembly.assemble(tight), tight, CASH, count=FEW)
    assert any("Rp500 of 2003" in sentence for sentence in wrong)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"slot_gap_mm": 2.4}, "Rp500 of 2003"),
        ({"slot_width_mm": 40.0}, "a note"),
    ],
)
def test_a_slot_too_small_in_the_strip_is_found(values, kind):
    wrong = check_insertions(with_slot(**values), SIZES, CASH, count=FEW)
    assert any(one.startswith(kind) and "into the slot" in one for one in wrong), wrong


def test_a_slot_too_short_for_a_note_is_found():
    short = replace(SIZES, slot_width_mm=66.0)
    wrong = check_insertions(assembly.assemble(short), short, CASH, count=FEW)
    assert any("a note" in sentence and "into the slot" in sentence for sentence in wrong)


@pytest.mark.parametrize("degrees", [20.0, 50.0])
def test_the_leaf_that_things_meet_is_the_leaf_of_the_model(degrees):
    """Bars of no size are points: free of the leaf exactly where they lie outside of it."""
    ys, zs = (one.ravel() for one in numpy.meshgrid(range(45, 80, 2), range(255, 295, 2)))
    tiny = numpy.full(len(ys), 0.01)
    points = insertions.Crowd(long=tiny, thick=tiny, slabs=None)
    still = numpy.zeros(len(ys))
    leaf = numpy.full(len(ys), math.radians(degrees))
    at = insertions.Poses(y=ys.astype(float), z=zs.astype(float), tilt=still, leaf=leaf)
    throat = insertions.Throat([], SIZES, opens_degrees=degrees)
    free = throat.lift(points, at)
    drawn = passage._leaf(SIZES, degrees)
    places = [Point(*one) for one in zip(ys, zs, strict=True)]
    sure = [number for number, one in enumerate(places) if drawn.exterior.distance(one) > 0.02]
    assert [free[n] for n in sure] == [drawn.distance(places[n]) > 0 for n in sure]
    assert len(sure) > 300
    assert not free.all()
    assert flap(SIZES, degrees=degrees)[0].height_mm == SIZES.flap_thick_mm


def test_an_outline_with_a_bay_or_a_hole_is_cut_into_pieces_that_fill_it():
    ring = PLUG.buffer(1.0).difference(PLUG.buffer(0.3))
    for outline in (PLUG, ring, bar(0, 0, 4, 2)):
        solid = Solid(
            name="one", outline=outline, plane=level(0), height_mm=1, material="steel"
        ).body()
        pieces = shadows.convex_pieces(solid.slice(0.5))
        polygons = [Polygon(piece) for piece in pieces]
        assert all(one.area == pytest.approx(one.convex_hull.area) for one in polygons)
        assert sum(one.area for one in polygons) == pytest.approx(outline.area)
    assert len(pieces) == 1


def test_a_flap_propped_open_lets_the_hook_back():
    assert passage.hook_comes_back(SOLIDS, SIZES, 45.0)


def test_a_short_flap_is_found():
    short = replace(SIZES, flap_length_mm=8.0)
    assert any("open over the chute" in one for one in passage.check_flap(short))


def test_leaves_too_wide_for_a_sideways_hook_are_found():
    wide = replace(SIZES, flap_leaves=6)
    assert any("too wide" in sentence for sentence in passage.check_hook(SOLIDS, wide))


def test_a_chute_that_ends_too_early_lets_a_straight_wire_through():
    stub = replace(SIZES, chute_length_mm=4.0)
    assert "A straight wire gets from the slot to the money." in passage.check_flap(stub)


def test_a_flap_that_is_missing_short_or_elsewhere_in_the_box_is_found():
    """The hook is tried under the flap of the sizes: the box must have that very flap."""

    def named(solids):
        return passage.check_leaves(solids, SIZES)

    assert named(SOLIDS) == []
    assert len(named(insertions.without_flap(SOLIDS))) == SIZES.flap_leaves
    (fault,) = named([one for one in SOLIDS if one.name != "leaf 5"])
    assert fault == "The box has no leaf 5 of the flap: a hook comes back there."
    for other in (
        {"outline": bar(60.0, -5.0, 64.0, 0.0)},
        {"height_mm": 2.0},
        {"plane": level(100.0)},
    ):
        broken = [replace(one, **other) if one.name == "leaf 9" else one for one in SOLIDS]
        assert named(broken) == ["The box's leaf 9 is not the one that is tried with a hook."]
    hook = passage.check_hook(insertions.without_flap(SOLIDS), SIZES)
    assert any("no leaf 17" in sentence for sentence in hook)
