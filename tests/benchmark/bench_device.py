"""The whole box in the MicroPython VM: what a step and a deposit take, beside a plain loop."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from components import ROOT, micropython

from benchmark.figures import Figure, held

sys.path.append(str(ROOT / "tests" / "device"))
import whole_run

SECONDS_MAX = 300
# Twice what was measured on a busy machine (400 and 18,800); more would need a look.
STEP_TURNS_MAX = 800
DEPOSIT_TURNS_MAX = 40_000


def measure() -> list[Figure]:
    """Return the figures; a turn of an integer loop in the same VM is what they are held to."""
    with tempfile.TemporaryDirectory() as name:
        compiled = whole_run.compile_firmware(Path(name))
        command = [micropython(), str(ROOT / "tests/device/run.mjs"), "bench", str(ROOT)]
        done = subprocess.run(
            [*command, str(compiled)],
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    loop_us, step_us, deposit_us = (found[f"{name}_us"] for name in ("loop", "step", "deposit"))
    return [
        Figure("limit: one turn of an integer loop in the VM", loop_us, "us"),
        Figure("one idle step of the whole box", step_us, "us"),
        held("idle step / turn of the loop", step_us / loop_us, "x", at_most=STEP_TURNS_MAX),
        Figure("one deposit until the server holds it", deposit_us / 1e3, "ms"),
        held("deposit / turn of the loop", deposit_us / loop_us, "x", at_most=DEPOSIT_TURNS_MAX),
    ]
