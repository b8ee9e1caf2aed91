"""The image from which a board runs its firmware, cut into the files of a release."""

import pytest
from jimpitan_gateway.bench import rom
from jimpitan_gateway.errors import FileRefused
from jimpitan_wire import release

FILES = {"jimpitan_box/box.mpy": b"M\x06" + b"b" * 5000, "jimpitan_wire/cbor.mpy": b"M\x06c"}


def test_an_image_is_whole_sectors_that_join_to_it_again():
    image = rom.rom_image(FILES)
    assert image[:3] == b"\xd2\xcd\x31"  # MicroPython's extmod/vfs_rom.c
    assert len(image) == 2 * release.SECTOR_LENGTH
    sectors = rom.sectors_of(image)
    assert list(sectors) == ["rom_000", "rom_001"] == sorted(sectors)
    assert b"".join(sectors.values()) == image
    assert [release.sector_number(name) for name in sectors] == [0, 1]


def test_the_same_files_make_the_same_image():
    assert rom.rom_image(FILES) == rom.rom_image(dict(reversed(FILES.items())))


def test_firmware_that_is_longer_than_a_slot_is_refused():
    with pytest.raises(FileRefused, match="a slot of a board has 262144"):
        rom.rom_image({"jimpitan_box/box.mpy": bytes(262144)})


def test_a_micropython_with_romfs_names_its_class():
    assert rom.can_run_from_rom(b"..VfsLfs2..VfsRom..")
    assert not rom.can_run_from_rom(b"..VfsLfs2..")
