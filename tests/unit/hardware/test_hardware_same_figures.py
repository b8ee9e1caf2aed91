"""Enclosure, firmware and simulator speak of the same box: one figure, three places."""

import pytest
from jimpitan_box import calibration
from jimpitan_hardware import cash
from jimpitan_hardware.sizes import Sizes
from jimpitan_simulator import throat
from jimpitan_simulator.physics import cash as simulated
from jimpitan_simulator.physics.parameters import BY_PATH

SIZES = Sizes()
CASH = cash.load()


def test_the_beams_are_as_far_apart_everywhere():
    assert calibration.Calibration().spacing_um == SIZES.beam_spacing_mm * 1000
    assert SIZES.beam_spacing_mm / 1000 == throat.BEAM_SPACING_M
    drawn = BY_PATH["throat.spacing"]
    assert (drawn.low + drawn.high) / 2 == pytest.approx(SIZES.beam_spacing_mm)
    assert drawn.high - drawn.low <= 2 * SIZES.kerf_mm + 1e-9


@pytest.mark.parametrize("coin", CASH.coins, ids=lambda c: f"{c.amount_idr}-{c.emission}")
def test_a_coin_let_go_at_the_rim_falls_as_far_as_the_simulator_lets_it(coin):
    low, high = BY_PATH["throat.fall_low"].low, BY_PATH["throat.fall_high"].high
    assert (low / 1000, high / 1000) == throat.FALL_M
    assert low <= SIZES.beam_a_depth_mm - coin.diameter_mm <= high


def test_a_coin_has_left_beam_b_before_it_touches_the_chute():
    widest = max(coin.diameter_mm for coin in CASH.coins)
    chute_z = SIZES.bay_floor_z_mm - SIZES.chute_start_mm
    assert SIZES.beam_b_z_mm - widest > chute_z


def test_cash_falls_as_deep_as_the_simulator_thinks():
    deepest = (SIZES.height_mm - SIZES.plate_z_mm - SIZES.thickness_mm) / 1000
    assert BY_PATH["cell.height"].high == pytest.approx(deepest, abs=0.015)


def test_the_coin_table_is_the_simulators():
    ours = [(c.amount_idr, c.emission, c.diameter_mm, c.thick_mm, c.mass_g) for c in CASH.coins]
    theirs = [
        (c.amount_idr, c.emission, c.diameter_mm, c.thick_mm, c.mass_g) for c in simulated.COINS
    ]
    assert ours == theirs
    assert CASH.note_height_mm == simulated.HEIGHT_MM
    lengths = {note.amount_idr: set(note.length_mm.values()) for note in simulated.NOTES}
    assert lengths == {amount: set(both) for amount, both in CASH.note_lengths_mm.items()}


def test_every_coin_that_the_firmware_names_is_in_the_table():
    known = {(c.amount_idr, round(c.diameter_mm * 1000)) for c in CASH.coins}
    assert {(amount, diameter) for amount, diameter, _ in calibration.COINS} <= known
    for amount, diameter_m in throat.COIN_DIAMETER_M.items():
        assert (amount, round(diameter_m * 1_000_000)) in known


def test_no_figure_is_called_verified_that_nobody_measured():
    from jimpitan_hardware import modules

    assert not any(coin.verified for coin in CASH.coins)
    assert not any(module.verified for module in modules.load())
    assert all(coin.source for coin in CASH.coins)
