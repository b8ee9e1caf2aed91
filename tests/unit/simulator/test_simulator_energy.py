"""The energy model: sums that can be checked by hand."""

import json

import pytest
from jimpitan_simulator.cli import app
from jimpitan_simulator.energy import USABLE_MAH, profiles
from typer.testing import CliRunner


def test_awake_on_battery_lasts_about_two_days():
    awake = profiles(20, 25)[0]
    lit = 45 * 20 * 0.8 / 86_400
    assert awake.mean_ma() == pytest.approx(28.8 + 5 + 1.4 + 5.9 + 0.004 + 0.02 + lit)
    assert 2 < awake.days() < 3


def test_naps_last_longer_and_more_deposits_cost_more():
    awake, light, deep = profiles(20, 25)
    assert awake.days() < light.days() < deep.days()
    assert profiles(200, 25)[1].days() < light.days()
    assert profiles(0, 25)[1].days() > light.days()
    for profile in (awake, light, deep):
        assert profile.days() * profile.mah_a_day() == pytest.approx(USABLE_MAH)
        assert all(load.source for load in profile.loads)


def test_the_model_is_printed_for_people_and_for_programs():
    said = CliRunner().invoke(app, ["energy", "--deposits", "20"])
    assert said.exit_code == 0
    assert "nap, light sleep" in said.stdout
    assert "LIS3DH at 25 Hz" in said.stdout
    told = json.loads(CliRunner().invoke(app, ["energy", "--json"]).stdout)
    assert told[0]["profile"] == "awake on battery"
    assert told[0]["days"] == pytest.approx(2.5, abs=0.3)
