"""What seldom happens to a box: a second end of an epoch, a fork, old news, odd configurations."""

from dataclasses import replace
from datetime import timedelta

from jimpitan_server.domain.box import DOWN_COUNTER_MAX, BoxState
from jimpitan_server.domain.command import Command
from jimpitan_server.domain.configuration import (
    ConfigurationFinding,
    ConfigurationReport,
    OptionBounds,
    refusal,
    wrong_options,
)
from jimpitan_server.domain.discrepancy import RecordFinding, TamperFinding
from jimpitan_server.domain.facts import (
    Booted,
    EpochStarted,
    Heartbeat,
    LidMoved,
    Tampered,
    Weighed,
)
from jimpitan_server.domain.health import Heard, counter_heard, hear, named
from jimpitan_server.domain.ids import BoxId, is_short_name
from jimpitan_server.domain.intake import WEIGHED_MAX, Arrival, Held, Intake, take_in
from jimpitan_server.domain.period import EdgeEvent, PeriodSum, period_edges
from jimpitan_server.domain.record import BoxRecord, Reason, RecordKind
from jimpitan_server.domain.release import SHORT_LENGTH, Release
from jimpitan_server.domain.rollout import StageCount, UpdateState
from jimpitan_server.domain.sequence import GAPS_MAX
from server_boxes import FRIDAY
from test_server_intake import BOX, record

STATE = BoxState(box=BOX, epoch=1, keys_version=1)
BEAT = Heartbeat(*[None] * 10)


def taken(
    *records: BoxRecord, ends: dict[int, int] | None = None, held: dict[int, Held] | None = None
) -> Intake:
    return take_in(
        STATE,
        records,
        held=held or {},
        summaries={},
        epoch_ends=ends or {},
        came=Arrival("gw-1", FRIDAY),
        now=FRIDAY,
    )


def started(seq: int, last: int, *, old: int = 1) -> BoxRecord:
    fact = EpochStarted(epoch_old=old, seq_last=last)
    return record(seq, RecordKind.EPOCH_START, epoch=2, fact=fact)


def test_records_beyond_the_end_of_their_epoch_are_refused() -> None:
    found = taken(record(1), record(3, epoch=1), started(2, 1))
    assert [(one.seq, refused.reason) for one, refused in found.refused] == [
        (3, Reason.EPOCH_ENDED)
    ]
    assert found.epochs_ended == {1: 1}
    assert found.state.keys_version == 2


def test_end_of_an_epoch_that_is_named_twice_stays_and_is_disputed() -> None:
    again = taken(started(5, 4), ends={1: 4})
    assert (again.epochs_ended, again.findings) == ({}, [])
    disputed = taken(started(5, 3), ends={1: 4})
    assert RecordFinding.EPOCH_DISPUTED in {one.kind for one in disputed.findings}
    assert taken(started(5, 3, old=2)).epochs_ended == {}, "an epoch ends only older ones"


def test_other_record_under_a_held_number_is_a_fork() -> None:
    other = record(1, tag=b"x" * 32)
    found = taken(record(1), other)
    assert [refused.reason for _, refused in found.refused] == [Reason.FORK]
    assert RecordFinding.FORK in {one.kind for one in found.findings}


def test_record_acted_on_that_cannot_be_read_is_said() -> None:
    found = taken(record(1, RecordKind.HEARTBEAT))
    assert [one.kind for one in found.findings] == [RecordFinding.BODY_UNREADABLE]


def test_weighing_counts_no_more_deposits_than_a_throat_is_wide() -> None:
    fact = Weighed(deposits=WEIGHED_MAX + 1, mass_mg=None)
    found = taken(record(1, RecordKind.WEIGHED, fact=fact))
    assert found.moments_by_seq[1].weighed == WEIGHED_MAX


def test_answers_and_edges_are_kept_for_whoever_acts_on_them() -> None:
    found = taken(
        record(1, RecordKind.LID_OPENED),
        record(2, RecordKind.CONFIG_APPLIED, fact=BEAT),
    )
    assert (found.edges_moved, [one.seq for one in found.answers]) == (True, [2])


def test_counter_is_left_until_the_last_one() -> None:
    assert STATE.can_be_told
    assert not replace(STATE, down_counter=DOWN_COUNTER_MAX).can_be_told


def test_older_news_never_replaces_newer() -> None:
    state = replace(STATE, heartbeat_seq=10, lid_seq=10, boot_seq=10)
    old = [
        record(3, RecordKind.HEARTBEAT, fact=BEAT),
        record(4, RecordKind.BOOT, fact=Booted(cause=1, version="1")),
        record(5, RecordKind.LID_OPENED, fact=BEAT),
    ]
    assert hear(state, old[:2]) == Heard(10, 10, 10)
    newer = hear(state, [one._replace(seq=one.seq + 10) for one in old[:2]])
    assert (newer.heartbeat_seq, newer.boot_seq) == (13, 14)
    lid = hear(state, [record(15, RecordKind.LID_CLOSED, fact=Booted(1, "1"))])
    assert lid.boot_seq == 15, "what a record says counts before its kind"


def test_lid_is_as_the_newest_record_says() -> None:
    lid = LidMoved(deposits=None)
    opened = record(5, RecordKind.LID_OPENED, fact=lid)
    closed = record(6, RecordKind.LID_CLOSED, fact=lid)
    assert hear(STATE, [opened]).lid_open is True
    assert hear(STATE, [closed, opened]).lid_open is False
    assert hear(replace(STATE, lid_seq=9), [opened, closed]).lid_open is None


def test_more_holes_than_are_remembered_are_merged_and_said() -> None:
    numbers = range(2, 2 * GAPS_MAX + 6, 2)
    found = taken(*(record(seq) for seq in numbers))
    assert RecordFinding.GAPS_MANY in {one.kind for one in found.findings}
    assert len(found.state.gaps) <= GAPS_MAX


def test_sensor_that_is_lost_is_named() -> None:
    fact = Tampered(sign=TamperFinding.SENSOR_LOST, lost_mg=None, sensor=2)
    found = taken(record(1, RecordKind.TAMPER, fact=fact))
    assert [dict(one.evidence) for one in found.findings] == [{"sensor": 2}]


def test_counter_that_a_box_obeyed_is_the_highest_it_told() -> None:
    beats = [
        record(number, RecordKind.HEARTBEAT, fact=replace(BEAT, down_counter=7 - number))
        for number in (1, 2)
    ]
    assert counter_heard([*beats, record(3)]) == 6
    assert counter_heard([record(1, RecordKind.HEARTBEAT, fact=BEAT)]) == 0


def test_old_firmware_names_no_release() -> None:
    heard = Heard(1, 0, 0, heartbeat=replace(BEAT, configuration=4))
    told = named(replace(STATE, runs="ab"), heard, FRIDAY)
    assert (told.configuration, told.runs) == (4, "ab")


def test_options_no_box_would_take_are_named_one_by_one() -> None:
    table = [OptionBounds(name="beat_s", number=1, value_min=10, value_max=60, default=30)]
    assert wrong_options({"beat_s": 30}, table) == []
    assert wrong_options({"beat_s": 9, "zzz": 1}, table) == [
        "beat_s must lie between 10 and 60.",
        "There is no option 'zzz'.",
    ]
    report = ConfigurationReport(seq=8, revision=3, received_at=FRIDAY, refused=("beat_s",))
    assert report.is_refusal
    assert not replace(report, refused=()).is_refusal
    case = refusal(BOX, report, FRIDAY)
    assert (case.kind, case.subject, case.seq_from) == (
        ConfigurationFinding.CONFIGURATION_REFUSED,
        f"{BOX}/3",
        8,
    )


def test_permission_to_open_runs_out() -> None:
    visit = Command(down_id=1, box=BoxId("b"), visit=1, expires_at=FRIDAY + timedelta(seconds=2))
    assert (visit.valid_ms(FRIDAY), visit.valid_ms(FRIDAY + timedelta(days=1))) == (2000, 0)


def test_names_of_gateways_begin_with_a_letter_or_digit() -> None:
    assert is_short_name("gw-1.a")
    assert not is_short_name("-gw")


def test_collections_end_a_period_and_other_events_none() -> None:
    assert PeriodSum(1) + PeriodSum(2) == PeriodSum(3)
    events = [
        EdgeEvent(1, RecordKind.COLLECTION_OPENED),
        EdgeEvent(2, RecordKind.HEARTBEAT),
        EdgeEvent(3, RecordKind.COLLECTION_CLOSED),
        EdgeEvent(4, RecordKind.LID_OPENED),
    ]
    assert period_edges(events) == []
    assert period_edges([events[0], events[3]]) == [4]


def test_stage_counts_failures_and_boxes_name_a_release_by_its_beginning() -> None:
    count = StageCount(by_state={UpdateState.ROLLED_BACK: 2, UpdateState.CONFIRMED: 1})
    assert (count.failed, count.confirmed, count.members) == (2, 1, 3)
    release = Release(
        fingerprint="ab" * 32,
        version="1",
        number=1,
        floor=0,
        machine="m",
        files=1,
        manifest_length=1,
        content_length=1,
    )
    assert release.short == ("ab" * 32)[:SHORT_LENGTH]
