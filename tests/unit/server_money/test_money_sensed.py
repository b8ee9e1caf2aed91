"""Counts beside what was sensed: money, pieces, and boxes that run off over visits."""

from dataclasses import replace

import pytest
from jimpitan_server.domain.books import Expectation
from jimpitan_server.domain.expectation import COIN, SUM_MAX, Moments, moments_of, moments_sum
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.money_discrepancies import MoneyFinding
from money_books import BOX, collection, matched, of, opening

COIN_1000 = moments_of(deposits=1, pieces=1, form=COIN, guesses=((COIN, 1_000, 1_000),))


def sensed(seq: int, coins: int, deposits: int | None = None, **more: int) -> Expectation:
    moments: Moments = moments_sum([COIN_1000] * coins)
    return Expectation(
        box=BOX, lid_seq=seq, deposits=coins if deposits is None else deposits, moments=moments,
        **more,
    )  # fmt: skip


def count(name: str, amount: int, pieces: int | None, days: float = 0) -> object:
    return replace(collection(name, amount, days, sensed=True), pieces=pieces)


def one_visit(amount: int, pieces: int | None, expected: Expectation) -> tuple[Match, Matching]:
    matching = matched(
        collections=(count("c1", amount, pieces),),
        openings=(opening(9),),
        expectations=(expected,),
    )
    (match,) = of(matching, Relation.SENSOR_COUNT)
    return match, matching


def kinds(matching: Matching) -> set[str]:
    return {str(one.kind) for one in matching.discrepancies}


def test_honest_count_lies_inside_a_narrow_interval() -> None:
    match, _ = one_visit(100_000, 100, sensed(9, 100))
    assert match.state is State.WITHIN_TOLERANCE
    assert match.variance.amount == 0
    evidence = match.evidence
    low, high = evidence["difference_low_idr"], evidence["difference_high_idr"]
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert low <= 0 <= high
    assert (evidence["pieces_expected"], evidence["pieces_counted"]) == (100, 100)


def test_count_below_says_between_what_and_what_the_difference_lies() -> None:
    match, matching = one_visit(80_000, 80, sensed(9, 100))
    assert match.state is State.UNDER
    assert MoneyFinding.COUNT_BELOW_SENSOR in kinds(matching)
    assert int(str(match.evidence["difference_low_idr"])) < -20_000
    assert -20_000 < int(str(match.evidence["difference_high_idr"])) < 0


def test_lacking_pieces_are_a_case_where_money_alone_would_not_be() -> None:
    unsure = replace(sensed(9, 60), deposits=100)  # forty gifts that nobody weighed
    match, _ = one_visit(60_000 + 40_000, 70, unsure)
    assert match.state is State.UNDER
    assert "30 pieces fewer" in match.reason
    assert match.left_total.amount > match.right_total.amount


@pytest.mark.parametrize("pieces", [98, 99, 101, None])
def test_piece_or_two_more_or_less_is_no_case(pieces: int | None) -> None:
    match, _ = one_visit(100_000, pieces, sensed(9, 100))
    assert match.state is State.WITHIN_TOLERANCE


def test_more_money_than_was_sensed_is_above() -> None:
    match, matching = one_visit(150_000, 150, sensed(9, 100))
    assert match.state is State.OVER
    assert MoneyFinding.COUNT_ABOVE_SENSOR in kinds(matching)


def test_box_that_does_not_weigh_is_compared_by_its_number_of_deposits() -> None:
    plain = Expectation(box=BOX, lid_seq=9, deposits=100)
    match, _ = one_visit(100_000, 100, plain)
    assert (match.evidence["low_idr"], match.evidence["high_idr"]) == (50_000, 2_000_000)
    assert "pieces_expected" not in match.evidence
    assert "mean_idr" not in match.evidence


def test_two_pieces_a_visit_become_a_drift_that_names_no_person() -> None:
    visits = range(8)
    matching = matched(
        days_later=100,
        collections=tuple(count(f"c{n}", 98_500, 98, days=7 * n) for n in visits),
        openings=tuple(opening(10 + n, days=7 * n) for n in visits),
        expectations=tuple(sensed(10 + n, 100) for n in visits),
    )
    drifts = [one for one in matching.discrepancies if one.kind == MoneyFinding.COUNTS_DRIFT]
    assert drifts
    assert {one.box for one in drifts} == {BOX}
    first = drifts[0].evidence
    assert first["arrived_idr"] - first["expected_idr"] < 0  # type: ignore[operator]
    assert "holder" not in first
    assert MoneyFinding.COUNT_BELOW_SENSOR not in kinds(matching)


def test_honest_visits_are_no_drift() -> None:
    visits = range(8)
    matching = matched(
        days_later=100,
        collections=tuple(count(f"c{n}", 100_000, 100 + n % 2, days=7 * n) for n in visits),
        openings=tuple(opening(10 + n, days=7 * n) for n in visits),
        expectations=tuple(sensed(10 + n, 100) for n in visits),
    )
    assert MoneyFinding.COUNTS_DRIFT not in kinds(matching)


def test_weighings_beyond_what_can_be_added_up_count_for_nothing_and_say_so() -> None:
    full = replace(COIN_1000, variance=SUM_MAX - 1)
    whole = moments_sum([full, full])
    assert (whole.variance, whole.is_full, full.is_full) == (SUM_MAX, True, False)
    expected = replace(sensed(9, 10), moments=whole)
    match, matching = one_visit(10_000, 10, expected)
    assert match.state is State.WITHIN_TOLERANCE
    assert match.evidence["weighings_full"] is True
    assert "mean_idr" not in match.evidence
    assert "count for nothing" in match.reason
    below, _ = one_visit(1_000, 1, expected)
    assert below.state is State.UNDER, "ten deposits are worth more than Rp 1.000 all the same"
    assert MoneyFinding.COUNT_BELOW_SENSOR not in kinds(matching)
