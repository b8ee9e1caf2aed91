"""Thieves' stickers in a simulated town: the same seed, the same figures, and good ones."""

import json

from jimpitan_simulator.cli import app
from jimpitan_simulator.sticker_swaps import (
    INCOMES,
    Alarm,
    SimulatedBox,
    lines,
    make_boxes,
    report_of,
)
from jimpitan_simulator.whole.sticker_watch import measure
from typer.testing import CliRunner


def test_the_same_seed_gives_the_same_town_and_a_thief_takes_almost_all():
    town = make_boxes(seed=3, boxes=60, weeks=60)
    assert town == make_boxes(seed=3, boxes=60, weeks=60)
    assert town != make_boxes(seed=4, boxes=60, weeks=60)
    assert {one.income for one in town} == set(INCOMES)
    robbed = [one for one in town if one.robbed_at is not None and one.robbed_at < 50]
    before = sum(sum(one.counts[: one.robbed_at]) / one.robbed_at for one in robbed)
    after = sum(sum(one.counts[one.robbed_at :]) / (60 - one.robbed_at) for one in robbed)
    assert robbed
    assert after < before / 4


def test_alarms_before_a_theft_are_false_and_the_first_after_it_counts():
    town = [
        SimulatedBox("a", "low", (2,) * 52, 20),
        SimulatedBox("b", "low", (2,) * 52, 20),
        SimulatedBox("c", "high", (40,) * 52, None),
    ]
    alarms = [Alarm("a", 30), Alarm("a", 22), Alarm("a", 5), Alarm("c", 9)]
    report = report_of(seed=1, weeks=52, town=town, alarms=alarms)
    assert (report["robbed"], report["detected"], report["detected_share"]) == (2, 1, 0.5)
    assert report["delay_weeks_median"] == 3
    assert report["false_alarms"] == 2
    assert report["false_alarms_per_box_year"] == round(2 * 52 / (20 + 20 + 52), 4)
    assert report["incomes"]["middle"]["detected_share"] is None


def test_most_thieves_are_noticed_in_weeks_and_false_alarms_are_rare():
    report = measure(seed=5, boxes=120, weeks=78)
    assert report["detected_share"] > 0.85
    assert report["incomes"]["high"]["delay_weeks_median"] <= 2
    assert report["incomes"]["low"]["delay_weeks_median"] <= 9
    assert report["false_alarms_per_box_year"] < 0.08


def test_the_figures_are_printed_for_people_and_for_programs():
    words = ["sticker", "--boxes", "9", "--weeks", "30", "--seed", "2"]
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (told["seed"], told["boxes"], told["weeks"]) == (2, 9, 30)
    assert told == json.loads(json.dumps(measure(seed=2, boxes=9, weeks=30)))
    assert any("thieves noticed, median after" in line for line in lines(told))
