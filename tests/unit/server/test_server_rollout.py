"""A rollout goes stage by stage, waits for nobody who is silent, and stops when boxes fail."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.order import OrderKind, StandingOrder
from jimpitan_server.domain.rollout import (
    FAILED,
    FINAL,
    SETTLED_AFTER,
    STAYS_AFTER,
    UNDER_WAY,
    UNDER_WAY_MAX,
    BoxUpdate,
    HaltCause,
    Rollout,
    RolloutState,
    UpdateState,
    count_stage,
    decide,
    first_stage,
)
from server_boxes import FRIDAY

SHORT = "ab" * 8
HEARD, AWAY = FRIDAY - timedelta(minutes=5), FRIDAY - timedelta(days=2)
WAITING, ORDERED, ON_TRIAL = UpdateState.WAITING, UpdateState.ORDERED, UpdateState.ON_TRIAL
CONFIRMED, ROLLED_BACK = UpdateState.CONFIRMED, UpdateState.ROLLED_BACK
TWO = Rollout(number=1, fingerprint=SHORT * 4, stages=("uji", "*"))


def boxes_in(
    state: UpdateState, count: int = 1, *, stage: int = 0, seen: datetime | None = HEARD
) -> list[BoxUpdate]:
    """Return boxes of a stage that are equally far."""
    return [
        BoxUpdate(
            box=BoxId(f"{state}-{stage}-{number}"),
            stage=stage,
            state=state,
            attempt=state is not WAITING,
            changed_at=None if state is WAITING else HEARD,
            last_seen_at=seen,
        )
        for number in range(count)
    ]


def test_only_boxes_of_the_present_and_earlier_stages_are_ordered() -> None:
    boxes = boxes_in(WAITING, 2) + boxes_in(WAITING, 3, stage=1)
    ordered = decide(TWO, boxes, short=SHORT, now=FRIDAY).orders
    assert [one.stage for one in ordered] == [0, 0]
    later = decide(replace(TWO, stage=1), boxes, short=SHORT, now=FRIDAY).orders
    assert [one.stage for one in later] == [0, 0, 1, 1, 1]


def test_a_box_belongs_to_the_first_stage_it_fits() -> None:
    stages = ("uji", "kota", "*")
    assert first_stage(stages, ["kota", "uji"]) == 0
    assert first_stage(stages, ["kota"]) == 1
    assert first_stage(stages, []) == 2
    assert first_stage(stages[:2], ["desa"]) is None


def test_so_many_at_a_time_and_silent_boxes_take_no_place() -> None:
    rollout = replace(TWO, stage=1)
    busy = boxes_in(ORDERED, 15) + boxes_in(ON_TRIAL, 2, stage=1)
    gone = [
        replace(one, box=BoxId(f"gone-{one.box}"), changed_at=FRIDAY - timedelta(hours=5))
        for one in boxes_in(ORDERED, 30, seen=FRIDAY - timedelta(hours=6))
    ]
    boxes = busy + gone + boxes_in(WAITING, 50, stage=1)
    assert len(decide(rollout, boxes, short=SHORT, now=FRIDAY).orders) == UNDER_WAY_MAX - 17


def test_a_silent_box_is_ordered_as_soon_as_it_is_heard() -> None:
    (away,) = boxes_in(WAITING, seen=AWAY)
    never = replace(away, box=BoxId("never"), last_seen_at=None)
    assert decide(TWO, [away, never], short=SHORT, now=FRIDAY).orders == ()
    back = replace(away, last_seen_at=FRIDAY)
    assert decide(TWO, [back, never], short=SHORT, now=FRIDAY).orders == (back,)


@pytest.mark.parametrize(
    ("confirmed", "others", "advances"),
    [
        (9, boxes_in(ROLLED_BACK), True),
        (10, boxes_in(ORDERED, seen=AWAY), True),
        (1, boxes_in(WAITING, 5, seen=None), True),
        (10, boxes_in(ORDERED), False),
        (10, boxes_in(ON_TRIAL), False),
        (10, boxes_in(WAITING), False),
    ],
)
def test_a_stage_is_complete_when_those_who_are_heard_are(
    confirmed: int, others: list[BoxUpdate], *, advances: bool
) -> None:
    boxes = boxes_in(CONFIRMED, confirmed) + others
    decision = decide(TWO, boxes, short=SHORT, now=FRIDAY)
    assert (decision.advance_to == 1) is advances
    assert decision.halt is None


def test_a_stage_of_silent_boxes_proves_nothing_and_an_empty_one_holds_nobody_up() -> None:
    silent = boxes_in(WAITING, 2, seen=AWAY)
    assert decide(TWO, silent, short=SHORT, now=FRIDAY).advance_to is None
    others = boxes_in(WAITING, 2, stage=1)
    assert decide(TWO, others, short=SHORT, now=FRIDAY).advance_to == 1


def test_more_failures_than_allowed_halt_and_as_many_do_not() -> None:
    allowed = boxes_in(CONFIRMED, 20) + boxes_in(ROLLED_BACK)
    assert decide(TWO, allowed, short=SHORT, now=FRIDAY).halt is None
    two = allowed + boxes_in(UpdateState.REFUSED) + boxes_in(WAITING)
    decision = decide(TWO, two, short=SHORT, now=FRIDAY)
    assert (decision.halt, decision.orders) == (HaltCause.FAILURES, ())
    strict = replace(TWO, failures_max=0)
    assert decide(strict, allowed, short=SHORT, now=FRIDAY).halt is HaltCause.FAILURES


def test_failures_that_a_person_accepted_count_no_more() -> None:
    failed = [replace(one, is_accepted=True) for one in boxes_in(UpdateState.GIVEN_UP, 3)]
    decision = decide(TWO, failed + boxes_in(CONFIRMED), short=SHORT, now=FRIDAY)
    assert (decision.halt, decision.advance_to) == (None, 1)
    assert decide(TWO, failed, short=SHORT, now=FRIDAY).advance_to == 1


def test_a_stage_that_ended_with_too_few_confirmed_halts() -> None:
    boxes = boxes_in(CONFIRMED, 2) + boxes_in(ROLLED_BACK)
    assert decide(TWO, boxes, short=SHORT, now=FRIDAY).halt is HaltCause.FEW_CONFIRMED


def test_a_rollout_that_does_not_run_orders_nothing() -> None:
    for state in (RolloutState.HALTED, RolloutState.ENDED):
        decision = decide(replace(TWO, state=state), boxes_in(WAITING), short=SHORT, now=FRIDAY)
        assert (decision.orders, decision.halt, decision.advance_to) == ((), None, None)


def test_the_last_stage_stays_open_for_boxes_that_come_back() -> None:
    rollout = replace(TWO, stage=1)
    boxes = boxes_in(CONFIRMED, 9) + boxes_in(WAITING, stage=1)
    assert len(decide(rollout, boxes, short=SHORT, now=FRIDAY).orders) == 1
    assert decide(rollout, boxes_in(CONFIRMED), short=SHORT, now=FRIDAY).advance_to is None


@pytest.mark.parametrize(
    ("state", "runs", "span", "outcome"),
    [
        (ORDERED, SHORT, STAYS_AFTER, CONFIRMED),
        (WAITING, SHORT, STAYS_AFTER, CONFIRMED),
        (ON_TRIAL, SHORT, STAYS_AFTER, CONFIRMED),
        (ON_TRIAL, SHORT, STAYS_AFTER - timedelta(seconds=1), None),
        (ON_TRIAL, "", SETTLED_AFTER, ROLLED_BACK),
        (ON_TRIAL, "", SETTLED_AFTER - timedelta(seconds=1), None),
        (ORDERED, "", SETTLED_AFTER, None),
        (ROLLED_BACK, SHORT, STAYS_AFTER, None),
    ],
)
def test_heartbeats_far_apart_tell_what_a_lost_record_did_not(
    state: UpdateState, runs: str, span: timedelta, outcome: UpdateState | None
) -> None:
    (box,) = boxes_in(state)
    box = replace(box, runs=runs, runs_since=HEARD, runs_until=HEARD + span)
    settled = decide(TWO, [box], short=SHORT, now=FRIDAY).settled
    assert [found for _, found in settled] == ([] if outcome is None else [outcome])


def test_a_box_whose_heartbeats_name_no_time_settles_nothing() -> None:
    (box,) = boxes_in(ON_TRIAL)
    box = replace(box, runs="", runs_since=None, runs_until=None)
    assert decide(TWO, [box], short=SHORT, now=FRIDAY).settled == ()


def test_a_box_that_has_run_the_release_for_a_moment_is_only_waited_for() -> None:
    (box,) = boxes_in(WAITING)
    box = replace(box, runs=SHORT, runs_since=HEARD, runs_until=HEARD)
    decision = decide(TWO, [box], short=SHORT, now=FRIDAY)
    assert (decision.orders, decision.settled, decision.advance_to) == ((), (), None)


def test_who_is_not_heard_and_not_final_stands_apart() -> None:
    boxes = boxes_in(CONFIRMED, 2, seen=AWAY) + boxes_in(ORDERED, 3, seen=AWAY) + boxes_in(ORDERED)
    count = count_stage(boxes, 0, FRIDAY)
    assert (count.members, count.unheard, count.confirmed, count.pending) == (6, 3, 2, 1)


@given(
    st.lists(
        st.tuples(st.sampled_from(UpdateState), st.integers(0, 1), st.booleans(), st.booleans()),
        max_size=60,
    ),
    st.integers(0, 1),
    st.integers(0, 3),
)
def test_whatever_the_boxes_the_bounds_hold(
    drawn: list[tuple[UpdateState, int, bool, bool]], stage: int, failures_max: int
) -> None:
    boxes = [
        replace(
            boxes_in(state, stage=at, seen=HEARD if heard else AWAY)[0],
            box=BoxId(f"box-{number}"),
            is_accepted=accepted,
        )
        for number, (state, at, heard, accepted) in enumerate(drawn)
    ]
    rollout = replace(TWO, stage=stage, failures_max=failures_max)
    decision = decide(rollout, boxes, short=SHORT, now=FRIDAY)
    heard = [one for one in boxes if one.is_heard(FRIDAY) and one.state in UNDER_WAY]
    assert not decision.orders or len(heard) + len(decision.orders) <= UNDER_WAY_MAX
    assert all(one.state is WAITING and one.stage <= stage for one in decision.orders)
    failures = [one for one in boxes if one.state in FAILED and not one.is_accepted]
    if len(failures) > failures_max:
        assert decision.halt is HaltCause.FAILURES
    if decision.halt or decision.advance_to is not None:
        assert decision.orders == ()
    if decision.advance_to is not None:
        here = [one for one in boxes if one.stage == stage and one.is_heard(FRIDAY)]
        assert all(one.state in FINAL for one in here)


def test_waits_double_up_to_their_bound() -> None:
    order = StandingOrder(BoxId("box-1"), OrderKind.UPDATE, 1)
    waits = [
        (replace(order, handed_out=times).due_again(FRIDAY) - FRIDAY).total_seconds()
        for times in (0, 1, 2, 7, 8, 10_000)
    ]
    assert waits == [10, 20, 40, 1280, 1800, 1800]
