"""What a test needs from the machine: skipped visibly when it is missing, a failure in CI."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def missing(component: str, how: str) -> None:
    """Skip this test because a component is missing, or fail it when CI=true."""
    sentence = f"{component} is missing: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def program(name: str, how: str) -> str:
    """Return the path of a program, or skip."""
    found = shutil.which(name, path=SYSTEM_PATH)
    if not found:
        missing(name, how)
    return str(found)


def micropython() -> str:
    """Return the path of node when the MicroPython VM can run under it, or skip."""
    node = program("node", "install Node 20 or run `python3 run.py test`")
    package = ROOT / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
    if not package.exists():
        missing("the MicroPython VM", "run `python3 run.py setup`")
    return node
