"""Lighthouse on board, collector and admin: what a slow phone meets, median of three runs."""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from jimpitan_simulator.desk import Desk
from jimpitan_simulator.system import System, Wish

from benchmark.figures import Figure, held

# The newest line that runs on Node 20; 13 wants Node 22.19 (package "lighthouse", engines).
LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = 3
PATIENCE_S = 180
PAGES = {"board": ("/", ""), "collector": ("/kolektor", "collector"), "admin": ("/admin", "admin")}
GOALS = {"performance": 95, "accessibility": 100, "best-practices": 100}
TOOLS = Path(sys.prefix) / "lighthouse"


def measure() -> list[Figure]:
    """Return the scores of each page, 0 to 100."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is missing: run `python3 run.py test --system` once")
    _install()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        return asyncio.run(_measure(Path(name), chromium))


def _install() -> None:
    """Install Lighthouse beside the environment: 190 MB that no test needs."""
    if not (TOOLS / "node_modules" / "lighthouse").exists():
        npm = shutil.which("npm") or "npm"
        words = ["install", "--prefix", TOOLS, LIGHTHOUSE, "--no-audit", "--no-fund"]
        subprocess.run([npm, *words, "--loglevel=error"], check=True)


async def _measure(folder: Path, chromium: str) -> list[Figure]:
    system = System(Wish(boxes=1, seed=5), folder)
    desk = Desk(5, system)
    try:
        system.people = desk.people()
        await system.start_server()
        await desk.open()
        found = []
        for page, (path, role) in PAGES.items():
            cookie = await _cookie(system, role, desk) if role else ""
            runs = [
                await asyncio.to_thread(_run, system.server_url + path, cookie, folder, chromium)
                for _ in range(RUNS)
            ]
            for name, goal in GOALS.items():
                score = statistics.median(run[name] for run in runs)
                found.append(held(f"{page}, {name}", score, "", at_least=goal))
        return found
    finally:
        await desk.close()
        await system.stop()


async def _cookie(system: System, role: str, desk: Desk) -> str:
    """Return the cookie of somebody of a role."""
    login = {"login_name": role, "password": desk.passwords[role]}
    async with httpx.AsyncClient(base_url=system.server_url, trust_env=False) as client:
        answer = await client.post("/api/v1/sessions", json=login)
        return f"jimpitan={answer.json()['token']}"


def _run(url: str, cookie: str, folder: Path, chromium: str) -> dict[str, float]:
    """Run Lighthouse once, as its defaults are: a phone on slow 4G; return the scores."""
    report = folder / "lighthouse.json"
    words = [
        TOOLS / "node_modules" / ".bin" / "lighthouse",
        url,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--only-categories={','.join(GOALS)}",
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    if cookie:
        words.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    environment = {"CHROME_PATH": chromium, "PATH": str(Path(shutil.which("node") or "").parent)}
    subprocess.run(words, check=True, timeout=PATIENCE_S, env=environment)
    categories = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {name: round(categories[name]["score"] * 100) for name in GOALS}
