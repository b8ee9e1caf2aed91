"""A rollout in a whole town: one box away, power cuts, bad firmware, firmware below the floor."""

import json
import subprocess
import sys

import pytest


@pytest.mark.scenario
def test_good_firmware_reaches_every_box_and_bad_firmware_stops_by_itself():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jimpitan_simulator.cli", "rollout"),
            *("--boxes", "4", "--seed", "1"),
        ],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.stdout, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert done.returncode == 0
    assert report["confirmed_before_return"] == 3
    assert report["bad_state"] == report["old_state"] == "halted"
    assert report["records_kept"] == report["records_recorded"] > 300
    assert report["cuts"] > 5
    assert report["restarts"] >= 4
    assert report["messages_lost"] > 0
