"""The firmware's senses in simulated bodies: small runs of what `jimpitan-sim sense` measures."""

import json
import random

import pytest
from jimpitan_simulator.cli import app
from jimpitan_simulator.guarded import office_month, tamper_trial
from jimpitan_simulator.physics.acts import TAMPERS
from jimpitan_simulator.physics.cash import COINS, NOTES
from jimpitan_simulator.physics.cell import PERIOD_S, Cell, Strike
from jimpitan_simulator.physics.fall import Throat, merged
from jimpitan_simulator.physics.lid import lid_edges
from jimpitan_simulator.physics.parameters import BY_PATH, PARAMETERS, Ranges, UnknownParameter
from jimpitan_simulator.sense import run_box
from jimpitan_simulator.sense_figures import figures
from typer.testing import CliRunner

# The table of measured and estimated ranges that the physics was drawn up from. Ranges here may
# be wider and never narrower.
TABLE = {
    "throat.edge": (0.08, 0.20),
    "throat.jitter": (10, 80),
    "note.paper": (85, 110),
    "note.humidity": (0, 0.08),
    "cell.frequency": (20, 120),
    "cell.damping": (0.02, 0.10),
    "cell.noise": (50, 160),
    "cell.walk": (0.005, 0.02),
    "cell.tempco": (-0.25, 0.25),
    "cell.lag": (20, 40),
    "cell.position": (0, 0.005),
    "cell.spike_every": (600, 10800),
    "cell.bounce": (0.3, 0.5),
    "cell.bed": (0.2, 0.6),
    "cell.bed_spread": (20, 80),
    "cell.height": (0.05, 0.36),
    "coin.dirt": (0, 0.01),
    "colour.clear": (3000, 9000),
    "lid.bounces": (1, 6),
    "lid.bounce": (0.2, 1),
    "lid.chatter": (0, 50),
    "motion.tap": (20, 80),
    "motion.bump": (100, 500),
    "motion.shake": (300, 1500),
    "motion.carry": (100, 400),
    "battery.resistance": (60, 120),
    "battery.offset": (-50, 50),
    "battery.noise": (8, 15),
}


@pytest.mark.parametrize("path", sorted(TABLE))
def test_no_range_is_narrower_than_the_table_of_facts(path):
    low, high = TABLE[path]
    assert BY_PATH[path].low <= low
    assert BY_PATH[path].high >= high


def test_every_parameter_has_a_unit_a_source_and_a_path_of_its_own():
    assert len(BY_PATH) == len(PARAMETERS)
    for one in PARAMETERS:
        assert one.unit
        assert one.source.split(":")[0].split(" ")[0].split("/")[0] in {
            "EST",
            "READ",
            "CALC",
            "RAN",
        }
        assert one.low <= one.high


def test_every_coin_and_note_says_where_it_is_from_and_that_nobody_weighed_it():
    for thing in (*COINS, *NOTES):
        assert thing.source
        assert thing.verified is False
    assert {coin.amount_idr for coin in COINS} == {50, 100, 200, 500, 1000}
    assert all(set(note.length_mm) == {2016, 2022} for note in NOTES)


def test_a_parameter_can_be_set_and_a_wrong_one_is_told():
    ranges = Ranges()
    ranges.override("cell.noise=300")
    assert ranges.draw(random.Random(1))["cell.noise"] == 300
    ranges.override("cell.noise=1..2")
    assert 1 <= ranges.draw(random.Random(1))["cell.noise"] <= 2
    for wrong in ("cell.noise=2..1", "cell.noise=nan", "cell.noise=1..inf"):
        with pytest.raises(UnknownParameter):
            ranges.override(wrong)
    for wrong in ("cell.nose=1", "cell.noise=much", "cell.noise"):
        with pytest.raises(UnknownParameter):
            ranges.override(wrong)


def test_a_shift_moves_every_range():
    ranges = Ranges()
    before = ranges.draw(random.Random(1))
    ranges.shift(0.2, random.Random(2))
    after = ranges.draw(random.Random(1))
    for one in PARAMETERS:
        if before[one.path]:
            assert after[one.path] != before[one.path]


def test_edges_alternate_in_each_beam_whatever_falls():
    draw = random.Random(3)
    throat = Throat(Ranges().draw(draw), draw)
    for number in range(300):
        falls = (
            [throat.note(NOTES[number % 7], 5.0)]
            if number % 2
            else throat.handful(draw.choices(COINS, k=6), 5.0)
        )
        seen = {0: False, 1: False}
        for _, beam, broken in merged([edge for fall in falls for edge in fall.edges]):
            assert broken != seen[beam]
            seen[beam] = broken
        assert seen == {0: False, 1: False}


def test_the_scale_settles_at_what_lies_on_it():
    draw = random.Random(4)
    ranges = Ranges()
    for setting in ("cell.noise=0", "cell.walk=0", "cell.spike_every=1e12", "cell.creep=0"):
        ranges.override(setting)
    world = ranges.draw(draw)
    cell = Cell(world, draw, zero_g=100.0)
    before = [cell.read(index * PERIOD_S) for index in range(10)][-1]
    cell.strike(Strike(1.0, 0.0, 3.0))
    cell.strike(Strike(1.2, 4.5, 0.0))
    counts = [cell.read(1.0 + index * PERIOD_S) - before for index in range(1, 120)]
    assert max(counts) > 6 * world["cell.counts"]  # the blow shows
    assert abs(counts[-1] / world["cell.counts"] - 4.5) < 0.01


def test_a_reed_bounces_and_ends_where_the_lid_is():
    draw = random.Random(5)
    for is_open in (True, False):
        edges = lid_edges(Ranges().draw(draw), draw, is_open)
        assert len(edges) >= 3
        assert edges[-1][1] is is_open
        assert edges == sorted(edges, key=lambda edge: edge[0])


def test_coins_and_notes_are_named_and_likelihoods_are_honest():
    found = figures(run_box(7, 250, ranges=Ranges()))
    assert found["count_error"] <= 0.005
    assert found["coin_denomination_accuracy"] >= 0.98
    assert found["note_denomination_accuracy"] >= 0.90
    assert found["calibration_error"] <= 0.02
    assert sum(row["drops"] for row in found["reliability"]) > 200
    assert sum(sum(row.values()) for row in found["confusion"].values()) == 250


def test_a_noisy_scale_makes_coins_unknown_and_not_wrong():
    ranges = Ranges()
    ranges.override("cell.noise=3000")
    ranges.override("throat.edge=1.5")
    found = figures(run_box(8, 120, ranges=ranges))
    assert found["unknown_rate"] > 0.05
    assert found["coin_wrong_but_confident"] <= 0.05


def test_sun_makes_notes_unknown_and_not_wrong():
    found = figures(run_box(9, 150, ranges=Ranges("sun")))
    assert found["note_denomination_accuracy"] < 0.9
    assert found["note_wrong_but_confident"] <= 0.04


@pytest.mark.parametrize("name", TAMPERS)
def test_every_kind_of_theft_is_noticed(name):
    wanted = TAMPERS[name][1]
    noticed = sum(bool(wanted & set(tamper_trial(name, seed, Ranges()))) for seed in range(6))
    assert noticed == 6


def test_a_quiet_month_in_an_office_raises_no_alarm():
    assert office_month(3, Ranges()) == []


def test_the_report_has_every_figure_and_a_wrong_parameter_is_told(tmp_path):
    scenario = tmp_path / "noisy.json"
    scenario.write_text('{"cell.noise": "100..160"}')
    words = ["sense", "--seed", "2", "--drops", "20", "--trials", "1", "--months", "0"]
    done = CliRunner().invoke(
        app,
        [*words, "--no-shifted", "--json", "--scenario", str(scenario), "--set", "cell.walk=0.01"],
    )
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["settings"] == ["cell.noise=100..160", "cell.walk=0.01"]
    for name in (
        "count_error",
        "coin_denomination_accuracy",
        "note_denomination_accuracy",
        "unknown_rate",
        "calibration_error",
        "tamper_recall",
        "confusion",
        "reliability",
    ):
        assert name in report
    wrong = CliRunner().invoke(app, [*words, "--set", "cell.nose=1"])
    assert wrong.exit_code == 2
    assert "cell.nose is no parameter" in wrong.output
