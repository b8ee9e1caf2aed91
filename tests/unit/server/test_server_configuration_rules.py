"""What a box is told follows from its newest word, whatever the order in which words come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.wire_facts import fact_of, fact_shown
from jimpitan_server.adapters.wire_options import OPTION_TABLE, option_name
from jimpitan_server.domain import facts
from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.configuration import (
    Configuration,
    ConfigurationReport,
    Reported,
    is_waiting,
    next_revision,
    wrong_options,
)
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.health import Heard, named
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rollout import UpdateState
from jimpitan_server.domain.tag import TAGS_MAX, checked_tags
from jimpitan_wire import records
from jimpitan_wire.options import OPTIONS
from server_boxes import FRIDAY, StepClock

BOX = BoxId("box-1")
WISH = Configuration(box=BOX, revision=3, options={}, actor="siti", set_at=FRIDAY)
BEAT = facts.Heartbeat(*[None] * 10)


def answer(seq: int, revision: int, *refused: str) -> ConfigurationReport:
    """Return one answer of a box."""
    return ConfigurationReport(seq=seq, revision=revision, received_at=FRIDAY, refused=refused)


@pytest.mark.parametrize(
    ("reported", "revision", "waiting"),
    [
        (Reported(), None, True),
        (Reported(heartbeat_seq=5, heartbeat_revision=2), 2, True),
        (Reported(heartbeat_seq=5, heartbeat_revision=3), 3, False),
        (Reported(heartbeat_seq=5, heartbeat_revision=0, applied=answer(6, 3)), 3, False),
        (Reported(heartbeat_seq=7, heartbeat_revision=0, applied=answer(6, 3)), 0, True),
        (Reported(heartbeat_seq=7, applied=answer(6, 3)), 3, False),
        (Reported(refusals={3: answer(6, 3, "zone_min")}), None, False),
        (Reported(refusals={2: answer(6, 2, "zone_min")}), None, True),
    ],
)
def test_the_newest_word_of_the_box_holds(
    reported: Reported, revision: int | None, *, waiting: bool
) -> None:
    assert reported.revision == revision
    assert is_waiting(WISH, reported) is waiting
    assert not is_waiting(None, reported)


def test_revisions_rise_above_all_that_the_box_may_know() -> None:
    assert next_revision(None, Reported()) == 1
    assert next_revision(WISH, Reported()) == 4
    assert next_revision(WISH, Reported(heartbeat_revision=9)) == 10
    assert next_revision(WISH, Reported(applied=answer(1, 7))) == 8
    assert next_revision(None, Reported(refusals={5: answer(1, 5, "x")})) == 6


def test_the_table_is_that_of_the_wire() -> None:
    assert {(one.number, one.name) for one in OPTION_TABLE} == {
        (number, bounds[0]) for number, bounds in OPTIONS.items()
    }
    assert (option_name(4), option_name(99)) == ("zone_min", "99")


@given(st.sampled_from(OPTION_TABLE), st.integers(-(2**40), 2**40))
def test_an_option_is_wrong_exactly_outside_its_bounds(option: object, value: int) -> None:
    name, least, most = option.name, option.value_min, option.value_max  # type: ignore[attr-defined]
    assert bool(wrong_options({name: value}, OPTION_TABLE)) is not (least <= value <= most)


def test_tags_are_few_short_and_each_once() -> None:
    assert checked_tags(["kota", "baru", "kota"]) == ("baru", "kota")
    assert checked_tags([]) == ()
    for wrong in (["Kota"], [""], ["a" * 33], [f"tag-{n}" for n in range(TAGS_MAX + 1)]):
        with pytest.raises(Malformed):
            checked_tags(wrong)


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        ({1: 3}, facts.ConfigurationAnswered(3, ())),
        ({1: 3, 2: [4, 99]}, facts.ConfigurationAnswered(3, ("zone_min", "99"))),
        ({1: 3, 2: ["x"]}, None),
        ({1: 3, 2: [True]}, None),
        ({1: 3, 2: [1] * 65}, None),
        ({1: 3, 2: 4}, None),
        ({2: [4]}, None),
    ],
)
def test_answers_to_configurations_are_read(body: dict[int, object], fact: object) -> None:
    assert fact_of(records.CONFIG_APPLIED, body) == fact


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({1: 2, 2: b"", 3: 1, 4: "1.2.0"}, UpdateState.CONFIRMED),
        ({1: 4, 2: bytes(8), 3: 1, 4: "1.2.0", 5: 4}, UpdateState.REFUSED),
        ({1: 99, 2: bytes(8), 3: 1, 4: "1.2.0"}, None),
    ],
)
def test_outcomes_of_updates_are_read(
    body: dict[int, object], outcome: UpdateState | None
) -> None:
    fact = fact_of(records.FIRMWARE_CHANGED, body)
    assert isinstance(fact, facts.FirmwareChanged)
    assert (fact.outcome, fact.reason) == (outcome, body.get(5))
    for key in (1, 2, 3):
        assert fact_of(records.FIRMWARE_CHANGED, {**body, key: "x"}) is None


def test_what_is_only_shown_is_read_for_pages() -> None:
    assert fact_of(records.THANKS_SHOWN, {1: 1}) is None
    assert fact_of(records.WEIGHED, {1: 2, 2: 900}) == facts.Weighed(2, 900)
    assert fact_shown(records.WEIGHED, {1: 2, 2: 900}) == facts.Weighed(2, 900)
    assert fact_shown(records.THANKS_SHOWN, {1: 1}) == facts.ThanksShown(1)
    assert fact_shown(99, {}) is None


def test_heartbeats_tell_what_runs_and_since_when() -> None:
    clock, state = StepClock(), BoxState(box=BOX, epoch=1, keys_version=1)

    def beat(runs: str | None, configuration: int | None = None) -> BoxState:
        fact = facts.Heartbeat(*[None] * 10, runs=runs, configuration=configuration)
        return named(state, Heard(1, 0, 0, heartbeat=fact), clock.now())

    state = beat("ab", 1)
    assert (state.runs_since, state.runs_until, state.configuration) == (FRIDAY, FRIDAY, 1)
    later = clock.step(minutes=10)
    state = beat("ab", 2)
    assert (state.runs_since, state.runs_until, state.configuration) == (FRIDAY, later, 2)
    clock.step(minutes=-5)
    state = beat("ab", 2)
    assert state.runs_until == later  # a gateway's clock that went back takes nothing away
    state = beat(None)
    assert (state.runs, state.configuration) == ("ab", None)
    now = clock.step(hours=1)
    state = beat("")
    assert (state.runs, state.runs_since, state.runs_until) == ("", now, now)
    assert named(state, Heard(1, 0, 0), now) is state
