"""Images for a new board, and what esptool's failures are told as. No board is written here."""

import os
import tty
from pathlib import Path

import pytest
from components import ROOT
from jimpitan_gateway.bench import flash, images
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


def test_an_official_image_is_taken_and_its_partitions_are_read():
    images.check_micropython(image())
    assert images.layout_of(image(), 8 * MB) == (0x9000, 0x6000, 0x220000, 0x5E0000)


def test_without_a_named_file_system_it_takes_all_flash_behind_the_last_partition():
    layout = images.layout_of(image(partitions=(NVS, FACTORY)), 8 * MB)
    assert (layout.files_at, layout.files_length) == (0x220000, 8 * MB - 0x220000)


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


def test_an_update_and_a_chip_too_small_are_refused():
    with pytest.raises(WrongImage, match="holds no partition table"):
        images.layout_of(image(partitions=()), 8 * MB)
    with pytest.raises(WrongImage, match="do not fit into 4 MB"):
        images.layout_of(image(), 4 * MB)


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


def test_everything_is_written_in_one_go_to_where_the_table_says():
    layout = images.Layout(0x9000, 0x6000, 0x220000, MB)
    words = flash.write_words(layout, Path("image"), Path("nvs"), Path("files"))
    assert words[:2] == ["write-flash", "--erase-all"]
    assert words[2:] == ["0x0", "image", "0x9000", "nvs", "0x220000", "files"]
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
