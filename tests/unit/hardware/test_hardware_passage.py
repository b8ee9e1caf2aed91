"""Cash falls through, a hook does not come back, and each of these checks can fail."""

from dataclasses import replace

import pytest
from jimpitan_hardware import assembly, cash, passage
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.throat import flap_rest_degrees

SIZES = Sizes()
SOLIDS = assembly.assemble(SIZES)
CASH = cash.load()
LARGEST = passage.Bar(27.2, 2.9)


def through(sizes, degrees, thing=LARGEST):
    """Return the share of the poses in the slot from which a thing gets out."""
    solids = assembly.assemble(sizes)
    obstacles = passage.section(passage.with_flap(solids, sizes, degrees), sizes)
    return passage.share_through(thing, obstacles, sizes)


def test_a_thousand_random_insertions_get_through():
    assert passage.check_cash(SOLIDS, SIZES, CASH) == []


@pytest.mark.parametrize("thickness_mm", [3.6, 4.4])
def test_the_largest_coin_passes_in_thinner_and_thicker_sheets(thickness_mm):
    assert through(Sizes(thickness_mm=thickness_mm), SIZES.flap_opens_degrees) == 1.0


def test_a_flap_glued_shut_lets_nothing_through():
    assert through(SIZES, flap_rest_degrees(SIZES)) == 0.0


def test_a_throat_too_tight_is_found():
    tight = replace(SIZES, slot_gap_mm=2.5)
    few = replace(CASH, coins=tuple(c for c in CASH.coins if c.diameter_mm > 26.5))
    wrong = passage.check_cash(assembly.assemble(tight), tight, few)
    assert any("Rp500 of 2003" in sentence for sentence in wrong)


def test_a_slot_too_short_for_a_note_is_found():
    short = replace(SIZES, slot_width_mm=66.0)
    wrong = passage.check_cash(assembly.assemble(short), short, CASH)
    assert any("a note" in sentence for sentence in wrong)


def test_the_flap_closes_and_blocks():
    assert passage.check_flap(SIZES) == []
    assert passage.check_hook(SOLIDS, SIZES) == []


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
