"""A whole box: what it keeps, what it publishes, whom it obeys."""

from bench_box import BOX, Bench, MemoryStore
from jimpitan_box.journal import Journal
from jimpitan_wire import cose, down, records, topics


def test_a_deposit_is_kept_before_it_is_published():
    bench = Bench()
    bench.net.is_reachable = False
    bench.coin()
    assert bench.kinds() == [records.BOOT_KIND, records.HEARTBEAT, records.DEPOSIT]
    assert bench.received() == []
    bench.net.is_reachable = True
    bench.run(5)
    assert bench.received() == [1, 2, 3]


def test_the_chain_links_every_record_to_the_one_before():
    bench = Bench()
    for _ in range(5):
        bench.coin()
    envelopes, _ = bench.box.keeper.journal.read(1, 20, 4096)
    tags = [cose.tag_of(envelope)[:8] for envelope in envelopes]
    prevs = [bench.fields(envelope)[records.PREV] for envelope in envelopes]
    assert prevs == [records.PREV_NONE] + tags[:-1]


def test_publishing_does_not_release_and_only_the_signed_word_does():
    bench = Bench(resend_ms=2000)
    bench.coin()
    bench.run(1)
    assert bench.box.unacked == 3
    bench.run(3)
    assert bench.received().count(3) == 2
    bench.acknowledge(3)
    assert bench.box.unacked == 0
    bench.run(30)
    assert bench.received().count(3) == 2


def test_a_resend_waits_longer_each_time_up_to_its_bound():
    bench = Bench(resend_ms=1000, resend_ms_max=8000)
    bench.run(60, tick_us=50000)
    assert 7 <= bench.received().count(1) <= 11


def test_an_acknowledgement_may_go_back_and_the_box_obeys():
    bench = Bench()
    for _ in range(3):
        bench.coin()
    bench.acknowledge(5)
    before = bench.received().count(3)
    bench.acknowledge(2)
    bench.run(1)
    assert bench.box.keeper.cursor.acked == 2
    assert bench.received().count(3) == before + 1


def test_an_older_or_forged_or_foreign_word_is_not_obeyed():
    bench = Bench()
    bench.coin()
    bench.acknowledge(1, counter=10)
    bench.acknowledge(3, counter=10)
    bench.acknowledge(3, counter=9)
    bench.say(down.ACK, {1: 3, 2: 1795300000000}, counter=11, key=cose.Key(bytes(32)))
    bench.say(down.ACK, {1: 3, 2: 1795300000000}, counter=12, epoch=2)
    bench.say(down.ACK, {1: -3, 2: 0}, counter=13)
    bench.say(down.ACK, {}, counter=14)
    assert bench.box.keeper.cursor.acked == 1
    bench.acknowledge(3, counter=15)
    assert bench.box.keeper.cursor.acked == 3


def test_the_counter_survives_a_power_cycle():
    bench = Bench()
    bench.run(1)
    bench.acknowledge(1, counter=40)
    bench.power_on()
    bench.run(1)
    bench.acknowledge(2, counter=40)
    assert bench.box.keeper.cursor.acked == 1


def test_garbage_from_the_broker_is_survived():
    bench = Bench()
    bench.coin()
    for garbage in (b"\x30\xff\xff\xff\xff\x01", b"\x00" * 50, b"\x32\x02\x00\x09", b"\xff" * 9):
        bench.net.inject(garbage)
        bench.run(5)
    bench.net.send_down(topics.topic(BOX, topics.DOWN), b"not an envelope")
    bench.run(30)
    bench.coin()
    assert bench.received()[-1] == 4


def test_a_power_cycle_loses_nothing_and_reuses_no_number():
    bench = Bench()
    for _ in range(4):
        bench.coin()
        bench.power_on()
    kept = bench.kept()
    seqs = [fields[records.SEQ] for fields in kept]
    assert seqs == list(range(1, len(seqs) + 1))
    assert [fields[records.BOOT] for fields in kept] == sorted(
        [fields[records.BOOT] for fields in kept]
    )
    assert bench.kinds().count(records.DEPOSIT) == 4


def test_torn_bytes_are_skipped_and_declared():
    bench = Bench()
    bench.coin()
    name = [name for name in bench.store.files if name[0] == "j"][0]
    bench.store.files[name] += b"\x00\x40torn"
    bench.power_on()
    bench.coin()
    gaps = [fields for fields in bench.kept() if fields[records.KIND] == records.JOURNAL_GAP]
    assert gaps[0][records.BODY] == {1: 4, 2: 4, 3: records.GAP_TORN}
    assert [fields[records.SEQ] for fields in bench.kept()] == [1, 2, 3, 5, 6, 7, 8]


def test_a_lost_journal_is_declared_and_no_number_comes_back():
    bench = Bench()
    bench.coin()
    bench.store.files.clear()
    bench.power_on()
    bench.run(0.1)
    kept = bench.kept()
    assert kept[0][records.SEQ] > 3
    gap = [fields for fields in kept if fields[records.KIND] == records.JOURNAL_GAP][0]
    assert gap[records.BODY][records.GAP_FROM] == 1
    assert gap[records.BODY][records.GAP_TO] == kept[0][records.SEQ] - 1


def test_a_rotten_segment_is_declared_and_what_follows_still_goes_out():
    bench = Bench(segment_bytes_max=400)
    bench.net.is_reachable = False
    for _ in range(8):
        bench.coin()
    name = "j%08x" % 1
    bench.store.files[name] = bench.store.files[name][:50] + b"!!" + bench.store.files[name][52:]
    bench.net.is_reachable = True
    bench.run(10)
    gaps = [fields for fields in bench.kept() if fields[records.KIND] == records.JOURNAL_GAP]
    assert gaps[0][records.BODY][records.GAP_FROM] == 1
    received = bench.received()
    lost_to = gaps[0][records.BODY][records.GAP_TO]
    assert sorted(set(received)) == list(range(lost_to + 1, max(received) + 1))


def test_a_full_journal_counts_on_in_one_running_summary():
    bench = Bench(journal_bytes_max=6000, journal_reserve_bytes=4000)
    bench.net.is_reachable = False
    for _ in range(30):
        bench.coin()
    alone = bench.kinds().count(records.DEPOSIT)
    assert alone < 30
    bench.power_on()
    bench.config.journal_bytes_max = 60000
    bench.coin()
    summaries = [
        fields[records.BODY]
        for fields in bench.kept()
        if fields[records.KIND] == records.RUNNING_SUMMARY
    ]
    assert len(summaries) == 1
    assert summaries[0][records.SUMMARY_DEPOSITS] + bench.kinds().count(records.DEPOSIT) == 31


def test_a_flash_that_refuses_stops_nothing_and_is_counted():
    bench = Bench()
    bench.coin()
    bench.store.is_full = True
    bench.coin()
    bench.coin()
    bench.store.is_full = False
    bench.coin()
    assert bench.kinds().count(records.DEPOSIT) == 2
    assert bench.box.keeper.dropped == 2
    assert [fields[records.SEQ] for fields in bench.kept()] == [1, 2, 3, 4]


def test_an_acknowledged_segment_goes_only_after_seven_days():
    day_s = 86400
    bench = Bench(segment_bytes_max=400, heartbeat_ms=3600000)
    for _ in range(6):
        bench.coin()
    bench.run(2)
    bench.acknowledge(bench.box.keeper.head)
    for _ in range(6):
        bench.coin()
    bench.acknowledge(bench.box.keeper.head)
    segments = len(bench.store.files)
    bench.net.is_reachable = False
    bench.net.hang_up()
    bench.run(6 * day_s, tick_us=300000000)
    assert len(bench.store.files) >= segments
    bench.run(3 * day_s, tick_us=300000000)
    bench.net.is_reachable = True
    bench.run(200, tick_us=1000000)
    bench.acknowledge(bench.box.keeper.head)
    bench.run(600, tick_us=30000000)
    assert "j%08x" % 1 not in bench.store.files


def test_what_was_never_acknowledged_is_never_removed():
    bench = Bench(segment_bytes_max=400, heartbeat_ms=3600000)
    for _ in range(6):
        bench.coin()
    bench.acknowledge(1)
    bench.net.is_reachable = False
    bench.net.hang_up()
    bench.run(30 * 86400, tick_us=300000000)
    assert bench.kept()[0][records.SEQ] == 1


def test_the_clock_comes_from_the_server_and_admits_the_journey():
    bench = Bench()
    bench.run(2)
    bench.coin()
    assert bench.kept()[0][records.WALL_S] is None
    bench.acknowledge(3, time_ms=1795300000000)
    bench.coin()
    last = bench.kept()[-1]
    assert abs(last[records.WALL_S] - 1795300000) <= last[records.WALL_UNCERTAINTY_S]
    assert last[records.WALL_UNCERTAINTY_S] <= 3


def test_an_opening_with_a_visit_is_told_from_one_without():
    bench = Bench()
    bench.run(1)
    bench.lid(True)
    bench.lid(False)
    bench.say(down.COLLECTION_OPEN, {down.OPEN_VISIT: 77, down.OPEN_VALID_MS: 600000})
    bench.lid(True)
    bench.lid(False)
    bench.lid(True)
    kinds = bench.kinds()
    assert kinds.count(records.LID_OPENED) == 3
    assert kinds.count(records.COLLECTION_OPENED) == 1
    assert kinds.count(records.COLLECTION_CLOSED) == 1
    opened = [f for f in bench.kept() if f[records.KIND] == records.COLLECTION_OPENED][0]
    assert opened[records.BODY] == {records.COLLECTION_VISIT: 77}


def test_a_visit_ends_after_its_time_by_the_boxs_own_uptime():
    bench = Bench()
    bench.run(1)
    bench.say(down.COLLECTION_OPEN, {down.OPEN_VISIT: 77, down.OPEN_VALID_MS: 5000})
    bench.run(6)
    bench.lid(True)
    assert records.COLLECTION_OPENED not in bench.kinds()


def test_a_message_has_at_most_twenty_records_and_two_kilobytes():
    bench = Bench()
    bench.net.is_reachable = False
    for _ in range(50):
        bench.coin()
    bench.net.is_reachable = True
    bench.run(5)
    sizes = [len(payload) for topic, payload, _ in bench.net.published if "records" in topic]
    assert max(sizes) <= 2048 and len(sizes) >= 3
    assert sorted(set(bench.received())) == list(range(1, 53))


def test_a_journal_reads_the_same_after_a_power_cycle():
    store = MemoryStore()
    bench = Bench(store, segment_bytes_max=500)
    for _ in range(10):
        bench.coin()
    before = bench.kept()
    fresh = Journal(store, bench.config)
    fresh.load()
    assert fresh.last_seq == bench.box.keeper.head
    assert bench.kept() == before


def test_a_silent_server_is_not_sent_more_than_the_window():
    bench = Bench(window_records_max=40, resend_ms=2000)
    bench.net.is_reachable = False
    for _ in range(80):
        bench.coin()
    bench.net.is_reachable = True
    bench.run(30, tick_us=50000)
    assert max(bench.received()) <= 60
    bench.acknowledge(40)
    bench.run(2)
    assert max(bench.received()) > 60


def test_an_empty_file_that_a_cut_left_is_one_segment_and_loses_nothing():
    bench = Bench(segment_bytes_max=16384)
    bench.coin()
    bench.store.files["j%08x" % 4] = b""
    bench.power_on()
    for _ in range(4):
        bench.coin()
    segments = [segment.name for segment in bench.box.keeper.journal._segments]
    assert len(segments) == len(set(segments))
    assert [fields[records.SEQ] for fields in bench.kept()] == list(range(1, 10))


def test_damage_of_more_than_one_record_skips_to_the_reserved_number():
    bench = Bench()
    for _ in range(20):
        bench.coin()
    name = "j%08x" % 1
    whole = bench.store.files[name]
    bench.store.files[name] = whole[:400] + b"!!!!" + whole[404:]
    bench.power_on()
    bench.run(0.1)
    gap = [f for f in bench.kept() if f[records.KIND] == records.JOURNAL_GAP][0]
    assert gap[records.BODY][records.GAP_TO] >= 22
    assert gap[records.SEQ] > 22


def test_a_message_on_a_topic_that_nobody_asked_for_is_passed_over():
    bench = Bench()
    bench.run(1)
    bench.net.send_down("elsewhere/and/not/ours/at/all", b"x")
    bench.coin()
    assert bench.box.is_online
