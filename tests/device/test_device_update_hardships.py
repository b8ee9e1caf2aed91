"""Updates under hardships: flash that refuses, second lives, crossing orders, hostile brokers."""

from bench_release import MemoryShelf, Release
from jimpitan_box import packets
from jimpitan_loader.slots import Slots
from jimpitan_wire import down, options, records, release, topics
from jimpitan_wire.errors import Malformed
from test_device_update import confirm, install, online, restart, told


class Refusing:
    """Lets one store refuse the n-th replacement of a file, or every write."""

    def __init__(self, store, name, number):
        self.left = number
        self.name = name
        self._replace = store.replace
        store.replace = self.replace

    def replace(self, name, content):
        if name == self.name:
            self.left -= 1
            if self.left == 0:
                raise OSError(5)
        self._replace(name, content)


def test_a_release_whose_installing_was_refused_is_neither_confirmed_nor_written_over():
    bench, first = online(), Release("0.2.0")
    slot = install(bench, first)
    confirm(bench)
    second = Release("0.3.0", files={"a.py": b"new"})
    bench.net.retained.update(second.blocks())
    before = dict(bench.shelf.stores[slot].files)
    Refusing(bench.shelf.notes(), "slots", 2)
    bench.say(down.UPDATE, second.order(2))
    bench.run(200, tick_us=50000)
    assert bench.shelf.stores[slot].files == before
    assert bench.box.is_restart_wanted, "tried again a minute later"
    assert restart(bench) != slot
    assert bench.shelf.slots.fingerprint == second.fingerprint


def test_a_rollback_that_was_refused_is_tried_again():
    bench = online()
    install(bench, Release())
    bench.net.is_silent = True
    Refusing(bench.shelf.notes(), "slots", 1)
    bench.run(3_700, tick_us=200000)
    assert bench.box.is_restart_wanted
    assert restart(bench) == 0


def test_what_the_flash_refused_is_not_believed_in_memory():
    store = MemoryShelf().notes()
    slots = Slots(store, 1000)
    store.is_full = True
    for change in (
        lambda: slots.try_out(1, fingerprint=bytes([7]) * 32, number=2, attempt=1),
        lambda: slots.confirm(3),
        lambda: slots.fall_back(1),
        lambda: slots.answered(4, about=bytes([9]) * 32, outcome=4, reason=4),
    ):
        try:
            change()
        except OSError:
            assert (slots.active, slots.starts, slots.attempt, slots.floor) == (0, 0, 0, 0)
            assert slots.is_told
            continue
        raise AssertionError("the refusal was kept quiet")


def test_an_attempt_of_an_earlier_life_is_not_taken_for_the_order_of_this_one():
    bench = online()
    install(bench, Release("0.2.0"))
    confirm(bench)
    other = Release("0.3.0")
    bench.net.retained.update(other.blocks())
    bench.say(down.UPDATE, other.order(1))
    bench.run(60)
    assert bench.box.is_restart_wanted
    restart(bench)
    assert bench.shelf.slots.fingerprint == other.fingerprint


def test_the_number_of_an_order_does_not_lift_an_old_release_over_the_floor():
    bench, old = online(), Release("0.2.0")
    install(bench, old)
    confirm(bench)
    install(bench, Release("0.5.0", "0.4.0"), 2)
    confirm(bench)
    bench.say(down.UPDATE, old.order(3, number=release.number_of("0.9.0")))
    bench.run(30)
    assert told(bench)[-1] == (records.FIRMWARE_REFUSED, 3, records.REASON_FLOOR)
    assert not bench.box.is_restart_wanted


def test_a_crash_in_the_middle_of_a_download_mixes_no_two_releases():
    bench, first = online(), Release("0.2.0")
    slot = install(bench, first)
    confirm(bench)
    second = Release("0.3.0", files={"a.py": b"Z" * 5000, "b.py": b"Q" * 5000})
    held_back = topics.block_topic(second.fingerprint, 7)
    bench.net.retained.update(second.blocks())
    del bench.net.retained[held_back]
    bench.say(down.UPDATE, second.order(2))
    bench.run(20)
    for _ in range(5):
        crashed = Slots(bench.shelf.notes(), 1000)
        crashed.start()
        crashed.crashed()
    assert restart(bench) == 0
    assert bench.shelf.slots.slot_of(first.fingerprint) in {0, slot}
    bench.net.retained.update(second.blocks())
    bench.run(60)
    assert bench.box.is_restart_wanted
    runs = restart(bench)
    files = dict(bench.shelf.stores[runs].files)
    assert files.pop("manifest") == second.manifest
    assert files == second.files


def test_a_release_that_does_not_fit_gives_its_room_back():
    bench, made = online(), Release()
    bench.net.retained.update(made.blocks())
    store = bench.shelf.stores[1]
    append = store.append

    def quota(name, content):
        if sum([len(one) for one in store.files.values()]) + len(content) > 3000:
            raise OSError(28)
        append(name, content)

    store.append = quota
    bench.say(down.UPDATE, made.order())
    bench.run(900, tick_us=100000)
    assert told(bench) == [(records.FIRMWARE_GIVEN_UP, 1, records.REASON_FLASH)]
    assert store.files == {}


def test_a_box_that_never_calms_down_restarts_at_last():
    bench = online(restart_ms_max=600_000)
    install(bench, Release())
    bench.net.is_silent = True
    bench.lid(True)
    bench.run(3_700, tick_us=200000)
    assert not bench.box.is_restart_wanted
    bench.run(700, tick_us=200000)
    assert bench.box.is_restart_wanted


def test_blocks_that_bring_nothing_are_not_asked_for_without_end():
    bench, made = online(block_ms=100, block_ms_max=200, block_asked_max=20), Release()
    for topic in made.blocks():
        bench.net.retained[topic] = b"x"
    bench.say(down.UPDATE, made.order())
    bench.run(60)
    assert told(bench) == [(records.FIRMWARE_GIVEN_UP, 1, records.REASON_UNREACHABLE)] or told(
        bench
    ) == [(records.FIRMWARE_GIVEN_UP, 1, records.REASON_DAMAGED)]
    assert len(bench.net.asked) < 100


def test_of_two_crossing_orders_each_gets_its_own_answer():
    bench, first = online(), Release("0.2.0")
    install(bench, first)
    confirm(bench)
    second = Release("0.5.0", "0.5.0")
    install(bench, second, 2)
    confirm(bench)
    good = Release("0.6.0", files={"a.py": b"good"})
    bench.net.retained.update(good.blocks())
    bench.say(down.UPDATE, first.order(3))
    bench.say(down.UPDATE, good.order(4))
    bench.run(60)
    assert bench.box.is_restart_wanted
    restart(bench)
    confirm(bench)
    outcomes = [one for one in told(bench) if one[1] >= 3]
    assert outcomes == [
        (records.FIRMWARE_REFUSED, 3, records.REASON_FLOOR),
        (records.FIRMWARE_TRIED, 4, 0),
        (records.FIRMWARE_CONFIRMED, 4, 0),
    ]


def test_a_release_may_end_with_an_empty_file_at_the_edge_of_a_block():
    head = Release("0.2.0", files={"a.py": b"", "z.py": b""})
    fill = -len(head.manifest) % release.BLOCK_LENGTH
    made = Release("0.2.0", files={"a.py": b"f" * fill, "z.py": b""})
    fill -= (len(made.manifest) + len(made.content)) % release.BLOCK_LENGTH
    made = Release("0.2.0", files={"a.py": b"f" * (fill % release.BLOCK_LENGTH), "z.py": b""})
    assert (len(made.manifest) + len(made.content)) % release.BLOCK_LENGTH == 0
    bench = online()
    slot = install(bench, made)
    assert bench.shelf.stores[slot].files["z.py"] == b""


def test_no_subscription_is_left_behind_by_reconnects():
    bench, made = online(block_ms=500), Release(files={"a.py": b"k" * 30000})
    bench.net.retained.update(made.blocks())
    held, answer = set(), bench.net._answer

    def answering(kind, flags, body):
        if kind == packets.SUBSCRIBE:
            held.add(str(body[4:-1], "utf-8"))
        elif kind == packets.UNSUBSCRIBE:
            held.discard(str(body[4:], "utf-8"))
        answer(kind, flags, body)

    bench.net._answer = answering
    bench.say(down.UPDATE, made.order())
    for _ in range(60):
        bench.run(0.1)
        bench.net.hang_up()
        bench.run(1.7)
        if bench.box.is_restart_wanted:
            break
    bench.run(60)
    assert bench.box.is_restart_wanted
    assert [topic for topic in held if topic.startswith(topics.RELEASE)] == []


def test_the_same_revision_with_other_options_is_applied():
    bench = online()
    for wished in ({options.ZONE_MIN: 480}, {options.ZONE_MIN: 540}):
        bench.say(down.CONFIGURE, {down.CONFIGURE_REVISION: 5, down.CONFIGURE_OPTIONS: wished})
        assert bench.config.zone_min == wished[options.ZONE_MIN]


def test_a_journal_that_cannot_be_read_stops_no_step():
    bench = online()
    read = bench.store.read

    def refuse(name, start, length):
        raise OSError(5)

    bench.coin()
    bench.box.keeper.journal._reader = (0, 0, 0)
    bench.store.read = refuse
    bench.net.hang_up()
    bench.run(5)
    bench.store.read = read
    bench.run(5)
    assert bench.box.is_online


def test_a_file_named_as_a_folder_or_as_the_manifest_is_no_release():
    for files in ({"a": b"", "a/b.py": b""}, {"manifest": b""}, {"manifest/b.py": b""}):
        try:
            release.read_manifest(Release(files=files).manifest)
        except Malformed:
            continue
        raise AssertionError(files)


def test_digits_of_other_scripts_make_no_version():
    for wrong in ("\u00b2.0.0", "\u0661.0.0"):
        try:
            release.number_of(wrong)
        except Malformed:
            continue
        raise AssertionError(wrong)
    try:
        topics.checked_box("release")
    except Malformed:
        return
    raise AssertionError("a box may not be called as the topics of releases")
