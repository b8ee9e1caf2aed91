"""Where things lie in the flash of a board: the partition table inside the MicroPython image.

The table of the official image is given room for the firmware's own image, so that bytecode runs
from flash. Entries and checksum are those of ESP-IDF's gen_esp32part.py.
"""

import hashlib
from typing import NamedTuple

from jimpitan_wire import release

from jimpitan_gateway.errors import WrongImage

TABLE_AT, TABLE_LENGTH, ENTRY_LENGTH = 0x8000, 0xC00, 32
ENTRY_MAGIC, CHECKSUM_MAGIC = b"\xaa\x50", b"\xeb\xeb" + b"\xff" * 14
ENTRIES_MAX = TABLE_LENGTH // ENTRY_LENGTH - 1  # the last place stays free for the checksum
NVS, FILES, ROM = "nvs", "vfs", "romfs"  # the labels that MicroPython looks for
DATA, ROM_SUBTYPE = 1, 0x8F  # as in MicroPython's own partitions-4MiB-romfs.csv
REGION_LENGTH = release.ROM_SECTORS * release.SECTOR_LENGTH
ROM_LENGTH = 3 * REGION_LENGTH  # the bench's firmware and two slots for updates
FILES_LENGTH_MIN = 1_500_000  # firmware where there is no ROM, and a journal of 1 MB


class Partition(NamedTuple):
    """One entry of the table."""

    label: str
    at: int
    length: int
    raw: bytes

    def moved(self, at: int, length: int) -> "Partition":
        """Return the same partition at another place."""
        place = at.to_bytes(4, "little") + length.to_bytes(4, "little")
        return Partition(self.label, at, length, self.raw[:4] + place + self.raw[12:])


class Layout(NamedTuple):
    """Where things lie in flash; without a ROM partition its place is 0."""

    nvs_at: int
    nvs_length: int
    files_at: int
    files_length: int
    rom_at: int


def partitions_of(content: bytes) -> list[Partition]:
    """Return the partitions that the table in a whole image names."""
    found = []
    for at in range(TABLE_AT, TABLE_AT + TABLE_LENGTH, ENTRY_LENGTH):
        raw = content[at : at + ENTRY_LENGTH]
        if raw[:2] != ENTRY_MAGIC:
            break
        start, length = (int.from_bytes(raw[i : i + 4], "little") for i in (4, 8))
        label = raw[12:28].rstrip(b"\0").decode("ascii", "replace")
        found.append(Partition(label, start, length, raw))
    if not any(one.label == NVS for one in found):
        raise WrongImage(
            "This image holds no partition table: it is an update (.app-bin), not the whole .bin."
        )
    return found


def layout_of(content: bytes, flash_length: int) -> Layout:
    """Return where NVS, ROM and file system lie for this image on a chip of that size.

    Newer MicroPython gives the file system all flash behind its last partition and names it in
    no table, so its place differs from version to version.
    """
    partitions = partitions_of(content)
    by_label = {one.label: one for one in partitions}
    nvs, files, rom = by_label[NVS], by_label.get(FILES), by_label.get(ROM)
    end_at = max(one.at + one.length for one in partitions)
    files_at = files.at if files else end_at
    files_length = files.length if files else flash_length - end_at
    if max(files_at + files_length, end_at) > flash_length or files_length < FILES_LENGTH_MIN:
        raise WrongImage(
            f"This image and a file system do not fit into {flash_length >> 20} MB of flash."
        )
    return Layout(nvs.at, nvs.length, files_at, files_length, rom.at if rom else 0)


def with_rom(content: bytes) -> bytes:
    """Return the same image with a ROM partition in its table, in front of the file system.

    A file system that the table names gives up its beginning. One that it does not name is made
    by MicroPython behind the last partition, which then is ours.
    """
    partitions = partitions_of(content)
    if any(one.label == ROM for one in partitions) or len(partitions) >= ENTRIES_MAX:
        raise WrongImage("This image has a ROM partition of its own, or no room for one.")
    files = [one for one in partitions if one.label == FILES]
    at = files[0].at if files else max(one.at + one.length for one in partitions)
    found = [
        one.moved(at + ROM_LENGTH, one.length - ROM_LENGTH) if one.label == FILES else one
        for one in partitions
    ]
    if files and files[0].length <= ROM_LENGTH:
        raise WrongImage("The file system of this image is too short to give room to the ROM.")
    table = b"".join(one.raw for one in [*found, _rom_entry(at)])
    after = TABLE_AT + len(partitions) * ENTRY_LENGTH
    if content[after : after + len(CHECKSUM_MAGIC)] == CHECKSUM_MAGIC:
        table += CHECKSUM_MAGIC + hashlib.md5(table, usedforsecurity=False).digest()
    padded = table.ljust(TABLE_LENGTH, b"\xff")
    return content[:TABLE_AT] + padded + content[TABLE_AT + TABLE_LENGTH :]


def _rom_entry(at: int) -> Partition:
    head = ENTRY_MAGIC + bytes((DATA, ROM_SUBTYPE)) + bytes(8)
    raw = head + ROM.encode().ljust(16, b"\0") + bytes(4)
    return Partition(ROM, 0, 0, raw).moved(at, ROM_LENGTH)
