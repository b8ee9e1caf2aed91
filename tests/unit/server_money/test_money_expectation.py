"""What sensed deposits lead us to expect: honest intervals, pieces, and drifts over visits."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.drift import Residual, drifts_of
from jimpitan_server.domain.expectation import (
    BUNDLE,
    COIN,
    NO_MOMENTS,
    NOTE,
    NOTE_SHARES,
    UNKNOWN,
    Moments,
    interval_of,
    moments_of,
    moments_sum,
    pieces_of,
)

COIN_1000 = ((COIN, 1_000, 1_000),)
UNSURE = ((UNKNOWN, 0, 0), (NOTE, 2_000, 500), (NOTE, 50_000, 500))


def one(guesses: tuple[tuple[int, int, int], ...], form: int = COIN) -> Moments:
    return moments_of(deposits=1, pieces=1, form=form, guesses=guesses)


def many(part: Moments, times: int) -> Moments:
    return moments_sum([part] * times)


def test_coins_that_are_sure_add_up_to_a_narrow_interval() -> None:
    found = interval_of(many(one(COIN_1000), 100), deposits=100)
    assert 98_000 < found.low_idr < found.mean_idr < found.high_idr < 102_000
    assert found.high_idr - found.low_idr < 0.02 * 100 * (20_000 - 500)


def test_programme_s_shares_say_which_of_two_notes_was_likelier() -> None:
    mean = one(UNSURE, NOTE).mean_milli / 1000
    share = NOTE_SHARES[50_000] / (NOTE_SHARES[2_000] + NOTE_SHARES[50_000])
    assert mean == pytest.approx(2_000 + 48_000 * share, rel=0.02)


def test_one_large_note_that_was_taken_for_a_small_one_stays_inside() -> None:
    sensed = moments_sum([many(one(COIN_1000), 50), many(one(UNSURE, NOTE), 5)])
    found = interval_of(sensed, deposits=55)
    assert found.low_idr <= 50_000 + 5 * 2_000 <= found.high_idr
    assert found.high_idr >= 50_000 + 4 * 2_000 + 50_000


@pytest.mark.parametrize("seed", range(3))
def test_interval_holds_nearly_all_sums_when_likelihoods_are_honest(seed: int) -> None:
    draw = random.Random(seed)
    weights = {2_000: NOTE_SHARES[2_000], 5_000: NOTE_SHARES[5_000], 50_000: NOTE_SHARES[50_000]}
    guesses = tuple((NOTE, value, 333) for value in weights)
    found = interval_of(many(one(guesses, NOTE), 40), deposits=40)
    held = 0
    for _ in range(1_000):
        total = sum(draw.choices(list(weights), list(weights.values()), k=40))
        held += found.low_idr <= total <= found.high_idr
    assert held >= 990


@pytest.mark.parametrize(
    ("form", "low", "high"),
    [(COIN, 500, 900), (NOTE, 2_500, 7_000), (BUNDLE, 1_000, 5_000), (UNKNOWN, 1_000, 5_000)],
)
def test_piece_without_guesses_is_worth_what_its_form_usually_is(
    form: int, low: int, high: int
) -> None:
    found = moments_of(deposits=1, pieces=1, form=form, guesses=())
    assert low < found.mean_milli / 1000 < high
    assert (found.weighed, found.pieces) == (1, 1)


def test_guess_of_a_form_alone_is_worth_what_that_is() -> None:
    bundle = one(((BUNDLE, 0, 1_000),), BUNDLE).mean_milli
    pair = one(((COIN, 0, 1_000),)).mean_milli
    note = one(((NOTE, 0, 1_000),), NOTE).mean_milli
    assert pair < note < bundle < note + pair


def test_guess_of_an_unheard_form_or_note_is_no_crash() -> None:
    assert one(((9, 1_000, 1_000),)).mean_milli > 0
    assert one(((NOTE, 75_000, 1_000),), NOTE).mean_milli > 70_000_000


def test_handful_is_fewer_pieces_than_the_box_says_and_less_sure() -> None:
    found = moments_of(deposits=3, pieces=10, form=COIN, guesses=())
    assert (found.weighed, found.pieces) == (3, 9)
    assert pieces_of(found, deposits=3).deviation > 1.5
    assert pieces_of(many(one(COIN_1000), 10), deposits=10).deviation < 0.6


def test_what_nobody_weighed_is_worth_a_usual_gift_and_widens() -> None:
    sensed = many(one(COIN_1000), 10)
    alone, more = interval_of(sensed, deposits=10), interval_of(sensed, deposits=12)
    assert more.mean_idr > alone.mean_idr + 2_000
    assert more.high_idr - more.low_idr > alone.high_idr - alone.low_idr
    assert pieces_of(sensed, deposits=12).expected == 12


def test_missing_records_widen_the_high_side_only() -> None:
    sensed = many(one(COIN_1000), 10)
    alone = interval_of(sensed, deposits=10)
    missing = interval_of(sensed, deposits=10, records_missing=4)
    assert (missing.low_idr, missing.mean_idr) == (alone.low_idr, alone.mean_idr)
    assert missing.high_idr > alone.high_idr
    assert pieces_of(sensed, deposits=10, records_missing=4).low < 10 - 4


def test_gift_at_an_edge_widens_both_sides_and_moves_nothing() -> None:
    sensed = many(one(COIN_1000), 10)
    alone, edge = interval_of(sensed, deposits=10), interval_of(sensed, deposits=10, at_edges=1)
    assert edge.mean_idr == alone.mean_idr
    assert edge.low_idr < alone.low_idr
    assert edge.high_idr > alone.high_idr


def test_nothing_sensed_is_nothing_expected() -> None:
    found = interval_of(NO_MOMENTS, deposits=0)
    assert (found.low_idr, found.mean_idr, found.deviation_idr) == (0, 0, 0)
    assert found.standardised(10**9) == 9.0
    assert found.standardised(-(10**9)) == -9.0


WEIGHINGS = st.builds(
    moments_of,
    deposits=st.integers(0, 5),
    pieces=st.integers(0, 20),
    form=st.integers(0, 4),
    guesses=st.lists(
        st.tuples(
            st.integers(0, 4), st.sampled_from([0, 500, *NOTE_SHARES]), st.integers(0, 1_000)
        ),
        max_size=4,
    ).map(tuple),
)


@given(st.lists(WEIGHINGS, max_size=8), st.randoms())
def test_order_and_grouping_of_weighings_do_not_matter(
    parts: list[Moments], draw: random.Random
) -> None:
    shuffled = list(parts)
    draw.shuffle(shuffled)
    cut = draw.randint(0, len(parts))
    assert moments_sum(parts) == moments_sum(shuffled)
    assert moments_sum(parts) == moments_sum(parts[:cut]) + moments_sum(parts[cut:])


@given(st.lists(WEIGHINGS, min_size=1, max_size=8), st.integers(0, 30), st.integers(0, 5))
def test_interval_is_around_its_mean_whatever_was_sensed(
    parts: list[Moments], deposits: int, missing: int
) -> None:
    found = interval_of(moments_sum(parts), deposits=deposits, records_missing=missing)
    assert 0 <= found.low_idr <= found.mean_idr <= found.high_idr
    assert found.standardised(found.mean_idr) == 0


def residual(name: int, away: float, pieces: int = 0) -> Residual:
    return Residual(
        collection_id=f"c{name}",
        away=away,
        pieces=pieces,
        pieces_expected=100,
        counted_idr=100_000 + pieces * 1_000,
        mean_idr=100_000,
        deviation_idr=5_000,
    )


def test_counts_a_little_below_at_every_visit_are_a_drift() -> None:
    (found,) = drifts_of([residual(n, -1.5, -3) for n in range(6)])
    assert found.is_below
    assert (found.since, found.until, found.visits) == ("c0", "c5", 6)
    assert (found.pieces, found.likely_idr) == (-18, -18_000)
    low, high = found.difference_idr
    assert low < -18_000 < high


def test_after_a_drift_the_sum_begins_anew() -> None:
    first, second = drifts_of([residual(n, -2.5) for n in range(6)])
    assert (first.until, second.since) == ("c2", "c3")


def test_one_count_far_off_is_no_drift() -> None:
    assert drifts_of([residual(0, -9.0), residual(1, 0.0), residual(2, -9.0)]) == []


def test_counts_above_are_a_drift_of_the_other_side() -> None:
    (found,) = drifts_of([residual(n, 1.5, 2) for n in range(6)])
    assert not found.is_below
    assert found.likely_idr == 12_000


@pytest.mark.parametrize("seed", range(3))
def test_honest_counts_seldom_drift(seed: int) -> None:
    draw = random.Random(seed)
    honest = [residual(n, draw.gauss(0, 1)) for n in range(3_000)]
    assert len(drifts_of(honest)) <= 9
