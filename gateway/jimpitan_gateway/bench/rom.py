"""The firmware as an image of MicroPython's ROMFS, from which bytecode runs without a copy."""

from jimpitan_wire import release

from jimpitan_gateway.bench import tools
from jimpitan_gateway.bench.partitions import REGION_LENGTH
from jimpitan_gateway.errors import FileRefused

# The class that an interpreter with ROMFS names; its name stands as text in the image.
ROM_CLASS = b"VfsRom"
ERASED = b"\xff"


def can_run_from_rom(micropython: bytes) -> bool:
    """Return whether this MicroPython was built with its read-only file system (ROMFS)."""
    return ROM_CLASS in micropython


def rom_image(files: dict[str, bytes]) -> bytes:
    """Return an image of these files, `module.py` or `package/module.mpy`, in whole sectors."""
    writer = tools.library("mpremote.romfs").VfsRomWriter()
    names = [name.rpartition("/") for name in sorted(files)]
    for package in sorted({package for package, _, _ in names}):
        if package:
            writer.opendir(package)
        for folder, slash, module in names:
            if folder == package:
                writer.mkfile(module, files[folder + slash + module])
        if package:
            writer.closedir()
    image = bytes(writer.finalise())
    image += ERASED * (-len(image) % release.SECTOR_LENGTH)
    if len(image) > REGION_LENGTH:
        raise FileRefused(
            f"The firmware takes {len(image)} bytes; a slot of a board has {REGION_LENGTH}."
        )
    return image


def sectors_of(image: bytes) -> dict[str, bytes]:
    """Return an image cut into the files of a release, a sector of flash each."""
    return {
        release.sector_name(at // release.SECTOR_LENGTH): image[at : at + release.SECTOR_LENGTH]
        for at in range(0, len(image), release.SECTOR_LENGTH)
    }
