"""A small year of money, whole: every promise of the books against the town's own truth."""

import json
import subprocess
import sys
from typing import Any

import pytest

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


@pytest.mark.parametrize("seed", [1, 2])
def test_books_of_a_small_year_agree_with_all_three_truths(seed: int) -> None:
    report = year(seed)
    assert report["wrong"] == []
    assert (report["seed"], report["boxes"]) == (seed, 12)
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
