"""Makes the images of a new board and writes them with esptool, whose progress is shown."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from jimpitan_gateway.bench import images, tools
from jimpitan_gateway.bench.partitions import Layout, layout_of, with_rom
from jimpitan_gateway.bench.rom import can_run_from_rom, rom_image
from jimpitan_gateway.errors import FlashFailed, PortBusy, PortMissing, WrongImage

PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
TAIL_LINES = 6


def esptool_command(port: str, *words: str) -> list[str]:
    """Return the command line of esptool for a box; it refuses any chip but an ESP32-S3."""
    tools.library("esptool")
    return [sys.executable, "-m", "esptool", "--chip", "esp32s3", "--port", port, *words]


class BoardImages(NamedTuple):
    """What is written to a new board; without a ROM image all firmware lies in the files."""

    layout: Layout
    micropython: bytes
    nvs: bytes
    files: bytes
    rom: bytes

    def parts(self) -> list[tuple[int, str, bytes]]:
        """Return (address, name, content) of everything to write."""
        parts = [
            (0, "micropython", self.micropython),
            (self.layout.nvs_at, "nvs", self.nvs),
            (self.layout.files_at, "files", self.files),
        ]
        return [*parts, (self.layout.rom_at, "rom", self.rom)] if self.rom else parts


def board_images(
    micropython: bytes, files: dict[str, bytes], *, flash_length: int, is_compiled: bool
) -> BoardImages:
    """Return what to write for this MicroPython and these files of the firmware.

    Compiled and where MicroPython can run it from there, the firmware is an image in ROM. What
    starts it lies in both, so that a board with a spoilt ROM still starts an update.
    """
    rom = b""
    if is_compiled and can_run_from_rom(micropython):
        in_slot = images.slot_files(files)
        rom = rom_image(images.bench_files(files))
        files = {
            name: content
            for name, content in files.items()
            if name.removeprefix(images.LIBRARY) not in in_slot
        }
        micropython = with_rom(micropython)
    layout = layout_of(micropython, flash_length)
    nvs = images.empty_nvs(layout.nvs_length)
    system = images.file_system(files, layout.files_length)
    return BoardImages(layout, micropython, nvs, system, rom)


def write_words(made: BoardImages, folder: Path) -> list[str]:
    """Put the images into a folder and return the words that write and verify them all."""
    words = ["write-flash", "--erase-all"]
    for at, name, content in made.parts():
        path = folder / f"{name}.bin"
        path.write_bytes(content)
        words += [hex(at), str(path)]
    return words


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
