"""Writes a new board with esptool, as a program of its own whose progress is shown."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from jimpitan_gateway.bench import tools
from jimpitan_gateway.bench.images import Layout
from jimpitan_gateway.errors import FlashFailed, PortBusy, PortMissing, WrongImage

PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
TAIL_LINES = 6


def esptool_command(port: str, *words: str) -> list[str]:
    """Return the command line of esptool for a box; it refuses any chip but an ESP32-S3."""
    tools.library("esptool")
    return [sys.executable, "-m", "esptool", "--chip", "esp32s3", "--port", port, *words]


def write_words(layout: Layout, image: Path, nvs: Path, files: Path) -> list[str]:
    """Return the words that write everything; each part is verified by esptool afterwards."""
    return [
        "write-flash",
        "--erase-all",
        *("0x0", str(image)),
        *(hex(layout.nvs_at), str(nvs)),
        *(hex(layout.files_at), str(files)),
    ]


def run_tool(command: Sequence[str], said: Callable[[str], None]) -> None:
    """Run esptool, hand on what it says line by line, and turn its failure into a sentence."""
    tail: list[str] = []
    with subprocess.Popen(  # noqa: S603 -- our own command line, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail[1 - TAIL_LINES :], line.strip()]
            said(line.strip())
    if process.returncode:
        raise _failure(" ".join(tail))


def percent_of(line: str) -> float | None:
    """Return the progress that a line of esptool tells, if it tells one."""
    match = PERCENT.search(line)
    return float(match[1]) if match else None


def _failure(said: str) -> Exception:
    if "This chip is" in said or "Wrong chip" in said or "unexpected chip" in said:
        return WrongImage(f"The chip on this port is no ESP32-S3. esptool says: {said[-300:]}")
    if "No such file" in said:
        return PortMissing("There is no such port: is the box plugged in?")
    if "the port is busy" in said or "exclusively lock" in said:
        return PortBusy("The port is open in another program: close it, then try again.")
    return FlashFailed(
        "The board was not written; nothing is spoilt, run this again. When esptool finds no"
        f" chip, hold BOOT while plugging in the cable. esptool says: {said[-300:]}"
    )
