"""Images for a new board, and what esptool's failures are told as. No board is written here."""

import os
import tty
from pathlib import Path

import pytest
from components import ROOT
from jimpitan_gateway.bench import flash, images, partitions, rom
from jimpitan_gateway.cli import app
from jimpitan_gateway.errors import (
    FileRefused,
    FlashFailed,
    PortBusy,
    PortMissing,
    WrongImage,
)
from littlefs import LittleFS
from typer.testing import CliRunner
from usb_desk import desk_box, plugged_in

MB = 1 << 20
NVS = ("nvs", 0x9000, 0x6000)
FACTORY = ("factory", 0x10000, 0x210000)
VFS = ("vfs", 0x220000, 0x5E0000)
WITH_ROMFS = b"MicroPython v1.29.0 with the class VfsRom"


def image(chip=9, partitions=(NVS, FACTORY, VFS), words=b"MicroPython v1.29.0"):
    """Return bytes that look like an official image where we look."""
    content = bytearray(b"\xff" * 0x11000)
    content[:16] = bytes([0xE9, 1, 2, 0x1F]) + bytes(8) + chip.to_bytes(2, "little") + bytes(2)
    for index, (label, start, length) in enumerate(partitions):
        entry = b"\xaa\x50\x01\x02" + start.to_bytes(4, "little") + length.to_bytes(4, "little")
        at = 0x8000 + 32 * index
        content[at : at + 32] = entry + label.encode().ljust(16, b"\0") + bytes(4)
    content[0x10000 : 0x10000 + len(words)] = words
    return bytes(content)


def test_an_official_image_is_taken():
    images.check_micropython(image())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no ESP32 image"),
        (b"UF2\n" + bytes(600), "no ESP32 image"),
        (image(chip=0), r"another chip \(ESP32\)"),
        (image(chip=5), r"another chip \(ESP32-C3\)"),
        (image(chip=77), r"another chip \(number 77\)"),
        (image(words=b"another firmware"), "not MicroPython"),
    ],
)
def test_another_image_is_refused_and_named(content, sentence):
    with pytest.raises(WrongImage, match=sentence):
        images.check_micropython(content)


def test_the_file_system_holds_the_firmware_and_nothing_for_type_checkers():
    files = images.firmware_files(ROOT / "firmware")
    assert {"main.py", "boot.py", "lib/jimpitan_box/console.py"} <= set(files)
    assert "lib/jimpitan_box/ports.py" not in files
    made = images.file_system(files, 2 * MB)
    little = LittleFS(mount=False, block_size=4096, block_count=2 * MB // 4096)
    little.context.buffer = bytearray(made)
    little.mount()
    for name, content in files.items():
        with little.open("/" + name, "rb") as file:
            assert file.read() == content
    with pytest.raises(FileRefused, match="holds no firmware"):
        images.firmware_files(ROOT / "server")


def test_bytecode_takes_less_room_and_main_stays_readable():
    source = images.firmware_files(ROOT / "firmware")
    made = images.compiled(source)
    assert made["main.py"] == source["main.py"]
    assert made["lib/jimpitan_wire/cbor.mpy"][:2] == b"M\x06"
    assert sum(map(len, made.values())) < sum(map(len, source.values()))
    with pytest.raises(FileRefused, match="does not compile"):
        images.compiled({"lib/wrong.py": b"def ("})


def test_the_nvs_image_knows_our_space_and_no_identity():
    made = images.empty_nvs(0x6000)
    assert len(made) == 0x6000
    assert b"jimpitan" in made
    assert b"identity" not in made


def test_a_dry_run_makes_the_images_and_needs_no_board(tmp_path):
    path = tmp_path / "micropython.bin"
    path.write_bytes(image())
    words = ["box", "flash", str(path), "--firmware", str(ROOT / "firmware"), "--source"]
    done = CliRunner().invoke(app, [*words, "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "images made" in done.output
    path.write_bytes(image(chip=0))
    wrong = CliRunner().invoke(app, words)
    assert wrong.exit_code == 1
    assert "another chip" in wrong.stderr
    gone = CliRunner().invoke(app, ["box", "flash", str(tmp_path / "none.bin")])
    assert "cannot be read" in gone.stderr


def test_a_dry_run_says_when_the_firmware_cannot_run_from_rom(tmp_path):
    path = tmp_path / "micropython.bin"
    words = ["box", "flash", str(path), "--firmware", str(ROOT / "firmware"), "--dry-run"]
    for content, is_told in ((image(), True), (image(words=WITH_ROMFS), False)):
        path.write_bytes(content)
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        assert ("built with MICROPY_VFS_ROM" in done.output) is is_told


def made_images(words=WITH_ROMFS, *, is_compiled=True):
    files = images.firmware_files(ROOT / "firmware")
    files = images.compiled(files) if is_compiled else files
    return files, flash.board_images(
        image(words=words), files, flash_length=8 * MB, is_compiled=is_compiled
    )


def names_in(system):
    little = LittleFS(mount=False, block_size=4096, block_count=len(system) // 4096)
    little.context.buffer = bytearray(system)
    little.mount()
    return {
        f"{folder}/{name}".strip("/") for folder, _, names in little.walk("/") for name in names
    }


def test_where_micropython_runs_from_rom_only_the_loader_lies_in_the_files():
    files, made = made_images()
    loader = {name for name in files if "/" not in name or name.startswith(images.LOADER)}
    assert names_in(made.files) == loader
    assert "lib/jimpitan_loader/start.mpy" in loader
    assert made.layout.files_at == VFS[1] + partitions.ROM_LENGTH
    assert partitions.layout_of(made.micropython, 8 * MB) == made.layout
    assert made.rom == rom.rom_image(images.bench_files(files))


@pytest.mark.parametrize(
    ("words", "is_compiled"), [(b"MicroPython v1.29.0", True), (WITH_ROMFS, False)]
)
def test_without_romfs_or_as_text_everything_lies_in_the_files(words, is_compiled):
    files, made = made_images(words, is_compiled=is_compiled)
    assert names_in(made.files) == set(files)
    assert (made.rom, made.layout.rom_at) == (b"", 0)
    assert made.micropython == image(words=words)


def test_everything_is_written_in_one_go_to_where_the_table_says(tmp_path):
    layout = partitions.Layout(0x9000, 0x6000, 0x2E0000, MB, 0x220000)
    made = flash.BoardImages(layout, b"image", b"nvs", b"files", b"rom")
    words = flash.write_words(made, tmp_path)
    assert words[:2] == ["write-flash", "--erase-all"]
    written = {words[i]: Path(words[i + 1]).read_bytes() for i in range(2, len(words), 2)}
    assert written == {
        "0x0": b"image",
        "0x9000": b"nvs",
        "0x2e0000": b"files",
        "0x220000": b"rom",
    }
    assert len(flash.write_words(made._replace(rom=b""), tmp_path)) == 8


def test_the_progress_of_esptool_is_read():
    assert flash.percent_of("Writing at 0x00010000... (42 %)") == 42
    assert flash.percent_of("Writing at 0x1000 [==>  ]  12.5% 10/80 bytes") == 12.5
    assert flash.percent_of("Connecting....") is None


@pytest.mark.integration
def test_a_box_that_keeps_records_is_not_erased(tmp_path):
    path = tmp_path / "micropython.bin"
    path.write_bytes(image())
    words = ["box", "flash", str(path), "--firmware", str(ROOT / "firmware"), "--source"]
    with plugged_in(desk_box(deposits=1)) as cable:
        done = CliRunner().invoke(app, [*words, "--port", cable.path])
    assert done.exit_code == 1
    assert "3 records that the server has not acknowledged" in done.stderr


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("This chip is ESP32-C3, not ESP32-S3. Wrong chip argument?", WrongImage),
        ("could not open port X: [Errno 2] No such file or directory", PortMissing),
        ("Could not open X, the port is busy or doesn't exist.", PortBusy),
        ("Failed to connect to ESP32-S3: No serial data received.", FlashFailed),
    ],
)
def test_what_esptool_says_becomes_a_sentence_with_what_to_do(said, error):
    assert type(flash._failure(said)) is error


@pytest.mark.integration
def test_the_real_esptool_finds_no_port_and_no_chip():
    said = []
    with pytest.raises(PortMissing, match="plugged in"):
        flash.run_tool(flash.esptool_command("/dev/jimpitan-none", "flash-id"), said.append)
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    command = flash.esptool_command(os.ttyname(theirs), "--connect-attempts", "1", "flash-id")
    with pytest.raises(FlashFailed, match="hold BOOT"):
        flash.run_tool(command, said.append)
    os.close(ours)
    os.close(theirs)
    assert any("esptool v5" in line for line in said)
