"""A town on a virtual clock: nothing lost over a day of outages, and one seed is one history."""

import json
import subprocess
import sys

import pytest


def days(seed):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jimpitan_simulator.cli", "days"),
            *("--boxes", "2", "--days", "0.5", "--seed", str(seed)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout, done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout)


@pytest.mark.scenario
def test_half_a_day_of_outages_loses_nothing_and_one_seed_is_one_history():
    code, report = days(11)
    assert report["wrong"] == []
    assert code == 0
    assert report["records_kept"] == report["records_recorded"] > 200
    assert report["messages_lost"] > 0
    assert report["outages"] > 0
    assert report["cuts"] > 0
    assert days(11)[1]["digest"] == report["digest"]
    assert days(12)[1]["digest"] != report["digest"]
