"""Figures over cases: every case once, in the right bucket, and sums to the rupiah."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.case import CaseState
from jimpitan_server.domain.case_figures import CaseFact, ageing_of, figures_of
from jimpitan_server.domain.rupiah import Rupiah

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def fact(
    age_days: int, closed_after: int | None = None, code: str = "explained", stake: int | None = 5
) -> CaseFact:
    found_at = NOW - timedelta(days=age_days)
    is_closed = closed_after is not None
    return CaseFact(
        state=CaseState.RESOLVED if is_closed else CaseState.OPEN,
        found_at=found_at,
        resolved_at=found_at + timedelta(days=closed_after or 0) if is_closed else None,
        code=code if is_closed else None,
        at_stake=None if stake is None else Rupiah(stake),
    )


def test_a_median_is_a_number_of_days_that_happened() -> None:
    closed = [fact(99, days) for days in (30, 1, 2, 9)]
    assert figures_of(closed).days_to_close_median == 2
    assert figures_of([fact(3)]).days_to_close_median is None


def test_false_alarms_are_among_the_closed_and_no_money_is_at_stake_there() -> None:
    found = figures_of([fact(9, 1, "false_alarm"), fact(9, 1), fact(9, stake=None), fact(9)])
    assert (found.open, found.closed, found.false_alarms) == (2, 2, 1)
    assert found.at_stake == Rupiah(5)


def test_buckets_begin_and_end_where_they_say() -> None:
    for days, bucket in ((0, 0), (7, 0), (8, 1), (30, 1), (31, 2), (90, 2), (91, 3), (999, 3)):
        counts = [one.count for one in ageing_of([fact(days)], NOW)]
        assert counts == [int(place == bucket) for place in range(4)]
    bounds = [(one.days_from, one.days_to) for one in ageing_of([], NOW)]
    assert bounds == [(0, 7), (8, 30), (31, 90), (91, None)]


facts = st.builds(
    fact,
    st.integers(0, 400),
    st.none() | st.integers(0, 50),
    st.sampled_from(["explained", "false_alarm"]),
    st.none() | st.integers(0, 10**9),
)


@given(st.lists(facts, max_size=30))
def test_every_unresolved_case_is_in_one_bucket(found: list[CaseFact]) -> None:
    figures, ageing = figures_of(found), ageing_of(found, NOW)
    assert sum(one.count for one in ageing) == figures.open + figures.waiting
    assert sum(one.at_stake.amount for one in ageing) == figures.at_stake.amount
    assert figures.open + figures.waiting + figures.closed == len(found)
    assert figures.false_alarms <= figures.closed
