"""Batches and lines in order: the best alignment, held against trying every one."""

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from jimpitan_server.domain.alignment import (
    RUN_LENGTH_MAX,
    SIDE_LENGTH_MAX,
    Alignment,
    Arrived,
    Due,
    Pair,
    align,
    cost_of,
)

# Small sums and few days, so that much is equal and much is in reach.
_SUMS = st.integers(1, 4)
_DAYS = st.integers(0, 9)


def due_on(day: int, amount_idr: int) -> Due:
    """Return a batch; of the youngest the line may still be on its way."""
    return Due(amount_idr, day - 1, day, day + 2, day + 5, is_overdue=day < 8)


def all_alignments(batches: int, arrived: list[Arrived]) -> Iterator[tuple[Pair, ...]]:
    """Yield every way to pair runs of batches with lines; lines of one day in any order."""
    runs = [
        (start, end)
        for start in range(batches)
        for end in range(start + 1, min(start + RUN_LENGTH_MAX, batches) + 1)
    ]
    for count in range(min(batches, len(arrived)) + 1):
        for chosen in combinations(runs, count):
            if any(one[1] > other[0] for one, other in pairwise(chosen)):
                continue
            for lines in permutations(range(len(arrived)), count):
                days = [arrived[line].day for line in lines]
                if days == sorted(days):
                    yield tuple(Pair(*run, line) for run, line in zip(chosen, lines, strict=True))


def cost(pairs: tuple[Pair, ...], due: list[Due], arrived: list[Arrived]) -> int:
    named = (([*due[one.start : one.end]], arrived[one.line]) for one in pairs)
    return cost_of(named, due, lines=len(arrived))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(_DAYS, _SUMS), max_size=4), st.lists(st.tuples(_DAYS, _SUMS), max_size=4)
)
def test_nothing_is_better_than_the_best_and_all_as_good_are_counted(
    batches: list[tuple[int, int]], lines: list[tuple[int, int]]
) -> None:
    due = [due_on(day, amount) for day, amount in sorted(batches)]
    arrived = [Arrived(amount, day) for day, amount in sorted(lines)]
    costs = {one: cost(one, due, arrived) for one in all_alignments(len(due), arrived)}
    best = [one for one, price in costs.items() if price == min(costs.values())]
    found = align(due, arrived)
    assert isinstance(found, Alignment)
    assert found.pairs in best
    assert (found.cost, found.ways) == (costs[found.pairs], len(best))
    everywhere = set(best[0]).intersection(*best)
    somewhere = {pair for one in best for pair in one}
    assert found.open_lines == {pair.line for pair in somewhere - everywhere}
    # Told what somebody found already, it looks at less and finds the same, or nothing better.
    for known in {*costs.values(), found.cost + 1}:
        better = found if found.cost < known else None
        assert align(due, arrived, below=known) == better


def aligned(batches: list[Due], *lines: tuple[int, int]) -> Alignment:
    found = align(batches, [Arrived(amount, day) for day, amount in lines])
    assert found is not None
    return found


def test_bank_that_paid_less_than_it_told_is_believed_last() -> None:
    """A line that fits the second batch to the rupiah is the first's all the same."""
    batches = [due_on(0, 1000), due_on(1, 2000)]
    found = aligned(batches, (1, 2000), (2, 2000))
    assert found.pairs == (Pair(0, 1, 0), Pair(1, 2, 1))
    assert (found.ways, found.open_lines) == (1, frozenset())


def test_line_on_its_days_is_preferred_to_an_equal_one_beside_them() -> None:
    found = aligned([due_on(3, 1000)], (2, 1000), (4, 1000))
    assert found.pairs == (Pair(0, 1, 1),)
    assert found.ways == 1


def test_equal_lines_on_their_days_are_counted_and_left_open() -> None:
    found = aligned([due_on(3, 1000)], (4, 1000), (5, 1000))
    assert found.ways == 2
    assert found.open_lines == {0, 1}


def test_line_beside_its_days_is_known_by_its_sum_alone() -> None:
    assert aligned([due_on(0, 1000)], (5, 1000)).pairs == (Pair(0, 1, 0),)
    assert aligned([due_on(0, 1000)], (5, 1500)).pairs == ()
    assert aligned([due_on(1, 1000)], (0, 1000)).pairs == (Pair(0, 1, 0),)
    assert aligned([due_on(1, 1000)], (0, 1500)).pairs == ()


def test_late_line_is_believed_last_but_for_less_than_was_told() -> None:
    found = aligned([due_on(0, 1000)], (1, 6000), (5, 1000))
    assert found.pairs == (Pair(0, 1, 0),)
    less = aligned([due_on(0, 1000)], (1, 500), (5, 1000))
    assert less.pairs == (Pair(0, 1, 1),)


def test_several_batches_in_one_line_are_known_by_their_sum_alone() -> None:
    batches = [due_on(0, 1000), due_on(1, 2000)]
    assert aligned(batches, (2, 3000)).pairs == (Pair(0, 2, 0),)
    assert aligned(batches, (2, 3500)).pairs == (Pair(0, 1, 0),)


def test_lines_of_one_day_stand_in_any_order() -> None:
    """Two batches are paid on one day, and the bank writes the younger one first."""
    found = aligned([due_on(0, 1000), due_on(1, 22_000)], (2, 24_000), (2, 2000))
    assert found.pairs == (Pair(0, 1, 1), Pair(1, 2, 0))
    assert found.ways == 1


def test_day_with_too_many_lines_is_left_alone() -> None:
    batches = [due_on(0, 1000)] * 10
    assert align(batches, [Arrived(1000, 1)] * 14) is None


def test_too_many_are_left_alone() -> None:
    many = [due_on(0, 1)] * (SIDE_LENGTH_MAX + 1)
    assert align(many, []) is None
    assert align([], [Arrived(1, 0)] * (SIDE_LENGTH_MAX + 1)) is None
