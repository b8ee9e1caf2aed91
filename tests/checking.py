"""Runs the check of the simulator as a person does."""

import json
import subprocess
import sys


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
