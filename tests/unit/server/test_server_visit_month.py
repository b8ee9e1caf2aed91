"""A month of planned visits: whole weeks, the days of the cycle, and a file others can read."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from jimpitan_server.adapters.visit_calendar import visit_calendar
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.visit_month import first_of_month, is_jumat_manis, month_of
from jimpitan_server.domain.visit_plan import (
    PlannedVisit,
    Rhythm,
    VisitPlan,
    VisitState,
    planned_visits,
)

PLAN = VisitPlan(
    plan_id="plan-1", box=BoxId("box-7"), rhythm=Rhythm.WEEKLY, starts_on=date(2026, 1, 1)
)
TODAY = date(2026, 12, 1)


def visit(day: date, state: VisitState = VisitState.AHEAD) -> PlannedVisit:
    return PlannedVisit(plan=PLAN, day=day, state=state)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 1)))
def test_a_month_is_whole_weeks_and_has_each_of_its_days_once(day: date) -> None:
    first = first_of_month(day)
    weeks = month_of(first, [], today=day)
    days = [one for week in weeks for one in week]
    assert all(len(week) == 7 and week[0].day.weekday() == 0 for week in weeks)
    within = [one.day for one in days if one.is_within]
    assert within == [first + timedelta(days=at) for at in range(len(within))]
    assert first_of_month(first, later=1) == within[-1] + timedelta(days=1)
    assert sum(one.is_today for one in days) == 1


@pytest.mark.parametrize(
    ("later", "expected"),
    [(-12, date(2025, 12, 1)), (-1, date(2026, 11, 1)), (1, date(2027, 1, 1)), (0, TODAY)],
)
def test_months_follow_each_other_over_years(later: int, expected: date) -> None:
    assert first_of_month(TODAY, later=later) == expected


def test_jumat_manis_is_each_35_days_and_a_month_may_have_none() -> None:
    year = [date(2026, 1, 1) + timedelta(days=at) for at in range(365)]
    found = [day for day in year if is_jumat_manis(day)]
    assert all(day.weekday() == 4 for day in found)
    assert {(b - a).days for a, b in pairwise(found)} == {35}
    assert len({day.month for day in found}) < 12


def test_what_must_be_acted_on_is_counted_first() -> None:
    day = date(2026, 12, 4)
    visits = [visit(day, VisitState.MADE), visit(day), visit(day, VisitState.MISSED), visit(day)]
    (found,) = [
        one
        for week in month_of(date(2026, 12, 1), visits, today=TODAY)
        for one in week
        if one.visits
    ]
    assert found.counts == (
        (VisitState.MISSED, 1),
        (VisitState.AHEAD, 2),
        (VisitState.MADE, 1),
    )


def test_the_file_is_read_by_others_and_names_each_visit_for_ever() -> None:
    visits = planned_visits(PLAN, (), today=TODAY, ahead=timedelta(days=30), back=timedelta(0))
    content = visit_calendar(
        visits,
        programme="Program; Uji, dan kawan\r\nEVIL:1",
        site_by_box={"box-7": "Lobi, lantai 1;\nEND:VEVENT"},
        written_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
    read = Calendar.from_ical(content)
    events = read.walk("VEVENT")
    assert [one.decoded("dtstart") for one in events] == [one.day for one in visits]
    assert events[0]["uid"] == "plan-1-2026-12-04@jimpitan"
    assert str(read["x-wr-calname"]) == "Program; Uji, dan kawan EVIL:1"
    assert {str(one["location"]) for one in events} == {"Lobi, lantai 1;\nEND:VEVENT"}
