"""Runs the experiments on sensing on all cores and draws up their report."""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jimpitan_simulator.guarded import office_month, tamper_trial
from jimpitan_simulator.physics.acts import TAMPERS
from jimpitan_simulator.physics.parameters import PROFILES, Ranges, UnknownParameter
from jimpitan_simulator.sense import DROPS_PER_BOX, Sensed, run_box
from jimpitan_simulator.sense_figures import figures

SHIFT = 0.2
SHARE = 8  # trials that one worker takes at a time


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is tried: how often, with which ranges, from which seed."""

    drops: int
    seed: int
    profile: str = "bench"
    settings: tuple[str, ...] = ()
    trials: int = 0
    months: int = 0
    is_shifted: bool = False

    def ranges(self) -> Ranges:
        """Return the ranges of every box of this experiment; raise `UnknownParameter`."""
        if self.profile not in PROFILES:
            raise UnknownParameter(f"--profile is one of: {', '.join(PROFILES)}")
        ranges = Ranges(self.profile)
        for setting in self.settings:
            ranges.override(setting)
        if self.is_shifted:
            ranges.shift(SHIFT, random.Random(self.seed))
        return ranges


def settings_of(scenario: Path) -> tuple[str, ...]:
    """Return the settings of a scenario file: a JSON object of path to value or "low..high"."""
    try:
        content = json.loads(scenario.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnknownParameter(f"{scenario} cannot be read as JSON: {error}") from None
    if not isinstance(content, dict):
        raise UnknownParameter(f"{scenario} holds no JSON object of path to value")
    return tuple(f"{path}={value}" for path, value in content.items())


def run_experiment(experiment: Experiment, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the report of an experiment; `say` hears of progress."""
    ranges = experiment.ranges()
    report: dict[str, Any] = {
        "seed": experiment.seed,
        "profile": experiment.profile,
        "settings": list(experiment.settings),
        "shifted": SHIFT if experiment.is_shifted else 0,
    }
    with _workers() as workers:
        report |= figures(_drops(experiment, ranges, workers, say))
        if experiment.trials:
            report |= _tampers(experiment, ranges, workers, say)
        if experiment.months:
            report |= _office(experiment, ranges, workers, say)
    return report


@contextmanager
def _workers() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(max(1, os.cpu_count() or 1)) as workers:
        yield workers


def _drops(
    experiment: Experiment,
    ranges: Ranges,
    workers: ProcessPoolExecutor,
    say: Callable[[str], None],
) -> Sensed:
    source = random.Random(experiment.seed)
    sizes = [DROPS_PER_BOX] * (experiment.drops // DROPS_PER_BOX)
    if experiment.drops % DROPS_PER_BOX:
        sizes.append(experiment.drops % DROPS_PER_BOX)
    seeds = [source.randrange(1 << 62) for _ in sizes]
    whole = Sensed()
    for part in workers.map(partial(run_box, ranges=ranges), seeds, sizes):
        whole.singles += part.singles
        whole.handfuls += part.handfuls
        say(f"{len(whole.singles)} of {experiment.drops} drops")
    return whole


def _tampers(
    experiment: Experiment,
    ranges: Ranges,
    workers: ProcessPoolExecutor,
    say: Callable[[str], None],
) -> dict[str, Any]:
    source = random.Random(experiment.seed + 1)
    table: dict[str, dict[str, Any]] = {}
    for name, (_, wanted) in TAMPERS.items():
        seeds = [source.randrange(1 << 62) for _ in range(experiment.trials)]
        trial = partial(tamper_trial, name, ranges=ranges)
        outcomes = list(workers.map(trial, seeds, chunksize=SHARE))
        noticed = sum(bool(wanted & set(signs)) for signs in outcomes)
        said = Counter(sign for signs in outcomes for sign in set(signs))
        table[name] = {
            "trials": experiment.trials,
            "recall": noticed / experiment.trials,
            "signs": dict(said.most_common()),
        }
        say(f"{name}: {table[name]['recall']:.3f}")
    return {"tamper": table, "tamper_recall": min(row["recall"] for row in table.values())}


def _office(
    experiment: Experiment,
    ranges: Ranges,
    workers: ProcessPoolExecutor,
    say: Callable[[str], None],
) -> dict[str, Any]:
    source = random.Random(experiment.seed + 2)
    seeds = [source.randrange(1 << 62) for _ in range(experiment.months)]
    alarms: Counter[str] = Counter()
    for number, found in enumerate(workers.map(partial(office_month, ranges=ranges), seeds), 1):
        alarms.update(f"{sign} at {name}" for name, sign in found)
        say(f"{number} of {experiment.months} box-months, {sum(alarms.values())} alarms")
    return {
        "box_months": experiment.months,
        "false_alarms": dict(alarms.most_common()),
        "false_alarms_per_box_month": sum(alarms.values()) / experiment.months,
    }
