"""From `release make` to a box that runs it from ROM, in the real MicroPython VM.

A release file is read, fetched block by block into the region of a slot, and started by the real
main.py, which mounts that region.
"""

import json
import shutil
import subprocess
from pathlib import Path

import bench_flash
import components
import pytest
from bench_box import MemoryStore
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jimpitan_board.rom_slot import RomSlot
from jimpitan_box.fetch import Fetch
from jimpitan_gateway.bench import images, publish, rom
from jimpitan_gateway.releases import read_release
from jimpitan_loader.folder import Folder
from jimpitan_loader.slots import BENCH, REGION_LENGTH, A, Slots
from jimpitan_wire import release, topics

RUN = Path(__file__).with_name("run.mjs")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ROM_LOADER = "/rom/jimpitan_loader"
APPLICATION = """
import jimpitan_box.mqtt
import jimpitan_loader as loader
import start_board
from jimpitan_box import box
from jimpitan_wire import release

def run(slots, folders, watchdog):
    found = [loader.__path__, jimpitan_box.__path__, box.VERSION, slots.active, slots.reason]
    start_board.FOUND.append(found)
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Return the `firmware` folders of the bench and of a newer release."""
    folder = tmp_path_factory.mktemp("firmware")
    found = []
    for version in ("0.1.0", "0.2.0"):
        target = folder / version
        shutil.copytree(components.ROOT / "firmware", target)
        (target / "board/jimpitan_board/application.py").write_text(APPLICATION)
        box = target / "lib/jimpitan_box/box.py"
        text = box.read_text()
        assert 'VERSION = "0.1.0"' in text
        box.write_text(text.replace('VERSION = "0.1.0"', f'VERSION = "{version}"'))
        found.append(target)
    return found


@pytest.fixture
def board(sources, tmp_path):
    """Return (partition, file system) of a board whose slot A holds the newer release."""
    files = images.compiled(images.firmware_files(sources[0]))
    in_slot = images.slot_files(files)
    for name, content in files.items():
        if name.removeprefix("lib/") not in in_slot:
            path = tmp_path / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    device = bench_flash.Partition()
    device.put(0, rom.rom_image(images.bench_files(files)))
    fingerprint = fetch_release(sources[1], RomSlot(device, A, MemoryStore()))
    slots = Slots(Folder(str(tmp_path / "files/update")), 1000)
    slots.forget(A)
    slots.try_out(A, fingerprint=fingerprint, number=2000, attempt=1)
    return device, tmp_path / "files"


def fetch_release(source, slot):
    """Make a release of a firmware and fetch it as a box does; return its fingerprint."""
    version, machine, files = publish.made_files(source)
    assert (version, machine) == ("0.2.0", "esp32s3-mpy6-rom")
    assert {len(content) for content in files.values()} == {release.SECTOR_LENGTH}
    raw = publish.release_file(files, KEY, version=version, floor="0.1.0", machine=machine)
    made = read_release(raw, KEY.public_key().public_bytes_raw())
    blocks = dict(made.blocks())
    fetch = Fetch(slot, fingerprint=made.fingerprint, manifest_length=len(made.manifest))
    while not fetch.is_whole:
        if fetch.wanted is not None:
            topic = topics.block_topic(made.fingerprint, fetch.wanted)
            assert fetch.take(fetch.wanted, blocks[topic])
        fetch.step()
    return made.fingerprint


def started(device, files, count, tmp_path):
    partition = tmp_path / "partition.rom"
    partition.write_bytes(b"".join(device.region(number, 64) for number in range(3)))
    words = ["start", str(components.ROOT), str(partition), str(files), str(count)]
    done = subprocess.run(
        [components.micropython(), str(RUN), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.device
def test_a_release_that_was_fetched_into_rom_is_mounted_and_run(board, tmp_path):
    assert started(*board, 1, tmp_path) == [[ROM_LOADER, "/firmware/jimpitan_box", "0.2.0", A, 0]]


@pytest.mark.device
def test_a_region_that_was_spoilt_runs_nothing_and_then_what_the_bench_flashed(board, tmp_path):
    device, files = board
    device.put(REGION_LENGTH, bytes(4))
    bench = [ROM_LOADER, "/firmware/jimpitan_box", "0.1.0", BENCH, 1]
    assert started(device, files, 4, tmp_path) == ["nothing", "nothing", "nothing", bench]


@pytest.mark.device
def test_with_the_image_of_the_bench_spoilt_too_the_loader_in_lib_goes_on(board, tmp_path):
    device, files = board
    device.put(0, bytes(4))
    assert started(device, files, 1, tmp_path) == [
        ["/lib/jimpitan_loader", "/firmware/jimpitan_box", "0.2.0", A, 0]
    ]


def test_the_board_calls_itself_what_a_release_for_rom_is_made_for():
    port = components.ROOT / "firmware/board/jimpitan_board/port_esp32.py"
    assert f'"{release.ROM_MACHINE_SUFFIX}"' in port.read_text()


@pytest.mark.device
def test_without_an_image_of_the_bench_its_files_in_lib_are_run(board, sources, tmp_path):
    device, files = board
    device.sectors.clear()
    (files / "update/slots").unlink()
    for name, content in images.compiled(images.firmware_files(sources[0])).items():
        path = files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert started(device, files, 1, tmp_path) == [
        ["/lib/jimpitan_loader", "/lib/jimpitan_box", "0.1.0", BENCH, 0]
    ]
