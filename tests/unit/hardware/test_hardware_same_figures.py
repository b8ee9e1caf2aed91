"""Enclosure, firmware and simulator speak of the same box: one figure, three places.

Each comparison returns what differs, so that a wrong figure can be tried on each of them.
"""

from dataclasses import replace

import pytest
from jimpitan_box import calibration
from jimpitan_hardware import cash, modules
from jimpitan_hardware.sizes import Sizes
from jimpitan_simulator import throat
from jimpitan_simulator.physics import cash as simulated
from jimpitan_simulator.physics.parameters import BY_PATH

SIZES = Sizes()
CASH = cash.load()


def other_beams(sizes, table):
    """The distance of the beams: firmware, simulator, and the range that it draws from."""
    drawn = BY_PATH["throat.spacing"]
    middle = (drawn.low + drawn.high) / 2
    told = {
        "firmware": calibration.Calibration().spacing_um / 1000,
        "simulator": throat.BEAM_SPACING_M * 1000,
        "parameters": middle,
    }
    wrong = [f"{who}: {mm}" for who, mm in told.items() if abs(mm - sizes.beam_spacing_mm) > 1e-9]
    if drawn.high - drawn.low > 2 * sizes.kerf_mm + 1e-9:
        wrong.append("parameters: wider than two kerfs")
    return wrong


def other_falls(sizes, table):
    """How far a coin that is let go at the rim falls to the upper beam."""
    low, high = BY_PATH["throat.fall_low"].low, BY_PATH["throat.fall_high"].high
    wrong = [] if (low / 1000, high / 1000) == throat.FALL_M else ["simulator: its own range"]
    return wrong + [
        f"simulator: {one.amount_idr}"
        for one in table.coins
        if not low <= sizes.beam_a_depth_mm - one.diameter_mm <= high
    ]


def held_at_the_chute(sizes, table):
    """A coin has left the lower beam before it touches the chute."""
    chute_z = sizes.bay_floor_z_mm - sizes.chute_start_mm
    return [
        f"model: {one.amount_idr}"
        for one in table.coins
        if sizes.beam_b_z_mm - one.diameter_mm <= chute_z
    ]


def other_depth(sizes, table):
    """How deep cash falls on the plate."""
    deepest = (sizes.height_mm - sizes.plate_z_mm - sizes.thickness_mm) / 1000
    return ["simulator: depth"] if abs(BY_PATH["cell.height"].high - deepest) > 0.015 else []


def other_cash(sizes, table):
    """Coins and notes, as the simulator throws them in."""
    ours, theirs = (
        [(c.amount_idr, c.emission, c.diameter_mm, c.thick_mm, c.mass_g) for c in coins]
        for coins in (table.coins, simulated.COINS)
    )
    wrong = [] if ours == theirs else ["simulator: coins"]
    if table.note_height_mm != simulated.HEIGHT_MM:
        wrong.append("simulator: height of notes")
    lengths = {note.amount_idr: set(note.length_mm.values()) for note in simulated.NOTES}
    if lengths != {amount: set(both) for amount, both in table.note_lengths_mm.items()}:
        wrong.append("simulator: length of notes")
    return wrong


def unknown_coins(sizes, table):
    """Every coin that firmware and simulator name is in the table."""
    known = {(c.amount_idr, round(c.diameter_mm * 1000)) for c in table.coins}
    named = {
        "firmware": {(amount, diameter) for amount, diameter, _ in calibration.COINS},
        "simulator": {(a, round(m * 1_000_000)) for a, m in throat.COIN_DIAMETER_M.items()},
    }
    return [f"{who}: {one}" for who, coins in named.items() for one in sorted(coins - known)]


COMPARISONS = (
    other_beams,
    other_falls,
    held_at_the_chute,
    other_depth,
    other_cash,
    unknown_coins,
)


def coins(**values):
    """Return the table with every coin changed."""
    return replace(CASH, coins=tuple(replace(one, **values) for one in CASH.coins))


@pytest.mark.parametrize("compare", COMPARISONS, ids=lambda one: one.__name__)
def test_one_box_is_drawn_programmed_and_simulated(compare):
    assert compare(SIZES, CASH) == []


@pytest.mark.parametrize(
    ("compare", "sizes", "table", "found"),
    [
        (other_beams, replace(SIZES, beam_spacing_mm=30.2), CASH, "firmware: 30.0"),
        (other_beams, replace(SIZES, kerf_mm=0.0), CASH, "parameters: wider than two kerfs"),
        (other_falls, replace(SIZES, beam_a_depth_mm=20.0), CASH, "simulator: 1000"),
        (other_falls, SIZES, coins(diameter_mm=60.0), "simulator: 1000"),
        (held_at_the_chute, replace(SIZES, chute_start_mm=-20.0), CASH, "model: 1000"),
        (other_depth, replace(SIZES, height_mm=440.0), CASH, "simulator: depth"),
        (other_cash, SIZES, coins(mass_g=3.2), "simulator: coins"),
        (other_cash, SIZES, replace(CASH, note_height_mm=66.0), "simulator: height of notes"),
        (other_cash, SIZES, replace(CASH, note_lengths_mm={}), "simulator: length of notes"),
        (unknown_coins, SIZES, coins(diameter_mm=27.3), "firmware: (1000, 24150)"),
    ],
)
def test_a_figure_that_is_another_in_one_place_is_found(compare, sizes, table, found):
    assert found in compare(sizes, table)


def test_every_comparison_has_been_shown_to_find_something():
    marks = test_a_figure_that_is_another_in_one_place_is_found.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(COMPARISONS)


@pytest.mark.parametrize(
    ("place", "name", "value", "compare"),
    [
        (throat, "BEAM_SPACING_M", 0.031, other_beams),
        (throat, "FALL_M", (0.0, 0.1), other_falls),
        (throat, "COIN_DIAMETER_M", {1000: 0.027}, unknown_coins),
        (calibration, "COINS", ((1000, 27_000, 4500),), unknown_coins),
        (simulated, "HEIGHT_MM", 64.0, other_cash),
    ],
)
def test_a_figure_broken_at_its_other_end_is_found_too(place, name, value, compare, monkeypatch):
    monkeypatch.setattr(place, name, value)
    assert compare(SIZES, CASH) != []


def test_no_figure_is_called_verified_that_nobody_measured():
    assert not any(coin.verified for coin in CASH.coins)
    assert not any(module.verified for module in modules.load())
    assert all(coin.source for coin in CASH.coins)
