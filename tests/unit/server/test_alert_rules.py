"""When alerts are raised, told again and to whom; every rule without a database and a clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.alert import (
    ROUNDS_MAX,
    Alert,
    AlertKind,
    Condition,
    Reading,
    compare,
)
from jimpitan_server.domain.alert_audience import recipients
from jimpitan_server.domain.alert_message import (
    EXPIRES_AFTER,
    SENT,
    TRIES_MAX,
    Answer,
    Channel,
    MessageState,
    Outcome,
    Why,
    after_interruption,
    after_try,
    masked,
    sound_address,
)
from jimpitan_server.domain.alert_schedule import STEPS_MAX, due_step, next_step_at
from jimpitan_server.domain.alert_text import (
    LINES_MAX,
    SENSOR_WHAT,
    SENTENCES,
    compose,
    path_of,
    said,
    trial,
)
from jimpitan_server.domain.alert_wishes import Digest, Wishes, deliver_at, wants
from jimpitan_server.domain.case_action import Person
from jimpitan_server.domain.discrepancy import Severity, TamperFinding
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.money_discrepancies import MoneyFinding
from jimpitan_server.domain.record import RecordKind
from jimpitan_server.domain.sensor_life import (
    DEPOSITS_UNWEIGHED_MAX,
    Sensor,
    Trace,
    is_lost,
    is_scale_silent,
    lost_in,
)
from jimpitan_server.domain.user import Role
from jimpitan_server.entrypoints.http import words

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # 10.00 WIB
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIB = ZoneInfo("Asia/Jakarta")
PEOPLE = [
    Person(user_id="a1", role=Role.ADMIN),
    Person(user_id="c1", role=Role.COLLECTOR),
    Person(user_id="o1", role=Role.AUDITOR),
    Person(user_id="t1", role=Role.TREASURER),
    Person(user_id="t2", role=Role.TREASURER),
]


def silent(box: str = "box-0001", **changed) -> Condition:
    given = {"kind": AlertKind.BOX_SILENT, "severity": Severity.WARNING, "since": NOW}
    return Condition(**({"subject": box, "box": BoxId(box)} | given | changed))


def alert(condition: Condition | None = None, **changed) -> Alert:
    given = {"number": 1, "condition": condition or silent(), "raised_at": NOW, "round_at": NOW}
    return Alert(**(given | changed))


def read(*conditions: Condition, cut: frozenset[AlertKind] = frozenset()) -> Reading:
    return Reading(conditions=conditions, cut=cut)


class TestComparing:
    def test_a_new_condition_is_raised_once(self):
        assert compare([], read(silent(), silent()), NOW).raised == (silent(),)

    def test_the_same_reading_again_changes_nothing(self):
        found = compare([alert()], read(replace(silent(), since=NOW + HOUR)), NOW)
        assert (found.raised, found.grown, found.changed, found.closed) == ((), (), (), ())

    def test_what_is_over_is_closed_but_not_where_not_all_was_read(self):
        assert [one.closed_at for one in compare([alert()], read(), NOW).closed] == [NOW]
        cut = frozenset({AlertKind.BOX_SILENT})
        assert compare([alert()], read(cut=cut), NOW).closed == ()

    def test_severer_or_twice_as_much_begins_a_new_round(self):
        told = alert(silent(weight=10), steps=3, acknowledged_at=NOW, acknowledged_by="a1")
        assert compare([told], read(silent(weight=19)), NOW).grown == ()
        for grown in (silent(weight=20), silent(weight=10, severity=Severity.CRITICAL)):
            (found,) = compare([told], read(grown), NOW + HOUR).grown
            assert (found.round, found.steps, found.round_at) == (2, 0, NOW + HOUR)
            assert found.acknowledged_at is None

    def test_it_grows_only_so_often(self):
        told = alert(silent(weight=10), round=ROUNDS_MAX)
        assert compare([told], read(silent(weight=99)), NOW).grown == ()

    def test_what_another_program_has_seen_later_is_left_as_it_is(self):
        later = alert(round_at=NOW + HOUR)
        worse = silent(severity=Severity.CRITICAL)
        for reading in (read(), read(worse)):
            found = compare([later], reading, NOW)
            assert (found.raised, found.grown, found.changed, found.closed) == ((), (), (), ())

    def test_milder_or_another_owner_is_kept_without_a_word(self):
        told = alert(silent(severity=Severity.CRITICAL))
        found = compare([told], read(silent(owner="a1")), NOW)
        assert found.grown == ()
        assert [one.condition.owner for one in found.changed] == ["a1"]


class TestSchedule:
    def test_waits_grow_and_each_step_reaches_one_role_more(self):
        told = alert(silent(severity=Severity.CRITICAL))
        hours, levels, now = [], [], NOW
        while (at := next_step_at(told)) is not None:
            step = due_step(told, at)
            assert step is not None
            hours.append((at - NOW) // HOUR)
            levels.append(step.level)
            told = replace(told, steps=step.number + 1)
            now = at
        assert hours[:5] == [0, 1, 3, 7, 15]
        assert len(hours) == STEPS_MAX
        assert levels[:3] == [0, 1, 2]
        assert due_step(told, now + 999 * DAY) is None

    def test_nothing_is_due_before_its_time_or_after_the_end(self):
        told = alert(steps=1)
        assert due_step(told, NOW + DAY - HOUR) is None
        assert due_step(told, NOW + DAY) is not None
        assert due_step(replace(told, closed_at=NOW), NOW + DAY) is None

    def test_missed_steps_are_not_made_up_for(self):
        step = due_step(alert(), NOW + 4 * DAY)
        assert step is not None
        assert step.number == 2
        assert due_step(alert(steps=3), NOW + 4 * DAY) is None

    def test_an_acknowledged_alert_rests_longer_and_climbs_no_further(self):
        told = alert(steps=2, acknowledged_at=NOW + DAY, acknowledged_steps=2)
        assert due_step(told, NOW + 7 * DAY) is None
        step = due_step(told, NOW + 8 * DAY)
        assert step is not None
        assert (step.number, step.level) == (2, 1)
        rested = replace(told, steps=3)
        assert due_step(rested, NOW + 21 * DAY) is None
        assert due_step(rested, NOW + 22 * DAY) is not None

    @given(
        steps=st.integers(0, STEPS_MAX),
        minutes=st.integers(0, 10**6),
        severity=st.sampled_from(Severity),
    )
    def test_a_step_is_never_taken_twice(self, steps, minutes, severity):
        told, now = alert(silent(severity=severity), steps=steps), NOW + minutes * HOUR / 60
        step = due_step(told, now)
        if step is not None:
            assert steps <= step.number < STEPS_MAX
            assert due_step(replace(told, steps=step.number + 1), now) is None


class TestAudience:
    def test_a_box_goes_to_admins_then_treasurers_then_auditors(self):
        assert [recipients(silent(), level, PEOPLE) for level in range(4)] == [
            ["a1"],
            ["a1", "t1", "t2"],
            ["a1", "o1", "t1", "t2"],
            ["a1", "o1", "t1", "t2"],
        ]

    def test_money_goes_to_treasurers_first_and_theft_to_both(self):
        money = silent(kind=AlertKind.CASE, what=str(MoneyFinding.COUNT_BELOW_SENSOR))
        assert recipients(money, 0, PEOPLE) == ["t1", "t2"]
        theft = silent(kind=AlertKind.CASE, what=str(TamperFinding.FISHING))
        assert recipients(theft, 0, PEOPLE) == ["a1", "t1", "t2"]
        shaken = silent(kind=AlertKind.CASE, what=str(TamperFinding.SHAKEN))
        assert recipients(shaken, 0, PEOPLE) == ["a1"]

    def test_the_owner_is_asked_first_and_the_roles_after(self):
        owned = silent(owner="t2")
        assert recipients(owned, 0, PEOPLE) == ["t2"]
        assert recipients(owned, 1, PEOPLE) == ["a1", "t2"]
        assert recipients(silent(owner="left-us"), 0, PEOPLE) == ["a1"]

    def test_who_prepared_a_report_is_not_asked_to_approve_it(self):
        waiting = silent(kind=AlertKind.REPORT_WAITING, not_for="t1")
        assert recipients(waiting, 0, PEOPLE) == ["a1", "t2"]

    def test_an_empty_role_is_passed_over(self):
        assert recipients(silent(), 0, PEOPLE[3:]) == ["t1", "t2"]
        assert recipients(silent(), 0, []) == []


class TestWishes:
    def test_in_the_day_it_is_told_at_once_and_at_night_in_the_morning(self):
        wishes = Wishes()
        assert deliver_at(NOW, Severity.WARNING, wishes, WIB) == NOW
        night = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 22.30 WIB
        morning = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # 06.00 WIB
        assert deliver_at(night, Severity.WARNING, wishes, WIB) == morning
        assert deliver_at(night, Severity.CRITICAL, wishes, WIB) == morning
        broken = replace(wishes, critical_breaks=True)
        assert deliver_at(night, Severity.CRITICAL, broken, WIB) == night
        assert deliver_at(night, Severity.WARNING, broken, WIB) == morning

    def test_the_zone_of_the_programme_says_when_it_is_night(self):
        at = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)  # 19.30 WIB, 21.30 WIT
        assert deliver_at(at, Severity.WARNING, Wishes(), WIB) == at
        wit = ZoneInfo("Asia/Jayapura")
        assert deliver_at(at, Severity.WARNING, Wishes(), wit) == datetime(
            2026, 11, 20, 21, 0, tzinfo=UTC
        )

    def test_a_digest_waits_for_its_hour_or_its_day_and_critical_things_do_not(self):
        at = NOW + timedelta(minutes=20)
        hourly = Wishes(digest=Digest.HOUR)
        assert deliver_at(at, Severity.WARNING, hourly, WIB) == NOW + HOUR
        assert deliver_at(NOW, Severity.WARNING, hourly, WIB) == NOW
        daily = Wishes(digest=Digest.DAY)
        assert deliver_at(at, Severity.WARNING, daily, WIB) == NOW + 21 * HOUR
        assert deliver_at(at, Severity.CRITICAL, daily, WIB) == at

    def test_equal_hours_mean_no_quiet_and_quiet_may_lie_within_a_day(self):
        never = Wishes(quiet_from=0, quiet_until=0)
        prayer = Wishes(quiet_from=10 * 60, quiet_until=11 * 60)
        assert deliver_at(NOW, Severity.WARNING, never, WIB) == NOW
        assert deliver_at(NOW, Severity.WARNING, prayer, WIB) == NOW + HOUR

    def test_a_severity_may_be_too_mild(self):
        assert not wants(Wishes(), Severity.NOTICE)
        assert wants(Wishes(), Severity.WARNING)

    def test_unsound_wishes_cannot_be_built(self):
        for wrong in ({"quiet_from": 1440}, {"digest_at": -1}, {"language": "jv"}):
            with pytest.raises(Malformed):
                Wishes(**wrong)

    @given(
        minute=st.integers(0, 10**6),
        quiet=st.tuples(st.integers(0, 1439), st.integers(0, 1439)),
        digest=st.sampled_from(Digest),
        severity=st.sampled_from(Severity),
    )
    def test_nobody_is_told_before_it_happened_nor_later_than_two_days(
        self, minute, quiet, digest, severity
    ):
        at = NOW + minute * HOUR / 60
        wishes = Wishes(quiet_from=quiet[0], quiet_until=quiet[1], digest=digest)
        found = deliver_at(at, severity, wishes, WIB)
        assert at <= found <= at + 2 * DAY
        assert deliver_at(found, Severity.CRITICAL, wishes, WIB) == found


class TestTries:
    def test_waits_grow_to_a_bound_and_then_a_person_sees_it(self):
        waits, later = [], Answer(Outcome.LATER, Why.UNREACHABLE)
        for tries in range(1, TRIES_MAX):
            fate = after_try(later, tries=tries, now=NOW)
            assert fate.state is MessageState.WAITING
            assert fate.next_try_at is not None
            waits.append((fate.next_try_at - NOW).total_seconds() / 60)
        assert waits == [1, 4, 16, 64, 256, 360, 360]
        dead = after_try(later, tries=TRIES_MAX, now=NOW)
        assert (dead.state, dead.why) == (MessageState.DEAD, Why.UNREACHABLE)

    def test_the_other_side_may_ask_for_more_time_within_a_bound(self):
        asked = Answer(Outcome.LATER, Why.TOO_MANY, timedelta(seconds=600))
        assert after_try(asked, tries=1, now=NOW).next_try_at == NOW + timedelta(minutes=10)
        ever = Answer(Outcome.LATER, Why.TOO_MANY, timedelta(days=999))
        assert after_try(ever, tries=1, now=NOW).next_try_at == NOW + EXPIRES_AFTER

    def test_sent_is_sent_and_refused_is_not_tried_again(self):
        assert after_try(SENT, tries=1, now=NOW).state is MessageState.SENT
        for outcome in (Outcome.GONE, Outcome.REFUSED):
            assert after_try(Answer(outcome), tries=1, now=NOW).state is MessageState.DEAD

    def test_a_try_that_was_cut_off_is_made_once_more_and_no_third_time(self):
        assert after_interruption(was_doubtful=False, now=NOW).state is MessageState.WAITING
        assert after_interruption(was_doubtful=True, now=NOW).state is MessageState.DEAD


class TestAddresses:
    def test_addresses_become_what_the_channel_needs(self):
        assert sound_address(Channel.EMAIL, " siti@contoh.id ") == "siti@contoh.id"
        assert sound_address(Channel.TELEGRAM, "-100123456") == "-100123456"
        assert sound_address(Channel.WHATSAPP, "0812-0000-0001") == "6281200000001"
        assert sound_address(Channel.WHATSAPP, "+62 812 0000 0001") == "6281200000001"

    def test_others_are_refused(self):
        wrong = {
            Channel.EMAIL: ["siti", "a@b", "a@contoh.id\nBcc: x@contoh.id", "a b@contoh.id"],
            Channel.TELEGRAM: ["@siti", "", "12"],
            Channel.WHATSAPP: ["siti", "0", "62" * 10],
            Channel.APP: ["siti"],
        }
        for channel, texts in wrong.items():
            for text in texts:
                with pytest.raises(Malformed):
                    sound_address(channel, text)

    def test_a_masked_address_cannot_be_used(self):
        assert masked(Channel.EMAIL, "siti@contoh.id") == "si…@contoh.id"
        assert masked(Channel.WHATSAPP, "6281200000001") == "…0001"


class TestSensors:
    def test_only_a_record_that_needs_the_sensor_tells_that_it_is_back(self):
        heard = [Trace(seq=11, kind=RecordKind.HEARTBEAT), Trace(seq=12, kind=RecordKind.DEPOSIT)]
        assert is_lost(Sensor.SCALE, lost_seq=10, later=heard)
        weighed = Trace(seq=13, kind=RecordKind.WEIGHED)
        assert not is_lost(Sensor.SCALE, lost_seq=10, later=[*heard, weighed])
        assert is_lost(Sensor.SCALE, lost_seq=14, later=[weighed])
        moved = Trace(seq=13, kind=RecordKind.TAMPER, sign="moved")
        assert is_lost(Sensor.SCALE, lost_seq=10, later=[moved])
        assert not is_lost(Sensor.MOTION, lost_seq=10, later=[moved])

    def test_degraded_beams_are_cleaned_by_a_person(self):
        assert is_lost(Sensor.BEAMS, lost_seq=10, later=[Trace(seq=11, kind=RecordKind.DEPOSIT)])

    def test_the_box_names_what_it_lost(self):
        assert lost_in("sensor_lost", 1) is Sensor.SCALE
        assert lost_in("sensor_lost", 2) is Sensor.MOTION
        assert lost_in("beam_degraded", None) is Sensor.BEAMS
        assert lost_in("sensor_lost", 9) is None
        assert lost_in("sensor_lost", None) is None
        assert lost_in("shaken", 1) is None

    def test_a_scale_that_weighed_before_is_missed_after_many_deposits(self):
        deposits = [
            Trace(seq=100 - at, kind=RecordKind.DEPOSIT) for at in range(DEPOSITS_UNWEIGHED_MAX)
        ]
        weighed = Trace(seq=1, kind=RecordKind.WEIGHED)
        assert is_scale_silent([*deposits, weighed])
        assert not is_scale_silent([*deposits[1:], weighed])
        assert not is_scale_silent(deposits), "a box without a scale never weighed"


class TestTexts:
    def test_every_sentence_and_sensor_has_english(self):
        english = words.catalogue(words.ENGLISH)
        assert [one for one in SENTENCES if one not in english] == []
        assert set(SENSOR_WHAT) == {sensor.value for sensor in Sensor}

    @pytest.mark.parametrize("language", words.LANGUAGES)
    @pytest.mark.parametrize("kind", AlertKind)
    def test_every_kind_says_what_and_what_next_and_where(self, kind, language):
        what = {AlertKind.CASE: "fishing", AlertKind.SENSOR_SILENT: "scale"}.get(kind, "")
        about = silent(kind=kind, what=what)
        say = words.translator(language)
        text = compose([about], say=say, shown_at=str, base_url="https://contoh.id/")
        assert "%(" not in text.body
        assert text.link == "https://contoh.id" + path_of(about)
        assert text.body.endswith(text.link)
        assert said(about, say, str) in text.subject

    def test_many_become_one_and_each_is_said_once(self):
        many = [silent(f"box-{at:04d}") for at in range(LINES_MAX + 5)]
        worst = silent("box-9999", severity=Severity.CRITICAL)
        text = compose(
            [*many, worst, worst], say=words.translator("id"), shown_at=str, base_url=None
        )
        assert "box-9999" in text.lines[0]
        assert len(text.lines) == LINES_MAX + 1
        assert "6" in text.lines[-1]
        assert text.subject.startswith(f"{LINES_MAX + 6} ")
        assert text.is_critical
        assert text.link is None

    def test_a_text_that_may_come_twice_says_so(self):
        say = words.translator("en")
        text = compose([silent()], say=say, shown_at=str, base_url=None, is_doubtful=True)
        assert "may" in text.lines[-1]
        assert trial(say=say, base_url="https://contoh.id").link is not None
