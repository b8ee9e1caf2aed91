"""Matching as stories: lids, sensors and counts, before any bank is asked."""

from datetime import timedelta

import pytest
from jimpitan_server.domain.books import Rules
from jimpitan_server.domain.match import Relation, State
from money_books import collection, expectation, kinds, matched, of, opening


def test_an_opened_lid_is_counted_or_asked_for() -> None:
    found = matched(
        openings=(opening(7),), collections=(collection("k1", 5_000, 0.01, sensed=True),)
    )
    assert of(found, Relation.LID_COUNT)[0].state is State.MATCHED
    found = matched(openings=(opening(7),))
    assert of(found, Relation.LID_COUNT)[0].state is State.MISSING
    assert kinds(found) == ["lid_without_count"]
    found = matched(openings=(opening(7),), days_later=0.5)
    assert of(found, Relation.LID_COUNT)[0].state is State.EXPECTED


def test_a_count_of_a_sensor_box_needs_an_opened_lid_and_that_of_a_can_does_not() -> None:
    found = matched(collections=(collection("k1", 5_000, sensed=True),))
    assert "count_without_lid" in kinds(found)
    found = matched(collections=(collection("k1", 5_000, sensed=False),))
    assert "count_without_lid" not in kinds(found)
    found = matched(collections=(collection("k1", 5_000, sensed=True),), days_later=0.5)
    assert of(found, Relation.LID_COUNT)[0].state is State.EXPECTED


def test_a_lid_opened_twice_in_one_visit_is_one_visit() -> None:
    openings = (opening(7), opening(9, 0, 10), opening(30, 7))
    found = matched(
        openings=openings,
        collections=(collection("k1", 5_000, 0.005, sensed=True),),
        expectations=(expectation(7, 4), expectation(9, 1)),
    )
    states = {match.left: match.state for match in of(found, Relation.LID_COUNT)}
    assert states == {("box-0017/7",): State.MATCHED, ("box-0017/30",): State.MISSING}
    (sensed,) = of(found, Relation.SENSOR_COUNT)
    assert sensed.evidence["deposits"] == 5


def test_an_uncertain_clock_reaches_further() -> None:
    late = collection("k1", 5_000, 0.2, sensed=True)
    found = matched(openings=(opening(7, uncertainty_s=6 * 3600),), collections=(late,))
    assert of(found, Relation.LID_COUNT)[0].state is State.MATCHED


@pytest.mark.parametrize(
    ("counted", "missing", "state"),
    [
        (4_000, 0, State.UNDER),
        (5_000, 0, State.WITHIN_TOLERANCE),
        (200_000, 0, State.WITHIN_TOLERANCE),
        (201_000, 0, State.OVER),
        (201_000, 1, State.WITHIN_TOLERANCE),
    ],
)
def test_a_sensor_is_evidence_with_an_interval(counted: int, missing: int, state: State) -> None:
    found = matched(
        openings=(opening(7),),
        collections=(collection("k1", counted, sensed=True),),
        expectations=(expectation(7, 10, missing),),
    )
    (match,) = of(found, Relation.SENSOR_COUNT)
    assert match.state is state


def test_two_counts_do_not_share_a_lid_opening() -> None:
    found = matched(
        openings=(opening(7),),
        collections=(
            collection("k1", 5_000, 0.001, sensed=True),
            collection("k2", 5_000, 0.002, sensed=True),
        ),
    )
    states = {match.right: match.state for match in of(found, Relation.LID_COUNT)}
    assert states == {("k1",): State.MATCHED, ("k2",): State.MISSING}


def test_patience_is_a_rule() -> None:
    rules = Rules(remittance_due=timedelta(days=10))
    found = matched(rules, days_later=5, collections=(collection("k1", 5_000),))
    assert of(found, Relation.COUNT_REMITTANCE)[0].state is State.EXPECTED
    assert found.discrepancies == ()
