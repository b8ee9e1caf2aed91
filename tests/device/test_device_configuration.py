"""What the server wishes a box to be set to: applied whole or not at all, and told."""

from bench_box import Bench
from jimpitan_box.configuration import NAME
from jimpitan_wire import down, options, records


def applied(bench):
    return [body for kind, body in bench.bodies() if kind == records.CONFIG_APPLIED]


def wish(bench, revision, wished):
    bench.say(down.CONFIGURE, {down.CONFIGURE_REVISION: revision, down.CONFIGURE_OPTIONS: wished})


def online():
    bench = Bench()
    bench.run(2)
    assert bench.box.is_online
    return bench


def test_a_configuration_holds_at_once_and_after_a_restart():
    bench = online()
    wish(bench, 3, {options.ZONE_MIN: 540, options.HEARTBEAT_S: 60, options.ALARM_SILENT: 1})
    assert applied(bench) == [{records.CONFIG_REVISION: 3}]
    assert (bench.config.zone_min, bench.config.heartbeat_ms) == (540, 60_000)
    assert bench.config.is_alarm_silent
    bench.config.zone_min = 420
    bench.power_on()
    bench.run(1)
    assert bench.config.zone_min == 540
    beat = [body for kind, body in bench.bodies() if kind == records.HEARTBEAT][-1]
    assert beat[records.HEARTBEAT_CONFIGURATION] == 3


def test_what_is_not_named_has_its_default():
    bench = online()
    wish(bench, 1, {options.QUIET_FROM_MIN: 60, options.TYPICAL_IDR: 1000})
    wish(bench, 2, {options.TYPICAL_IDR: 2000})
    assert bench.config.quiet_from_min == 1260
    assert bench.config.typical_idr == 2000


def test_one_bad_option_and_nothing_changes():
    bench = online()
    wish(bench, 1, {options.ZONE_MIN: 480})
    for wished, refused in (
        ({options.ZONE_MIN: 540, options.HEARTBEAT_S: 1}, [options.HEARTBEAT_S]),
        ({options.ZONE_MIN: 540, 99: 1, 200: 2}, [99, 200]),
        ({options.ZONE_MIN: True}, [options.ZONE_MIN]),
        ({options.ZONE_MIN: b"540"}, [options.ZONE_MIN]),
    ):
        wish(bench, 2, wished)
        assert applied(bench)[-1] == {
            records.CONFIG_REVISION: 2,
            records.CONFIG_REFUSED: refused,
        }
        assert bench.config.zone_min == 480


def test_the_last_word_holds_whatever_its_number():
    bench = online()
    wish(bench, 7, {options.ZONE_MIN: 480})
    wish(bench, 2, {options.ZONE_MIN: 540})
    assert bench.config.zone_min == 540


def test_the_same_revision_again_is_answered_and_not_written():
    bench = online()
    wish(bench, 1, {options.ZONE_MIN: 480})
    content = bench.store.files[NAME]
    bench.store.files[NAME] = content + b""
    wish(bench, 1, {options.ZONE_MIN: 480})
    assert len(applied(bench)) == 2


def test_flash_that_refuses_leaves_the_old_word():
    bench = online()
    wish(bench, 1, {options.ZONE_MIN: 480})
    bench.store.is_full = True
    wish(bench, 2, {options.ZONE_MIN: 540})
    bench.store.is_full = False
    assert bench.config.zone_min == 480
    assert bench.box._upkeep.revision == 1


def test_a_damaged_note_means_the_defaults():
    bench = online()
    wish(bench, 4, {options.ZONE_MIN: 480})
    for content in (b"", bench.store.files[NAME][:-1], b"\x00" * 40):
        bench.store.files[NAME] = content
        bench.config.zone_min = 420
        bench.power_on()
        bench.run(1)
        assert bench.config.zone_min == 420
        assert bench.box._upkeep.revision == 0


def test_what_is_no_configuration_is_refused_at_the_door():
    bench = online()
    for body in (
        {},
        {down.CONFIGURE_REVISION: 1},
        {down.CONFIGURE_REVISION: 1, down.CONFIGURE_OPTIONS: []},
        {down.CONFIGURE_REVISION: -1, down.CONFIGURE_OPTIONS: {}},
    ):
        bench.say(down.CONFIGURE, body)
    assert applied(bench) == []
