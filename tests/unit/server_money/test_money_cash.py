"""A cash count holds only what a purse can hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.cash import DENOMINATIONS, PIECES_MAX, CashCount
from jimpitan_server.domain.money_errors import CountMalformed
from jimpitan_server.domain.rupiah import Rupiah

PIECES = st.dictionaries(st.sampled_from(DENOMINATIONS), st.integers(0, PIECES_MAX))


@given(PIECES)
def test_the_total_is_that_of_all_pieces(pieces: dict[int, int]) -> None:
    count = CashCount.of(pieces)
    assert count.total == Rupiah(sum(value * number for value, number in pieces.items()))
    assert count.piece_count == sum(pieces.values())
    assert count.pieces_by_denomination() == {key: n for key, n in pieces.items() if n}


@given(PIECES)
def test_the_order_of_counting_does_not_matter(pieces: dict[int, int]) -> None:
    assert CashCount.of(pieces) == CashCount.of(dict(reversed(pieces.items())))


@pytest.mark.parametrize(
    "pieces", [{50: 1}, {1: 1}, {25_000: 1}, {1_000: -1}, {1_000: PIECES_MAX + 1}, {1_000: True}]
)
def test_a_count_nobody_can_have_made_is_refused(pieces: dict[int, int]) -> None:
    with pytest.raises(CountMalformed):
        CashCount.of(pieces)


def test_rows_stand_once_each() -> None:
    with pytest.raises(CountMalformed):
        CashCount(((1_000, 1), (1_000, 1)))
