"""Mains, battery and naps: what stays awake, when the radio is on, what a brown-out loses."""

from bench_box import Bench
from jimpitan_box.config import Config
from jimpitan_box.pending import LENGTH, Pending
from jimpitan_box.power import BATTERY, MAINS, NAP, Power
from jimpitan_wire import records

HOUR_MS = 3600000


def napping(now_ms=2 * HOUR_MS):
    """Return the power of a box that has been without mains for long."""
    power = Power(Config())
    power.step(0, False)
    power.wants_air(0, 0)
    assert power.step(now_ms, False) == NAP
    return power


def test_without_mains_a_box_stays_awake_for_half_an_hour_and_then_naps():
    power = Power(Config())
    assert power.step(1000, True) == MAINS
    assert power.step(2000, False) == BATTERY
    assert power.step(2000 + 1799000, False) == BATTERY
    assert power.step(2000 + 1800000, False) == NAP
    assert power.step(2000 + 1800001, True) == MAINS
    assert power.step(2000 + 1800002, False) == BATTERY


def test_awake_boxes_are_on_the_air_and_do_not_sleep():
    power = Power(Config())
    for on_mains in (True, False):
        power.step(1000, on_mains)
        assert power.wants_air(1000, 5)
        assert power.nap_ms(1000, 0) == 0


def test_what_is_new_waits_a_quarter_of_an_hour_and_an_alarm_does_not():
    power = napping()
    now_ms = 2 * HOUR_MS
    assert power.wants_air(now_ms, 3)  # two hours since the last report
    assert not power.wants_air(now_ms + 5000, 0)  # all acknowledged: hang up
    assert not power.wants_air(now_ms + 10000, 1)
    assert power.wants_air(now_ms + 5000 + 900000, 1)
    assert not power.wants_air(now_ms + 910000, 0)
    power.alarm(now_ms + 920000)
    assert power.wants_air(now_ms + 920000, 1)


def test_a_report_that_nobody_acknowledges_is_given_up_and_tried_later():
    power = napping()
    now_ms = 2 * HOUR_MS
    assert power.wants_air(now_ms, 1)
    assert power.wants_air(now_ms + 59000, 1)
    assert not power.wants_air(now_ms + 60000, 1)
    assert not power.wants_air(now_ms + 60000 + 899000, 1)
    assert power.wants_air(now_ms + 60000 + 900000, 1)


def test_a_silent_box_reports_every_six_hours():
    power = napping()
    power.alarm(2 * HOUR_MS)
    assert power.wants_air(2 * HOUR_MS, 1)
    assert not power.wants_air(2 * HOUR_MS + 1000, 0)
    assert not power.wants_air(8 * HOUR_MS, 0)
    assert power.wants_air(8 * HOUR_MS + 1000, 0)


def test_a_nap_is_bounded_ends_when_a_report_is_due_and_waits_after_a_disturbance():
    power = napping()
    now_ms = 2 * HOUR_MS
    power.active(now_ms)
    assert not power.wants_air(now_ms, 0)
    assert power.nap_ms(now_ms + 19999, 0) == 0
    assert power.nap_ms(now_ms + 20000, 0) == 600000
    power.wants_air(now_ms, 1)
    power.wants_air(now_ms + 1000, 0)
    assert power.nap_ms(now_ms + 801000, 1) == 100000
    assert power.nap_ms(now_ms + 902000, 1) == 0


def test_a_napping_box_hangs_up_reports_in_batches_and_counts_on():
    bench = Bench()
    bench.coin()
    bench.acknowledge(3)
    bench.sensors.on_mains = False
    bench.run(1900, tick_us=200000)
    bench.acknowledge(bench.box.keeper.head)
    bench.run(25, tick_us=100000)
    assert bench.box.power.state == NAP
    assert not bench.box.is_online
    assert bench.box.nap_ms() > 0
    before = len(bench.received())
    uptime_ms = bench.box.uptime_ms
    bench.nap(300)
    assert bench.box.uptime_ms == uptime_ms + 300000
    bench.coin()
    bench.run(5)
    assert len(bench.received()) == before
    assert bench.box.nap_ms() == 0  # somebody else may give
    bench.nap(700)
    bench.run(5)
    assert bench.received()[-1] == bench.box.keeper.head


def test_an_open_lid_is_told_at_once_from_a_nap():
    bench = Bench()
    bench.sensors.on_mains = False
    bench.run(1900, tick_us=200000)
    bench.acknowledge(bench.box.keeper.head)
    bench.run(25, tick_us=100000)
    assert not bench.box.is_online
    bench.lid(True)
    bench.run(3)
    assert bench.box.is_online
    kinds = bench.kinds()
    assert kinds[-2:] == [records.LID_OPENED, records.TAMPER]
    assert bench.box.nap_ms() == 0


def test_a_deposit_between_felt_and_kept_is_told_at_the_next_boot():
    bench = Bench()
    bench.coin()
    bench.box._pending.begin(bench.box.keeper.next_seq)  # and the power goes
    bench.power_on()
    bench.run(1)
    boots = [body for kind, body in bench.bodies() if kind == records.BOOT_KIND]
    assert [body.get(records.BOOT_UNKEPT) for body in boots] == [None, 1]
    bench.power_on()
    bench.run(1)
    boots = [body for kind, body in bench.bodies() if kind == records.BOOT_KIND]
    assert boots[-1].get(records.BOOT_UNKEPT) is None


def test_what_memory_holds_after_a_power_cut_is_nothing():
    class Noise:
        def __init__(self, content):
            self.content = content

        def get(self):
            return self.content

        def put(self, content):
            self.content = content

    for content in (b"", bytes(LENGTH), b"\xff" * 64, b"JP1" + bytes(8)):
        assert Pending(Noise(content)).unkept(0) == 0
    memory = Noise(b"")
    pending = Pending(memory)
    pending.begin(77)
    assert Pending(memory).unkept(76) == 1
    assert Pending(memory).unkept(77) == 0
    for place in range(LENGTH):
        flipped = bytearray(memory.content)
        flipped[place] ^= 4
        assert Pending(Noise(bytes(flipped))).unkept(0) == 0
    assert Pending(None).unkept(0) == 0
