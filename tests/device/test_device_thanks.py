"""Thanks: when a box answers with light and sound, and when it keeps quiet."""

from bench_box import Bench
from jimpitan_box.clock import WallClock
from jimpitan_box.config import Config
from jimpitan_box.thanks import ALARM, LIGHT, LIGHT_DIM, PAYMENT, SOUND, Thanks
from jimpitan_wire import cose, down, records

# 2026-11-22 10:00:00 WIB.
TEN_MS = 1795316400000
HOUR_MS = 3600000
ACK_SEQ = 2


def thanks_at(local_min, **settings):
    """Return thanks of a box whose clock stands at a minute of the local day at uptime 0."""
    config = Config()
    for name in settings:
        setattr(config, name, settings[name])
    clock = WallClock()
    midnight_ms = TEN_MS - 10 * HOUR_MS + (420 - config.zone_min) * 60000
    clock.learn(midnight_ms + local_min * 60000, 0, 0)
    return Thanks(config, clock)


def told(time_ms=TEN_MS, valid_ms=60000):
    return {down.THANKS_VALID_MS: valid_ms, down.THANKS_TIME_MS: time_ms}


def deposit_cue(thanks):
    thanks.deposited(0)
    return thanks.take()


def test_quiet_hours_go_over_midnight_and_end_at_their_minute():
    for local_min, wanted in (
        (12 * 60, LIGHT + SOUND),
        (20 * 60 + 58, LIGHT + SOUND),
        (21 * 60 + 1, LIGHT_DIM),
        (23 * 60 + 59, LIGHT_DIM),
        (0, LIGHT_DIM),
        (5 * 60 + 59, LIGHT_DIM),
        (6 * 60 + 1, LIGHT + SOUND),
    ):
        assert deposit_cue(thanks_at(local_min)) == wanted, local_min


def test_quiet_hours_within_a_day_and_none_at_all():
    siesta = {"quiet_from_min": 13 * 60, "quiet_to_min": 14 * 60}
    assert deposit_cue(thanks_at(13 * 60 + 30, **siesta)) == LIGHT_DIM
    assert deposit_cue(thanks_at(2 * 60, **siesta)) == LIGHT + SOUND
    assert deposit_cue(thanks_at(2 * 60, quiet_from_min=0, quiet_to_min=0)) == LIGHT + SOUND


def test_quiet_hours_are_those_of_the_zone():
    for zone_min in (420, 480, 540):
        assert deposit_cue(thanks_at(22 * 60, zone_min=zone_min)) == LIGHT_DIM
        assert deposit_cue(thanks_at(12 * 60, zone_min=zone_min)) == LIGHT + SOUND
    noon_wib = thanks_at(20 * 60 + 30)
    noon_wib._config.zone_min = 540
    assert deposit_cue(noon_wib) == LIGHT_DIM


def test_near_the_edge_a_box_that_is_unsure_of_the_time_makes_no_sound():
    assert deposit_cue(thanks_at(21 * 60)) in (LIGHT, LIGHT_DIM)
    assert deposit_cue(thanks_at(6 * 60)) in (LIGHT, LIGHT_DIM)


def test_without_a_clock_a_deposit_has_light_and_no_sound_and_a_payment_nothing():
    thanks = Thanks(Config(), WallClock())
    assert deposit_cue(thanks) == LIGHT
    assert not thanks.told(told(), 0)
    assert thanks.take() is None
    assert (thanks.shown, thanks.too_late) == (0, 1)


def test_a_cue_is_taken_once_and_a_payment_goes_before_a_deposit():
    thanks = thanks_at(600)
    assert thanks.take() is None
    thanks.deposited(0)
    assert thanks.told(told(), 0)
    thanks.deposited(0)
    assert thanks.take() == LIGHT + SOUND + PAYMENT
    assert thanks.take() is None


def test_a_payment_in_quiet_hours_is_dimmed_and_silent():
    thanks = thanks_at(22 * 60)
    assert thanks.told(told(TEN_MS + 12 * HOUR_MS), 0)
    assert thanks.take() == LIGHT_DIM + PAYMENT


def test_uncertainty_counts_against_showing():
    # An age of 57 s, known within 2 s, is surely below 60 s; of 59 s it may be 61 s.
    assert thanks_at(600).told(told(TEN_MS - 57000), 0)
    assert not thanks_at(600).told(told(TEN_MS - 59000), 0)
    assert not thanks_at(600).told(told(TEN_MS - HOUR_MS), 0)
    assert not thanks_at(600).told(told(valid_ms=0), 0)
    vague = Thanks(Config(), WallClock())
    vague._clock.learn(TEN_MS, 0, 60000)
    assert not vague.told(told(), 60000)  # by the middle of its journey it is 30 s old


def test_a_message_from_the_future_is_not_shown():
    assert not thanks_at(600).told(told(TEN_MS + 5000), 0)


def test_at_most_one_payment_in_two_seconds_and_none_waits():
    thanks = thanks_at(600)
    assert thanks.told(told(), 0)
    assert thanks.take() is not None
    assert not thanks.told(told(), 1999)
    assert thanks.take() is None
    assert thanks.told(told(), 2000)
    assert (thanks.shown, thanks.too_soon, thanks.too_late) == (2, 1, 0)


def on_line():
    """Return a bench whose box knows the time: it is about ten."""
    bench = Bench()
    bench.run(1)
    bench.acknowledge(ACK_SEQ, TEN_MS)
    bench.run(1)
    return bench


def pay(bench, age_ms=0, valid_ms=60000, counter=None, key=None):
    wall_s, _ = bench.box.clock.read(bench.box.uptime_ms)
    bench.say(down.THANKS, told(wall_s * 1000 - age_ms, valid_ms), counter, key)


def shown(bench):
    return [
        fields[records.BODY]
        for fields in bench.kept()
        if fields[records.KIND] == records.THANKS_SHOWN
    ]


def test_a_box_shows_a_payment_and_keeps_a_record_of_it():
    bench = on_line()
    pay(bench)
    assert bench.box.thanks.take() == LIGHT + SOUND + PAYMENT
    assert shown(bench) == [{records.THANKS_CAUSE: records.CAUSE_PAYMENT}]
    bench.run(1)
    assert bench.received()[-1] == bench.box.keeper.head


def test_a_deposit_is_shown_and_has_no_second_record():
    bench = on_line()
    bench.coin()
    assert bench.box.thanks.take() == LIGHT + SOUND
    assert shown(bench) == []
    assert bench.kinds().count(records.DEPOSIT) == 1


def test_a_replayed_thanks_is_not_shown_again():
    bench = on_line()
    pay(bench, counter=5)
    bench.run(3)
    bench.box.thanks.take()
    pay(bench, counter=5)
    pay(bench, counter=4)
    assert bench.box.thanks.take() is None
    bench.power_on()
    bench.run(1)
    bench.acknowledge(bench.box.keeper.head, TEN_MS, counter=6)
    pay(bench, counter=5)
    assert bench.box.thanks.take() is None
    assert len(shown(bench)) == 1


def test_a_forged_foreign_or_malformed_thanks_changes_nothing():
    bench = on_line()
    before = bench.box.keeper.cursor.down_counter
    pay(bench, counter=20, key=cose.Key(bytes(32)))
    bench.say(down.THANKS, told(), counter=21, epoch=2)
    pay(bench, valid_ms=60001, counter=22)
    bench.say(down.THANKS, {down.THANKS_VALID_MS: 60000}, counter=23)
    bench.say(down.THANKS, {down.THANKS_TIME_MS: TEN_MS}, counter=24)
    bench.say(down.THANKS, told(-1), counter=25)
    bench.say(down.THANKS, told(valid_ms=True), counter=26)
    assert bench.box.thanks.take() is None
    assert shown(bench) == []
    assert bench.box.keeper.cursor.down_counter == before
    pay(bench, counter=27)
    assert len(shown(bench)) == 1


def test_an_old_thanks_is_heard_and_not_shown():
    bench = on_line()
    pay(bench, age_ms=61000)
    assert bench.box.thanks.take() is None
    assert bench.box.keeper.cursor.down_counter == bench.counter
    assert shown(bench) == []


def test_a_box_without_a_clock_shows_no_payment():
    bench = Bench()
    bench.run(1)
    bench.say(down.THANKS, told())
    assert bench.box.thanks.take() is None
    assert shown(bench) == []


def test_two_payments_within_two_seconds_are_one_record():
    bench = on_line()
    pay(bench)
    pay(bench)
    assert len(shown(bench)) == 1
    bench.run(2)
    pay(bench)
    assert len(shown(bench)) == 2
    assert bench.box.thanks.too_soon == 1


def test_when_the_flash_refuses_nothing_is_shown():
    bench = on_line()
    bench.store.is_full = True
    pay(bench)
    assert bench.box.thanks.take() is None


def test_a_thief_is_answered_loudly_at_night_and_before_any_thanks():
    thanks = thanks_at(2 * 60)
    thanks.deposited(0)
    thanks.alarmed(records.SIGN_FISHING)
    thanks.told(told(time_ms=TEN_MS - 8 * HOUR_MS), 0)
    assert thanks.take() == LIGHT + SOUND + ALARM
    thanks.alarmed(records.SIGN_SHAKEN)
    assert thanks.take() is None, "somebody leans on the box"


def test_a_silent_box_tells_and_does_not_shout():
    thanks = thanks_at(12 * 60, is_alarm_silent=True)
    thanks.alarmed(records.SIGN_MOVED)
    assert thanks.take() is None


def test_an_unauthorised_opening_sounds_and_an_authorised_one_does_not():
    bench = Bench()
    bench.run(2)
    bench.lid(True)
    cue = bench.box.thanks.take()
    assert cue is not None and cue & ALARM
    bench.lid(False)
    bench.say(down.COLLECTION_OPEN, {down.OPEN_VISIT: 1, down.OPEN_VALID_MS: 600000})
    bench.lid(True)
    assert bench.box.thanks.take() is None
