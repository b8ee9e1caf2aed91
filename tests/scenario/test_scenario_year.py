"""A small year of money, whole: every promise of the books against the town's own truth."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from jimpitan_simulator.whole import year as whole_year
from jimpitan_simulator.year.judge import judge
from jimpitan_simulator.year.reading import YearBooks
from jimpitan_simulator.year.world import World

pytestmark = pytest.mark.scenario


def year(seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "jimpitan_simulator.cli", "year", "--seed", str(seed)]
    done = subprocess.run(
        [*command, "--boxes", "12", "--weeks", "8", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2_000:] + done.stdout[-2_000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_books_of_a_small_year_agree_with_all_three_truths() -> None:
    report = year(seed=1)
    assert_kept(report)
    assert (report["seed"], report["boxes"]) == (1, 12)


def assert_kept(report: dict[str, Any]) -> None:
    assert report["wrong"] == []
    for name in ("books_minus_entered_idr", "books_minus_account_idr", "misattributed_idr"):
        assert report[name] == 0
    assert report["attributed_idr"] == report["determinable_idr"] > 0
    assert report["missing_notifications"] > 0
    assert report["recovered_from_statements_idr"] == report["missing_notifications_idr"]
    # The faults had effect: money was stolen, counts were wrong, and some of it was noticed.
    assert report["physical_minus_counted_idr"] > 0
    assert set(report["taken_idr"]) == {"fished", "lid", "carried_off", "skimmed"}
    assert report["to_thieves_codes_idr"] > 0
    assert report["ambiguous_idr"] > 0
    assert report["discrepancies_by_kind"]["count_below_sensor"] > 0
    assert report["interval_width_median_ratio"] <= 0.5
    assert report["false_accusations"] == 0
    assert report["false_alarms"] == 0


def test_books_that_are_wrong_by_one_entry_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[World, YearBooks]] = []

    def looked_at(world: World, books: YearBooks, wrong: list[str]) -> dict[str, Any]:
        seen.append((world, books))
        return judge(world, books, wrong)

    monkeypatch.setattr(whole_year, "judge", looked_at)
    order = {"seed": 2, "boxes": 12, "weeks": 8}
    assert_kept(asyncio.run(whole_year.run(order, lambda _: None)))
    ((world, books),) = seen
    first, second = books.counts[:2]
    swapped = [
        replace(first, amount_idr=second.amount_idr),
        replace(second, amount_idr=first.amount_idr),
        *books.counts[2:],
    ]
    assert first.amount_idr != second.amount_idr
    assert judge(world, replace(books, counts=swapped), [])["books_minus_entered_idr"] > 0
    assert judge(world, replace(books, lines=books.lines[1:]), [])["books_minus_account_idr"] > 0
    own = next(number for number, row in enumerate(books.payments) if row.box)
    moved = [*books.payments]
    moved[own] = replace(moved[own], box="box-9999")
    report = judge(world, replace(books, payments=moved), [])
    assert report["misattributed_idr"] == moved[own].amount_idr
    assert report["attributed_idr"] == report["determinable_idr"], "a sum alone would hide it"
    assert len(report["wrong"]) == 2
