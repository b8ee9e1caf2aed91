"""Updates: fetched in blocks, checked, tried out, kept or left; nothing half done ever runs."""

from bench_box import Bench
from bench_release import FILES, MemoryShelf, Release
from jimpitan_box import fetch
from jimpitan_box.update import ORDER
from jimpitan_wire import down, records, release, topics
from jimpitan_wire.errors import Malformed


def online(shelf=None, **settings):
    settings.setdefault("restart_calm_ms", 10_000)
    bench = Bench(shelf=shelf or MemoryShelf(), **settings)
    bench.run(2)
    bench.acknowledge(bench.box.keeper.head)
    return bench


def told(bench):
    """Return (outcome, attempt, reason) of every record of an update."""
    return [
        (
            body[records.FIRMWARE_OUTCOME],
            body[records.FIRMWARE_ATTEMPT],
            body.get(records.FIRMWARE_REASON, 0),
        )
        for kind, body in bench.bodies()
        if kind == records.FIRMWARE_CHANGED
    ]


def restart(bench):
    """Start as a board does when the box wanted it; return the slot that runs."""
    slot = bench.shelf.restart()
    bench.power_on()
    bench.run(2)
    return slot


def install(bench, made, attempt=1):
    """Order a release and let it come; return the slot that runs afterwards."""
    bench.net.retained.update(made.blocks())
    bench.say(down.UPDATE, made.order(attempt))
    for _ in range(60):
        if bench.box.is_restart_wanted:
            break
        bench.run(1)
    assert bench.box.is_restart_wanted
    return restart(bench)


def confirm(bench):
    """Let the server acknowledge what the box recorded under the new firmware."""
    bench.acknowledge(bench.box.keeper.head)
    bench.run(61, tick_us=50000)


def test_a_release_is_fetched_checked_tried_out_and_kept():
    bench, made = online(), Release()
    slot = install(bench, made)
    assert slot in {1, 2}
    files = dict(bench.shelf.stores[slot].files)
    assert files.pop("manifest") == made.manifest
    assert files == FILES
    assert bench.shelf.slots.is_on_trial
    confirm(bench)
    assert not bench.shelf.slots.is_on_trial
    assert told(bench) == [(records.FIRMWARE_TRIED, 1, 0), (records.FIRMWARE_CONFIRMED, 1, 0)]
    assert bench.shelf.slots.floor == release.number_of("0.1.0")
    bench.run(300, tick_us=100000)
    beat = [body for kind, body in bench.bodies() if kind == records.HEARTBEAT][-1]
    assert beat[records.HEARTBEAT_FIRMWARE] == made.fingerprint[:8]


def test_each_block_is_asked_for_once():
    bench, made = online(), Release()
    install(bench, made)
    blocks = [topic for topic in bench.net.asked if topic.startswith(topics.RELEASE)]
    assert sorted(blocks) == sorted(made.blocks())


def test_a_release_that_the_server_never_hears_of_is_left_after_an_hour():
    bench, made = online(), Release()
    install(bench, made)
    bench.net.is_silent = True
    bench.run(3_700, tick_us=200000)
    assert bench.box.is_restart_wanted
    assert restart(bench) == 0
    assert told(bench)[-1] == (records.FIRMWARE_ROLLED_BACK, 1, records.REASON_NO_ACK)
    restart(bench)
    assert len(told(bench)) == 2, "told once"


def test_an_acknowledgement_of_older_records_confirms_nothing():
    bench, made = online(), Release()
    head = bench.box.keeper.head
    install(bench, made)
    bench.acknowledge(head)
    bench.run(90, tick_us=50000)
    assert bench.shelf.slots.is_on_trial


def test_a_release_that_does_not_start_is_left_and_told():
    bench, made = online(), Release()
    install(bench, made)
    for _ in range(3):
        bench.shelf.restart()
    assert restart(bench) == 0
    assert told(bench)[-1] == (records.FIRMWARE_ROLLED_BACK, 1, records.REASON_NO_START)


def test_an_order_that_comes_again_changes_nothing_and_is_answered():
    bench, made = online(), Release()
    install(bench, made)
    confirm(bench)
    asked = len(bench.net.asked)
    bench.say(down.UPDATE, made.order(1))
    bench.run(2)
    assert told(bench)[-1] == (records.FIRMWARE_CONFIRMED, 1, 0)
    assert len(told(bench)) == 3
    bench.say(down.UPDATE, made.order(2))
    bench.run(2)
    assert told(bench)[-1] == (records.FIRMWARE_CONFIRMED, 2, 0)
    assert len(bench.net.asked) == asked


def test_a_failed_attempt_is_answered_again_and_only_a_new_attempt_is_tried():
    bench, made = online(), Release()
    install(bench, made)
    for _ in range(3):
        bench.shelf.restart()
    restart(bench)
    bench.say(down.UPDATE, made.order(1))
    bench.run(30)
    assert told(bench)[-1] == (records.FIRMWARE_ROLLED_BACK, 1, records.REASON_NO_START)
    assert not bench.box.is_restart_wanted
    bench.say(down.UPDATE, made.order(2))
    bench.run(30)
    assert bench.box.is_restart_wanted, "it lies whole in its slot"


def test_power_that_goes_during_the_download_costs_only_the_file_under_way():
    bench, made = online(), Release()
    for topic, content in made.blocks().items():
        if not topic.endswith("/4"):
            bench.net.retained[topic] = content
    bench.say(down.UPDATE, made.order())
    bench.run(5)
    assert ORDER in bench.shelf.notes().files
    asked = len(bench.net.asked)
    bench.net.retained.update(made.blocks())
    assert restart(bench) == 0
    bench.run(20)
    assert bench.box.is_restart_wanted
    again = [topic for topic in bench.net.asked[asked:] if topic.startswith(topics.RELEASE)]
    assert 0 < len(again) < len(made.blocks())
    assert restart(bench) == 1


def test_damaged_blocks_are_asked_for_again_and_then_given_up():
    bench, made = online(), Release()
    topic = topics.block_topic(made.fingerprint, 3)
    bench.net.retained.update(made.blocks())
    good = bench.net.retained[topic]
    bench.net.retained[topic] = bytes([good[0] ^ 1]) + good[1:]
    bench.say(down.UPDATE, made.order())
    bench.run(30)
    assert told(bench) == [(records.FIRMWARE_GIVEN_UP, 1, records.REASON_DAMAGED)]
    assert bench.shelf.slots.fingerprint == bytes(32)
    assert bench.net.asked.count(topic) > 1


def test_a_release_below_the_floor_or_for_another_machine_is_refused():
    bench = online()
    install(bench, Release("0.5.0", "0.4.0"))
    confirm(bench)
    old = Release("0.3.9")
    bench.net.retained.update(old.blocks())
    bench.say(down.UPDATE, old.order(2))
    bench.run(2)
    assert told(bench)[-1] == (records.FIRMWARE_REFUSED, 2, records.REASON_FLOOR)
    other = Release("0.6.0", machine="another")
    bench.net.retained.update(other.blocks())
    bench.say(down.UPDATE, other.order(3))
    bench.run(10)
    assert told(bench)[-1] == (records.FIRMWARE_REFUSED, 3, records.REASON_MACHINE)


def test_an_order_whose_number_is_not_that_of_the_manifest_does_not_pass_the_floor():
    bench = online()
    install(bench, Release("0.5.0", "0.4.0"))
    confirm(bench)
    old = Release("0.3.9")
    bench.net.retained.update(old.blocks())
    bench.say(down.UPDATE, old.order(2, number=release.number_of("0.9.0")))
    bench.run(10)
    assert told(bench)[-1] == (records.FIRMWARE_GIVEN_UP, 2, records.REASON_DAMAGED)


def test_the_release_before_is_taken_from_its_slot_without_a_download():
    bench, first, second = online(), Release("0.2.0"), Release("0.3.0")
    slot = install(bench, first)
    confirm(bench)
    install(bench, second, 2)
    confirm(bench)
    asked = len(bench.net.asked)
    bench.net.retained.clear()
    assert install(bench, first, 3) == slot
    assert [one for one in bench.net.asked[asked:] if one in second.blocks()] == []
    confirm(bench)
    assert told(bench)[-1] == (records.FIRMWARE_CONFIRMED, 3, 0)


def test_blocks_that_never_come_are_given_up_in_the_end():
    bench = online(block_ms=100, block_ms_max=200, block_asked_max=20)
    bench.say(down.UPDATE, Release().order())
    bench.run(30)
    assert told(bench) == [(records.FIRMWARE_GIVEN_UP, 1, records.REASON_UNREACHABLE)]


def test_nothing_is_written_while_something_falls():
    bench, made = online(), Release()
    bench.net.retained.update(made.blocks())
    bench.run(1, [(0.1, 0, True)])
    bench.say(down.UPDATE, made.order())
    bench.run(3)
    assert bench.shelf.stores[1].files == {}
    bench.run(15, [(0.1, 0, False)])
    assert bench.box.is_restart_wanted or bench.shelf.stores[1].files


def test_a_weak_battery_waits_for_a_better_day():
    bench, made = online(battery_awake_ms=1000), Release()
    bench.sensors.on_mains = False
    bench.sensors.battery_mv = lambda: 3500
    bench.net.retained.update(made.blocks())
    bench.say(down.UPDATE, made.order())
    bench.run(20)
    assert bench.shelf.stores[1].files == {}
    bench.sensors.battery_mv = lambda: 3900
    bench.run(30)
    assert bench.box.is_restart_wanted


def test_a_napping_box_does_not_stay_on_the_air_for_blocks_that_do_not_come():
    bench = online(battery_awake_ms=1000, stay_awake_ms=1000, update_air_ms_max=30000)
    bench.sensors.on_mains = False
    bench.say(down.UPDATE, Release().order())
    bench.run(20)
    assert bench.box.nap_ms() == 0
    bench.acknowledge(bench.box.keeper.head)
    bench.run(60, tick_us=50000)
    assert bench.box.nap_ms() > 0
    assert not bench.box.is_online


def test_flash_that_refuses_is_tried_later_and_then_given_up():
    bench, made = online(), Release()
    bench.net.retained.update(made.blocks())
    bench.shelf.stores[1].is_full = True
    bench.say(down.UPDATE, made.order())
    bench.run(500, tick_us=100000)
    assert told(bench) == []
    bench.run(300, tick_us=100000)
    assert told(bench) == [(records.FIRMWARE_GIVEN_UP, 1, records.REASON_FLASH)]


def test_a_board_without_slots_takes_no_order():
    bench = Bench()
    bench.run(2)
    bench.say(down.UPDATE, Release().order())
    bench.run(5)
    assert told(bench) == []


def test_what_is_no_order_is_refused_at_the_door():
    bench = online()
    good = Release().order()
    for key, value in (
        (down.UPDATE_FINGERPRINT, b"short"),
        (down.UPDATE_MANIFEST_LENGTH, 16385),
        (down.UPDATE_NUMBER, -1),
        (down.UPDATE_ATTEMPT, True),
    ):
        body = dict(good)
        body[key] = value
        bench.say(down.UPDATE, body)
    bench.run(3)
    assert ORDER not in bench.shelf.notes().files


def manifest_of(*entries, files=None):
    head = release.Head(2000, 0, "0.2.0", "bench", files or len(entries))
    return head.encoded() + b"".join([release.Entry(*entry).encoded() for entry in entries])


def is_refused(manifest):
    """Return whether a whole manifest is refused on a host."""
    try:
        release.read_manifest(manifest)
    except Malformed:
        return True
    return False


def test_a_manifest_that_leaves_its_slot_or_repeats_a_path_is_refused():
    digest = bytes(32)
    assert not is_refused(manifest_of(("a.py", 1, digest), ("b/c.py", 1, digest)))
    for path in ("../main.py", "/main.py", "a/b/c.py", "a//b", ".hidden", "A.py", "", "a" * 65):
        assert is_refused(manifest_of((path, 1, digest))), path
    assert is_refused(manifest_of(("b.py", 1, digest), ("a.py", 1, digest)))
    assert is_refused(manifest_of(("a.py", 1, digest), ("a.py", 1, digest)))
    assert is_refused(manifest_of(("a.py", 1, digest), files=2))
    assert is_refused(manifest_of(("a.py", 1, digest)) + b"\x00")
    assert is_refused(b"")


def test_versions_have_numbers_in_the_same_order():
    assert release.number_of("0.1.0") < release.number_of("0.1.10") < release.number_of("1.0.0")
    for wrong in ("1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.1000", "1.2.-3", ""):
        try:
            release.number_of(wrong)
        except Malformed:
            continue
        raise AssertionError(wrong)


def test_a_file_that_lies_there_wrong_is_fetched_and_not_trusted():
    made, store = Release(), MemoryShelf().slot(1)
    store.files = {"manifest": made.manifest, "application.py": b"print('bad')\n"}
    one = fetch.Fetch(store, fingerprint=made.fingerprint, manifest_length=len(made.manifest))
    blocks = made.blocks()
    for _ in range(2000):
        if one.is_whole:
            break
        number = one.wanted
        if number is not None:
            one.take(number, blocks[topics.block_topic(made.fingerprint, number)])
        one.step()
    assert one.is_whole
    assert store.files["application.py"] == FILES["application.py"]


def test_a_full_journal_is_asked_seldom_and_a_trial_waits_for_room():
    bench, made = online(), Release()
    install(bench, made)
    writes = []
    keep = bench.box.keeper.keep
    bench.power_on()
    bench.box.keeper.keep = lambda kind, body, at: writes.append(kind) and False
    bench.run(130, tick_us=50000)
    assert 2 <= writes.count(records.FIRMWARE_CHANGED) <= 4
    bench.box.keeper.keep = keep
