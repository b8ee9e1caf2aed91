"""The demo as a person meets it: it says where to look, the board moves, Ctrl-C ends it all."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import psutil
import pytest


@pytest.fixture
def demo():
    """Start a small demo and end it, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jimpitan_simulator.cli", "demo", "--boxes", "4"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait(10)
    process.stdout.close()


def totals(url):
    with urllib.request.urlopen(f"{url}/totals.json", timeout=10) as answer:
        return json.load(answer)


def until(question, seconds=60.0):
    """Ask again until the answer is yes; a generous bound, no fixed wait."""
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it never came"
        threading.Event().wait(0.2)


@pytest.mark.scenario
def test_the_board_moves_and_nothing_is_left_behind(demo):
    url, lines = "", []
    for line in demo.stdout:
        lines.append(line)
        found = re.search(r"Public board: (\S+)/", line)
        url = found.group(1) if found else url
        if line.startswith("Ctrl-C"):
            break
    assert url, "".join(lines)
    until(lambda: totals(url)["sensed"]["deposits"] > 0 and totals(url)["boxes_reporting"] == 4)
    until(lambda: totals(url)["provisional_idr"] > 0)
    children = psutil.Process(demo.pid).children(recursive=True)
    assert len(children) >= 4
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
