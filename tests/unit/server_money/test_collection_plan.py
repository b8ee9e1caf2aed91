"""Planned visits: which days, and what makes or misses them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.container import place_text
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.visit_plan import Rhythm, VisitPlan, planned_visits
from jimpitan_server.services.containers import missed_visits
from server_boxes import FRIDAY

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


def plan(rhythm: Rhythm, **values: object) -> VisitPlan:
    content = {"starts_on": date(2020, 1, 1), "plan_id": "plan-1"} | values
    return VisitPlan(box=BoxId("box-1"), rhythm=rhythm, **content)


def days(one: VisitPlan, first: str, last: str) -> list[str]:
    found = one.days(date.fromisoformat(first), date.fromisoformat(last))
    return [day.isoformat() for day in found]


def test_each_week_has_its_friday() -> None:
    assert days(plan(Rhythm.WEEKLY), "2026-11-01", "2026-11-20") == [
        "2026-11-06",
        "2026-11-13",
        "2026-11-20",
    ]


def test_jumat_manis_falls_on_fridays_35_days_apart() -> None:
    # Almanac of 2026: Jumat Legi.
    found = days(plan(Rhythm.EVERY_35_DAYS), "2026-01-01", "2026-12-31")
    assert {date.fromisoformat(day).weekday() for day in found} == {4}
    assert all((date.fromisoformat(day) - date(1945, 8, 17)).days % 35 == 0 for day in found)
    months = {day[:7] for day in found}
    assert len(found) in {10, 11}
    assert len(months) < 12, "some month has none, and nothing is missed there"


def test_another_anchor_gives_another_pasaran() -> None:
    one = plan(Rhythm.EVERY_35_DAYS, anchor=date(2026, 11, 3))
    assert days(one, "2026-10-01", "2026-12-31") == ["2026-11-03", "2026-12-08"]


def test_a_fifth_friday_falls_out_where_there_is_none() -> None:
    assert days(plan(Rhythm.MONTHLY, nth=5), "2026-01-01", "2026-06-30") == [
        "2026-01-30",
        "2026-05-29",
    ]
    assert days(plan(Rhythm.MONTHLY, weekday=0), "2026-11-10", "2026-12-31") == ["2026-12-07"]


def test_a_plan_begins_and_ends() -> None:
    one = plan(Rhythm.WEEKLY, starts_on=date(2026, 11, 10), ends_on=date(2026, 11, 20))
    assert days(one, "2026-11-01", "2026-12-31") == ["2026-11-13"]
    once = plan(Rhythm.ONCE, starts_on=date(2026, 11, 10))
    assert days(once, "2026-11-01", "2026-12-31") == ["2026-11-10"]
    assert days(once, "2026-11-11", "2026-12-31") == []


@given(DAYS, st.integers(0, 400), st.sampled_from(Rhythm), st.integers(0, 6), st.integers(1, 5))
def test_days_are_in_order_and_the_same_however_they_are_cut(
    first: date, length: int, rhythm: Rhythm, weekday: int, nth: int
) -> None:
    one = plan(rhythm, weekday=weekday, nth=nth)
    last = first + timedelta(days=length)
    whole = list(one.days(first, last))
    assert whole == sorted(set(whole))
    middle = first + timedelta(days=length // 2)
    halves = [*one.days(first, middle), *one.days(middle + timedelta(days=1), last)]
    assert whole == halves


@pytest.mark.parametrize(
    "wrong", [{"weekday": 7}, {"nth": 0}, {"tolerance_days": 31}, {"stop": -1}, {"nth": 6}]
)
def test_a_plan_that_no_calendar_follows_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Malformed):
        plan(Rhythm.WEEKLY, **wrong)


def states(seen: list[str], today: str, **values: object) -> list[tuple[str, str]]:
    one = plan(Rhythm.WEEKLY, starts_on=date(2026, 11, 1), **values)
    found = planned_visits(
        one,
        [date.fromisoformat(day) for day in seen],
        today=date.fromisoformat(today),
        ahead=timedelta(days=7),
    )
    return [(visit.day.isoformat()[5:], str(visit.state)) for visit in found]


def test_a_visit_is_missed_only_when_its_tolerance_is_over() -> None:
    assert states([], "2026-11-08") == [("11-06", "due"), ("11-13", "ahead")]
    assert states([], "2026-11-09") == [("11-06", "missed"), ("11-13", "ahead")]


def test_one_sign_of_life_makes_one_visit() -> None:
    assert states(["2026-11-05"], "2026-11-09")[0] == ("11-06", "made")
    assert states(["2026-11-09"], "2026-11-09", tolerance_days=7) == [
        ("11-06", "made"),
        ("11-13", "ahead"),
    ]
    assert states(["2026-11-10"], "2026-11-16")[0] == ("11-06", "missed")


def test_missed_visits_are_cases_of_their_box_and_day() -> None:
    one = plan(Rhythm.WEEKLY, starts_on=date(2026, 11, 1))
    seen = {BoxId("box-1"): [date(2026, 11, 6)]}
    (case,) = missed_visits([one], seen, today=date(2026, 11, 18), now=FRIDAY)
    assert (case.kind, case.box, case.subject) == ("visit_missed", "box-1", "plan-1/2026-11-13")


def test_names_of_places_are_one_line() -> None:
    assert place_text("  Masjid \n Agung ") == "Masjid Agung"
    for wrong in ("x" * 121, "a\x07b"):
        with pytest.raises(Malformed):
            place_text(wrong)
