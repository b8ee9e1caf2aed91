"""A slot in the ROM partition: a release written sector by sector, whole or not there."""

import bench_flash
from bench_box import MemoryStore
from bench_release import Release
from jimpitan_board.rom_slot import RomSlot
from jimpitan_box.fetch import Fetch
from jimpitan_loader import slots
from jimpitan_wire import release, topics

SECTORS = {
    "rom_000": bytes(range(256)) * 16,
    "rom_001": b"1" * 4096,
    "rom_002": b"\xd2" + b"2" * 4000 + b"\xff" * 95,
}
IMAGE = SECTORS["rom_000"] + SECTORS["rom_001"] + SECTORS["rom_002"]
SLOT = 1


def slot_of(device, beside=None):
    return RomSlot(device, SLOT, beside or MemoryStore())


def board():
    return bench_flash.Partition()


def fetched(store, made):
    """Fetch a release into a store; return the numbers of the blocks that were asked for."""
    fetch = Fetch(store, fingerprint=made.fingerprint, manifest_length=len(made.manifest))
    blocks, asked = made.blocks(), []
    while not fetch.is_whole:
        wanted = fetch.wanted
        if wanted is not None:
            asked.append(wanted)
            assert fetch.take(wanted, blocks[topics.block_topic(made.fingerprint, wanted)])
        fetch.step()
    return asked


def refusal(action):
    try:
        action()
    except OSError as error:
        return error.args[0]
    return None


def test_loader_and_release_mean_the_same_regions():
    assert slots.REGION_LENGTH == release.ROM_SECTORS * release.SECTOR_LENGTH
    assert release.sector_name(63) == "rom_063"
    for name in ("rom_064", "rom_1", "rom_0001", "rom_a00", "manifest", "rom_-01", "rom_"):
        assert release.sector_number(name) is None, name


def test_a_release_is_fetched_into_its_region_and_nowhere_else():
    device, beside = board(), MemoryStore()
    made = Release(files=SECTORS)
    fetched(slot_of(device, beside), made)
    assert device.region(SLOT, 3) == IMAGE
    assert beside.files == {"manifest": made.manifest}
    assert sorted(device.erased) == [64, 65, 66]
    assert sorted(device.sectors) == [64, 65, 66]


def test_what_lies_whole_is_not_fetched_again():
    device, beside = board(), MemoryStore()
    made = Release(files=SECTORS)
    fetched(slot_of(device, beside), made)
    assert fetched(slot_of(device, beside), made) == []
    assert len(device.erased) == 3


def test_after_a_power_cut_in_any_flash_operation_it_goes_on_and_ends_whole():
    made = Release(files=SECTORS)
    for cut_in in range(20):
        device, beside = board(), MemoryStore()
        device.cut_in = cut_in
        try:
            fetched(slot_of(device, beside), made)
        except bench_flash.PowerCut:
            pass
        device.cut_in = None
        fetched(slot_of(device, beside), made)
        assert device.region(SLOT, 3) == IMAGE, cut_in
        assert len(device.erased) <= 5, "at most the sector that was cut is written again"


def test_a_cut_between_two_parts_of_a_sector_leaves_it_unwhole():
    device = board()
    slot = slot_of(device)
    slot.append("rom_001", b"a" * 1000)
    again = slot_of(device)
    assert again.size("rom_001") == 4096
    assert again.read("rom_001", 998, 4) == b"aa\xff\xff"
    again.append("rom_001", b"b" * 4096)
    assert again.read("rom_001", 0, 9999) == b"b" * 4096


def test_parts_of_any_length_are_written_in_whole_words():
    for length in (1, 2, 3, 5, 1021, 1022, 1023, 1024):
        device = board()
        slot = slot_of(device)
        for at in range(0, 4096, length):
            slot.append("rom_000", SECTORS["rom_000"][at : min(4096, at + length)])
        assert slot.read("rom_000", 0, 4096) == SECTORS["rom_000"]
        assert device.erased == [64]


def test_a_removed_sector_begins_anew():
    device = board()
    slot = slot_of(device)
    slot.append("rom_000", b"a" * 100)
    slot.remove("rom_000")
    slot.append("rom_000", SECTORS["rom_000"])
    assert slot.read("rom_000", 0, 4096) == SECTORS["rom_000"]


def test_nothing_is_written_past_a_sector_or_a_region():
    slot = slot_of(board())
    slot.append("rom_063", b"z" * 4096)
    assert refusal(lambda: slot.append("rom_063", b"z")) == 22
    assert slot.read("rom_063", 4095, 100) == b"z"
    assert slot.read("rom_063", 4096, 100) == b""
    assert refusal(lambda: slot.replace("rom_000", b"")) == 22


def test_what_is_no_sector_lies_beside():
    beside = MemoryStore()
    slot = slot_of(board(), beside)
    slot.append("manifest", b"m")
    slot.replace("other", b"o")
    assert sorted(slot.names()) == ["manifest", "other"]
    assert (slot.size("manifest"), slot.read("other", 0, 9)) == (1, b"o")
    slot.remove("manifest")
    slot.remove("other")
    assert slot.names() == []


def test_a_flash_that_refuses_is_told():
    device = board()
    device.refuses = True
    assert refusal(lambda: slot_of(device).append("rom_000", b"a")) == 5
