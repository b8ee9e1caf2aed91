"""The loader's slots: what starts, what is left again, and what a damaged note means."""

from bench_box import MemoryStore
from jimpitan_loader import slots as loader
from jimpitan_loader import start
from jimpitan_loader.slots import BENCH, Slots
from jimpitan_wire import records

NEW = bytes([7]) * 32
NEWER = bytes([8]) * 32


def on(store):
    return Slots(store, 1000)


def with_trial(store, number=2000, fingerprint=NEW):
    slots = on(store)
    slot = slots.target()
    slots.forget(slot)
    slots.try_out(slot, fingerprint=fingerprint, number=number, attempt=1)
    return slot


def test_the_words_of_the_loader_are_those_of_the_wire():
    assert loader.CONFIRMED == records.FIRMWARE_CONFIRMED
    assert loader.ROLLED_BACK == records.FIRMWARE_ROLLED_BACK
    assert loader.NO_START == records.REASON_NO_START
    assert loader.NO_ACK == records.REASON_NO_ACK
    assert loader.CRASHED == records.REASON_CRASHED


def test_a_new_board_runs_what_the_bench_flashed():
    slots = on(MemoryStore())
    assert slots.start() == BENCH
    assert not slots.is_on_trial
    assert slots.fingerprint == bytes(32)


def test_a_release_that_never_confirms_is_left_after_three_starts():
    store = MemoryStore()
    slot = with_trial(store)
    assert [on(store).start() for _ in range(3)] == [slot, slot, slot]
    slots = on(store)
    assert slots.start() == BENCH
    assert not slots.is_on_trial
    assert (slots.about, slots.outcome, slots.reason) == (NEW, 3, loader.NO_START)
    assert not on(store).is_told


def test_a_confirmed_release_stays_and_raises_the_floor():
    store = MemoryStore()
    slot = with_trial(store)
    slots = on(store)
    slots.start()
    slots.confirm(1500)
    for _ in range(9):
        again = on(store)
        assert again.start() == slot
    assert again.floor == 1500
    again.confirm(9999)
    assert on(store).floor == 2000, "never above what runs"


def test_a_confirmed_release_that_crashes_again_and_again_is_left():
    store = MemoryStore()
    slot = with_trial(store)
    on(store).confirm(0)
    for _ in range(4):
        slots = on(store)
        assert slots.start() == slot
        slots.crashed()
    on(store).alive()
    for _ in range(5):
        slots = on(store)
        assert slots.start() == slot
        slots.crashed()
    slots = on(store)
    assert slots.start() == BENCH
    assert slots.reason == loader.CRASHED


def test_a_crash_never_leads_below_the_floor():
    store = MemoryStore()
    slot = with_trial(store)
    on(store).confirm(2000)
    for _ in range(12):
        slots = on(store)
        assert slots.start() == slot
        slots.crashed()


def test_an_update_never_fills_the_slot_that_runs_nor_one_while_another_is_on_trial():
    store = MemoryStore()
    slot = with_trial(store)
    slots = on(store)
    assert slots.target() != slot
    for wrong in (slot, slots.target()):
        try:
            slots.forget(wrong)
        except ValueError:
            continue
        raise AssertionError("a slot that may be needed was given away")


def test_a_forgotten_slot_is_no_way_back():
    store = MemoryStore()
    first = with_trial(store)
    on(store).confirm(0)
    second = with_trial(store, 3000, NEWER)
    on(store).confirm(0)
    assert on(store).slot_of(NEW) == first
    slots = on(store)
    slots.forget(first)
    assert slots.slot_of(NEW) == BENCH
    assert slots.previous == BENCH
    assert on(store).start() == second


def test_a_damaged_note_means_what_the_bench_flashed():
    store = MemoryStore()
    with_trial(store)
    content = store.files[loader.NAME]
    for wrong in (b"", content[:-1], content + b"x", b"X" + content[1:], content[:20] + b"??"):
        store.files[loader.NAME] = wrong
        assert on(store).start() == BENCH


def test_the_note_reads_back_as_it_was_written():
    store = MemoryStore()
    with_trial(store)
    slots = on(store)
    slots.start()
    slots.confirm(1200)
    slots.told()
    slots.answered(9, about=NEWER, outcome=4, reason=5)
    again = on(store)
    for name in ("active", "previous", "starts", "numbers", "fingerprints", "attempt"):
        assert getattr(again, name) == getattr(slots, name), name
    assert (again.outcome, again.reason, again.is_told) == (4, 5, False)
    assert (again.about, again.floor) == (NEWER, 1200)


def test_the_slot_that_runs_is_looked_into_first():
    store = MemoryStore()
    path = ["", "/lib"]
    assert start.choose(on(store), path) == BENCH
    assert path == ["", "/lib"]
    slot = with_trial(store)
    assert start.choose(on(store), path) == slot
    assert path == [loader.FOLDERS[slot], "", "/lib"]


def broken(slot):
    """A board whose ROM holds no image in any region."""
    raise OSError(19)


def test_an_image_in_rom_is_mounted_and_nothing_stands_in_for_it():
    store = MemoryStore()
    slot = with_trial(store)
    for wanted, now in ((BENCH, on(MemoryStore())), (slot, on(store))):
        mounted = []

        def mount(which, mounted=mounted):
            mounted.append(which)
            return "/firmware"

        path = ["", ".frozen", "/rom", "/rom/lib", "/lib"]
        assert start.choose(now, path, mount) == wanted
        assert mounted == [wanted]
        assert path == ["/firmware", "", ".frozen", "/lib"], "not the image of another slot"


def test_a_broken_image_on_trial_is_left_after_three_starts():
    store = MemoryStore()
    with_trial(store)
    for _ in range(3):
        slots = on(store)
        path = ["/rom", "/lib"]
        assert start.choose(slots, path, broken) == start.NOTHING
        assert path == ["/lib"]
        start.crashed(slots)
    slots = on(store)
    assert start.choose(slots, [], lambda slot: "/firmware") == BENCH
    assert slots.reason == loader.NO_START


def test_a_confirmed_image_that_breaks_later_is_left_like_one_that_raises():
    store = MemoryStore()
    with_trial(store)
    on(store).confirm(0)
    for _ in range(5):
        slots = on(store)
        assert start.choose(slots, [], broken) == start.NOTHING
        start.crashed(slots)
    assert start.choose(on(store), [], lambda slot: "/firmware") == BENCH
    assert on(store).reason == loader.CRASHED


def test_without_an_image_of_the_bench_its_files_are_run():
    path = ["", "/lib"]
    assert start.choose(on(MemoryStore()), path, broken) == BENCH
    assert path == ["", "/lib"]


def test_each_slot_has_its_region_of_the_partition():
    partition = memoryview(bytes(loader.REGION_LENGTH) + b"A" * loader.REGION_LENGTH + b"B" * 9)
    assert [bytes(start.region_of(slot, partition))[:2] for slot in range(3)] == [
        bytes(2),
        b"AA",
        b"BB",
    ]


def test_flash_that_refuses_does_not_keep_a_box_from_starting():
    store = MemoryStore()
    slot = with_trial(store)
    store.is_full = True
    assert start.choose(on(store), []) == slot
    start.crashed(on(store))


def test_a_firmware_that_does_not_judge_itself_is_left():
    store = MemoryStore()
    with_trial(store)
    slots = on(store)
    slots.start()
    assert start.give_up(slots)
    assert on(store).start() == BENCH
    assert not start.give_up(on(store))


def test_a_firmware_that_is_left_on_a_flash_that_refuses_starts_the_board_all_the_same():
    store = MemoryStore()
    with_trial(store)
    slots = on(store)
    slots.start()
    store.is_full = True
    assert start.give_up(slots)
    assert slots.is_on_trial, "its starts are counted still"


def unreadable():
    raise OSError(2)


def test_the_number_of_the_bench_is_zero_where_nobody_wrote_it():
    assert start.bench_number(lambda: "1000\n") == 1000
    assert start.bench_number(lambda: "two") == 0
    assert start.bench_number(unreadable) == 0


class Unreadable(MemoryStore):
    """A flash that cannot even be listed."""

    def names(self):
        raise OSError(5)


def test_a_flash_that_cannot_be_read_runs_what_the_bench_flashed():
    assert start.choose(start.opened(Unreadable, 1000), []) == BENCH
