"""The partition table of a MicroPython image, byte by byte, with room for the firmware in ROM."""

import hashlib

import pytest
from jimpitan_gateway.bench import partitions
from jimpitan_gateway.errors import WrongImage

MB = 1 << 20
TABLE_AT, TABLE_END = 0x8000, 0x8C00
# (label, type, subtype, place, length), as MicroPython's partitions-4MiBplus.csv has them.
NVS = ("nvs", 1, 2, 0x9000, 0x6000)
PHY = ("phy_init", 1, 1, 0xF000, 0x1000)
FACTORY = ("factory", 0, 0, 0x10000, 0x1F0000)
VFS = ("vfs", 1, 0x81, 0x200000, 0x600000)
CHECKSUM = b"\xeb\xeb" + b"\xff" * 14


def entry(label, kind, subtype, at, length):
    place = at.to_bytes(4, "little") + length.to_bytes(4, "little")
    return (
        b"\xaa\x50" + bytes((kind, subtype)) + place + label.encode().ljust(16, b"\0") + bytes(4)
    )


def image(*entries, has_checksum=True):
    table = b"".join(entry(*one) for one in entries)
    if has_checksum:
        table += CHECKSUM + hashlib.md5(table).digest()
    return b"B" * TABLE_AT + table.ljust(0xC00, b"\xff") + b"A" * 0x8400


def test_the_table_of_an_image_tells_where_things_lie():
    layout = partitions.layout_of(image(NVS, PHY, FACTORY, VFS), 8 * MB)
    assert layout == (0x9000, 0x6000, 0x200000, 0x600000, 0)


def test_without_a_named_file_system_it_takes_all_flash_behind_the_last_partition():
    layout = partitions.layout_of(image(NVS, PHY, FACTORY), 8 * MB)
    assert (layout.files_at, layout.files_length) == (0x200000, 8 * MB - 0x200000)


def test_an_update_and_a_chip_too_small_are_refused():
    with pytest.raises(WrongImage, match="holds no partition table"):
        partitions.layout_of(image(), 8 * MB)
    with pytest.raises(WrongImage, match="do not fit into 4 MB"):
        partitions.layout_of(image(NVS, PHY, FACTORY, VFS), 4 * MB)
    with pytest.raises(WrongImage, match="do not fit into 2 MB"):
        partitions.layout_of(image(NVS, PHY, FACTORY), 2 * MB)


@pytest.mark.parametrize("has_checksum", [True, False])
def test_the_rom_comes_behind_the_last_partition_and_the_checksum_is_made_anew(has_checksum):
    before = image(NVS, PHY, FACTORY, has_checksum=has_checksum)
    after = partitions.with_rom(before)
    rom = entry("romfs", 1, 0x8F, 0x200000, 0xC0000)
    table = entry(*NVS) + entry(*PHY) + entry(*FACTORY) + rom
    if has_checksum:
        table += CHECKSUM + hashlib.md5(table).digest()
    assert after[TABLE_AT:TABLE_END] == table.ljust(0xC00, b"\xff")
    assert after[:TABLE_AT] + after[TABLE_END:] == before[:TABLE_AT] + before[TABLE_END:]
    layout = partitions.layout_of(after, 8 * MB)
    assert layout == (0x9000, 0x6000, 0x2C0000, 8 * MB - 0x2C0000, 0x200000)


def test_a_file_system_with_a_name_gives_up_its_beginning():
    after = partitions.with_rom(image(NVS, PHY, FACTORY, VFS))
    table = entry(*NVS) + entry(*PHY) + entry(*FACTORY)
    table += entry("vfs", 1, 0x81, 0x2C0000, 0x540000)
    table += entry("romfs", 1, 0x8F, 0x200000, 0xC0000)
    assert after[TABLE_AT : TABLE_AT + len(table)] == table
    assert after[TABLE_AT + len(table) :][:32] == CHECKSUM + hashlib.md5(table).digest()
    layout = partitions.layout_of(after, 8 * MB)
    assert layout == (0x9000, 0x6000, 0x2C0000, 0x540000, 0x200000)


def test_what_has_no_room_or_a_rom_of_its_own_is_refused():
    with pytest.raises(WrongImage, match="of its own"):
        partitions.with_rom(partitions.with_rom(image(NVS, FACTORY)))
    with pytest.raises(WrongImage, match="too short"):
        partitions.with_rom(image(NVS, FACTORY, ("vfs", 1, 0x81, 0x200000, 0xC0000)))
    with pytest.raises(WrongImage, match="holds no partition table"):
        partitions.with_rom(image())
    full = [(f"p{number}", 1, 2, 0x9000, 0x1000) for number in range(94)]
    with pytest.raises(WrongImage, match="no room"):
        partitions.with_rom(image(NVS, *full))
