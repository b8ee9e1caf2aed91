"""Whole towns under faults: nothing lost, nothing doubled, and every planted defect found."""

import json
import subprocess
import sys

import components
import pytest
from jimpitan_simulator.defects import DEFECTS

KEYS = {
    "seed",
    "boxes",
    "deposits",
    "deposits_unkept",
    "records_kept",
    "records_recorded",
    "lost",
    "doubled",
    "quarantined",
    "truth_cash_idr",
    "counted_idr",
    "truth_qris_idr",
    "confirmed_idr",
    "provisional_idr",
    "unattributed_idr",
    "notifications_sent",
    "credits_recorded",
    "latency_ms_p50",
    "latency_ms_p95",
    "faults",
}


def check(tmp_path, *words):
    """Run the check as a person does; return (exit code, report)."""
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jimpitan_simulator.cli", "demo", "--check"),
            *("--report", str(report), *words),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return done.returncode, json.loads(report.read_text())


@pytest.mark.scenario
@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_nothing_is_lost_and_every_rupiah_is_where_it_belongs(tmp_path, broker):
    if broker == "mosquitto":
        components.program("mosquitto", "install mosquitto")
    words = ("--seed", "7", "--boxes", "10", "--seconds", "40", "--broker", broker)
    code, report = check(tmp_path, *words)
    assert report["wrong"] == []
    assert report["no_effect"] == []
    assert code == 0
    assert set(report) >= KEYS
    assert report["broker"] == broker
    assert report["lost"] == report["doubled"] == 0
    assert report["records_kept"] == report["records_recorded"] > 50
    assert report["counted_idr"] == report["truth_cash_idr"] > 0
    assert report["confirmed_idr"] > 0
    assert report["confirmed_idr"] + report["provisional_idr"] == report["truth_qris_idr"]


@pytest.mark.scenario
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(tmp_path, defect):
    components.program("mosquitto", "install mosquitto")
    words = ("--seed", "7", "--boxes", "6", "--seconds", "15", "--defect", defect)
    code, report = check(tmp_path, *words)
    assert code == 1
    assert report["wrong"] != []


def test_a_defect_needs_the_check_and_a_known_name():
    done = subprocess.run(
        [sys.executable, "-m", "jimpitan_simulator.cli", "demo", "--defect", "no-unique-key"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--check" in done.stderr
