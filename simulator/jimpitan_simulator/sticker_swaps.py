"""Weeks of QRIS payments at boxes, and thieves who paste their own code over some stickers.

Only counts of payments are made: how many donors scanned in a week. All numbers are EST: nobody
has published weekly counts of donation boxes. They are chosen to be unkind to a detector: donors
come in bursts (negative binomial), boxes grow and shrink, and the whole town has a fasting month.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

# Payments a week of a quiet, a usual and a busy box (EST).
INCOMES: Mapping[str, float] = {"low": 2.0, "middle": 10.0, "high": 40.0}
# How bursty the donors of one box are: the variance of a week is mean + mean^2 / shape (EST).
SHAPES = (4.0, 30.0)
# In four weeks of a year everybody gives two to three times as much (EST).
SEASON_WEEKS, SEASON_TIMES = range(30, 34), (2.0, 3.0)
# A box's rate drifts by up to this share in a year, up or down (EST).
DRIFT_A_YEAR = 0.4
# What goes on reaching us behind a thief's sticker: donors who saved our code (EST).
LEFT_MAX = 0.15
# Half of the boxes are robbed, at some week after the detector may know them.
ROBBED_SHARE = 0.5
ROBBED_FROM = 12
WEEKS_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class SimulatedBox:
    """One box, what it earned each week, and when a thief covered its sticker, if ever."""

    name: str
    income: str
    counts: tuple[int, ...]
    robbed_at: int | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a detector said: the box, and the week in which it said so."""

    box: str
    week: int


def make_boxes(*, seed: int, boxes: int, weeks: int) -> list[SimulatedBox]:
    """Return a town's boxes with all their weeks; the same seed gives the same town."""
    draw = random.Random(seed)
    season = draw.uniform(*SEASON_TIMES)
    return [_box(draw, number, weeks, season) for number in range(boxes)]


def _box(draw: random.Random, number: int, weeks: int, season: float) -> SimulatedBox:
    income = list(INCOMES)[number % len(INCOMES)]
    robbed_at = None
    if draw.random() < ROBBED_SHARE and weeks > ROBBED_FROM:
        robbed_at = draw.randrange(ROBBED_FROM, weeks)
    mean, shape = INCOMES[income] * draw.uniform(0.7, 1.4), draw.uniform(*SHAPES)
    drift, left = draw.uniform(-DRIFT_A_YEAR, DRIFT_A_YEAR), draw.uniform(0, LEFT_MAX)
    counts = []
    for week in range(weeks):
        rate = mean * (1 + drift * week / WEEKS_A_YEAR)
        rate *= season if week % WEEKS_A_YEAR in SEASON_WEEKS else 1.0
        rate *= left if robbed_at is not None and week >= robbed_at else 1.0
        counts.append(_donors(draw, max(rate, 0.0), shape))
    return SimulatedBox(f"box-{number:04d}", income, tuple(counts), robbed_at)


def _donors(draw: random.Random, rate: float, shape: float) -> int:
    """Return a count: Poisson, with a rate that is itself drawn (a negative binomial)."""
    if rate == 0:
        return 0
    left, found = draw.gammavariate(shape, rate / shape), 0
    while (left := left - draw.expovariate(1.0)) > 0:
        found += 1
    return found


def report_of(
    *, seed: int, weeks: int, town: list[SimulatedBox], alarms: list[Alarm]
) -> dict[str, Any]:
    """Return how soon the thieves were found, how many, and how often nobody had stolen.

    An alarm before a box was robbed is false; the first one after it found the thief.
    """
    first: dict[str, int] = {}
    false_alarms: dict[str, int] = dict.fromkeys(INCOMES, 0)
    boxes = {one.name: one for one in town}
    for alarm in sorted(alarms, key=lambda one: one.week):
        box = boxes[alarm.box]
        if box.robbed_at is None or alarm.week < box.robbed_at:
            false_alarms[box.income] += 1
        else:
            first.setdefault(alarm.box, alarm.week - box.robbed_at + 1)
    return {
        "seed": seed,
        "boxes": len(town),
        "weeks": weeks,
        **_figures(town, weeks, first, sum(false_alarms.values())),
        "incomes": {
            income: {
                "payments_a_week": INCOMES[income],
                **_figures(
                    [one for one in town if one.income == income],
                    weeks,
                    first,
                    false_alarms[income],
                ),
            }
            for income in INCOMES
        },
    }


def _figures(
    town: list[SimulatedBox], weeks: int, first: Mapping[str, int], false_alarms: int
) -> dict[str, Any]:
    robbed = [one for one in town if one.robbed_at is not None]
    delays = [first[one.name] for one in robbed if one.name in first]
    honest_weeks = sum(weeks if one.robbed_at is None else one.robbed_at for one in town)
    return {
        "robbed": len(robbed),
        "detected": len(delays),
        "detected_share": round(len(delays) / len(robbed), 3) if robbed else None,
        "delay_weeks_median": median(delays) if delays else None,
        "false_alarms": false_alarms,
        "false_alarms_per_box_year": (
            round(false_alarms * WEEKS_A_YEAR / honest_weeks, 4) if honest_weeks else None
        ),
    }


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Return a report for people."""
    yield f"seed {report['seed']}: {report['boxes']} boxes, {report['weeks']} weeks"
    for name, one in (("all", report), *report["incomes"].items()):
        rate = f" ({one['payments_a_week']:g} payments a week)" if name != "all" else ""
        yield (
            f"{name}{rate}: {one['detected']} of {one['robbed']} thieves noticed, median after"
            f" {one['delay_weeks_median']} weeks; {one['false_alarms']} false alarms,"
            f" {one['false_alarms_per_box_year']} a box and year"
        )
