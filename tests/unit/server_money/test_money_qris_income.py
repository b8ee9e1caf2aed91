"""A fall of a box's QRIS income is told by its own past, and by nothing that all boxes share."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.qris_income import (
    EVIDENCE_ENOUGH,
    PAST_WEEKS_MIN,
    IncomeFall,
    falls_of_income,
)
from jimpitan_server.services.watch_stickers import StickerState, overdue, weekly
from server_boxes import FRIDAY

BOX = BoxId("box-0017")
STEADY = [9, 11, 10, 8, 12, 10, 11, 9, 10, 10, 12, 8]


def falls(*series: int) -> list[IncomeFall]:
    return falls_of_income({BOX: series})


def test_a_covered_sticker_is_told_with_what_was_expected() -> None:
    (fall,) = falls(*STEADY, 0, 0, 0, 0)
    assert (fall.box, fall.since, fall.counted) == (BOX, len(STEADY), 0)
    assert fall.told <= len(STEADY) + 2
    assert fall.expected == pytest.approx(10 * (fall.told - fall.since + 1), rel=0.1)
    assert fall.evidence >= EVIDENCE_ENOUGH


def test_quiet_boxes_need_longer_and_silent_ones_say_nothing() -> None:
    quiet = [2, 1, 3, 2, 2, 1, 3, 2, 2, 2, 1, 3]
    assert falls(*quiet, 0, 0) == []
    (fall,) = falls(*quiet, *[0] * 14)
    assert fall.told > len(quiet) + 3
    assert falls(*[0, 1, 0, 0, 0, 0, 1, 0] * 4, *[0] * 30) == []


def test_a_quiet_week_that_is_made_up_for_is_forgotten() -> None:
    assert falls(*STEADY, 1, 10, 11, 1, 10, 12, 2, 9, 10) == []


def test_a_young_box_is_not_judged() -> None:
    assert falls(*[10] * (PAST_WEEKS_MIN - 1), 0) == []
    assert falls() == []
    assert falls_of_income({}) == []


def test_after_a_fall_a_box_begins_anew() -> None:
    found = falls(*STEADY, *[0] * 20, *STEADY, *[0] * 6)
    assert len(found) == 2


def test_a_season_that_all_share_is_nobodys_fall() -> None:
    town = {BoxId(f"box-{number}"): [*STEADY, 2, 1, 2, 2, 1, 10, 9] for number in range(12)}
    assert falls_of_income(town) == []
    town[BOX] = [*STEADY, 0, 0, 0, 0, 0, 0, 0]
    (fall,) = falls_of_income(town)
    assert fall.box == BOX


def test_series_of_different_length_end_together() -> None:
    found = falls_of_income({BOX: [*STEADY, 0, 0, 0, 0], BoxId("older"): [10] * 40})
    assert [(fall.box, fall.since) for fall in found] == [(BOX, 36)]


@given(st.lists(st.lists(st.integers(0, 60), max_size=40), max_size=9))
@settings(max_examples=40)
def test_any_counts_are_judged_and_told_once(series: list[list[int]]) -> None:
    counts = {BoxId(f"box-{number}"): one for number, one in enumerate(series)}
    found = falls_of_income(counts)
    assert found == falls_of_income(dict(reversed(counts.items())))
    assert len({(fall.box, fall.told) for fall in found}) == len(found)
    for fall in found:
        assert fall.since <= fall.told
        assert fall.counted < fall.expected


MONDAY = date(2026, 11, 16)


def test_weeks_begin_on_monday_and_the_first_is_a_whole_one() -> None:
    days = {MONDAY - timedelta(days=back): 1 for back in (1, 2, 8, 20)}
    days[MONDAY] = 99  # this week is not over
    assert weekly({BOX: days}, since=date(2025, 1, 6), until=MONDAY) == {BOX: [1, 2]}
    assert weekly({BOX: {MONDAY: 5}}, since=date(2025, 1, 6), until=MONDAY) == {}
    since = MONDAY - timedelta(days=14)
    assert weekly({BOX: days}, since=since, until=MONDAY) == {BOX: [1, 2]}


def test_the_longest_unseen_sticker_comes_first() -> None:
    def state(name: str, registered: int, scanned: int | None) -> StickerState:
        return StickerState(
            box=BoxId(name),
            registered_at=FRIDAY - timedelta(days=registered),
            scanned_at=None if scanned is None else FRIDAY - timedelta(days=scanned),
            verdict=None,
        )

    states = [state("a", 90, 3), state("b", 90, 15), state("c", 40, None), state("d", 5, None)]
    late = overdue(states, now=FRIDAY, patience=timedelta(days=14))
    assert [one.box for one in late] == ["c", "b"]
