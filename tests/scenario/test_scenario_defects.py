"""Every planted defect is found by the same check that passes without it."""

import subprocess
import sys

import components
import pytest
from checking import check
from jimpitan_simulator.defects import DEFECTS


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
