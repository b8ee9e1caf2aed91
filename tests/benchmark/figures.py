"""A figure, the goal it is held to, and the table they are printed in."""

import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from jimpitan_server.entrypoints.serve import settle_memory


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `is_met` is None where there is no goal."""

    name: str
    value: float
    unit: str
    goal: str = ""
    is_met: bool | None = None


def held(name: str, value: float, unit: str, *, at_least: float = 0, at_most: float = 0) -> Figure:
    """Return a figure with its goal: at least or at most."""
    if at_most:
        return Figure(name, value, unit, f"at most {at_most:g}", value <= at_most)
    return Figure(name, value, unit, f"at least {at_least:g}", value >= at_least)


@contextmanager
def memory_of_the_server() -> Iterator[None]:
    """Let Python look through its objects as seldom as it does in the running server."""
    thresholds = gc.get_threshold()
    settle_memory()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def seconds_each(work: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Return the median over rounds of the seconds that one call takes."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(times):
            work()
        found.append((time.perf_counter() - began) / times)
    return statistics.median(found)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def show(figures: Sequence[Figure]) -> None:
    """Print a table; a goal that was missed says so."""
    for figure in figures:
        verdict = {None: "", True: "met", False: "MISSED"}[figure.is_met]
        print(
            f"{figure.name:<52} {figure.value:>12.4g} {figure.unit:<12}"
            f" {figure.goal:<16} {verdict}",
            flush=True,
        )


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the report as JSON."""
    rows = [asdict(figure) for figure in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
