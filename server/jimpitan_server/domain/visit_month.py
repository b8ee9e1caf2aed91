"""A month of planned visits, as weeks from Monday, with the days of the Javanese cycle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from jimpitan_server.domain.visit_plan import CYCLE, JUMAT_MANIS, PlannedVisit, VisitState

DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One day and its planned visits; `is_within` is False for days of the months beside."""

    day: date
    is_within: bool
    is_today: bool
    is_jumat_manis: bool
    visits: tuple[PlannedVisit, ...]

    @property
    def counts(self) -> tuple[tuple[VisitState, int], ...]:
        """Return how many visits are in each state, the ones to act on first."""
        order = (VisitState.MISSED, VisitState.DUE, VisitState.AHEAD, VisitState.MADE)
        found = ((state, sum(one.state is state for one in self.visits)) for state in order)
        return tuple((state, count) for state, count in found if count)


def is_jumat_manis(day: date) -> bool:
    """Say whether a day is a Friday with the pasaran Manis."""
    return (day - JUMAT_MANIS).days % CYCLE == 0


def first_of_month(day: date, *, later: int = 0) -> date:
    """Return the first day of the month of a day, or of one so many months later."""
    month = day.year * 12 + day.month - 1 + later
    return date(month // 12, month % 12 + 1, 1)


def month_of(
    first: date, visits: Iterable[PlannedVisit], *, today: date
) -> Sequence[tuple[CalendarDay, ...]]:
    """Return the weeks of the month that begins on `first`, from Monday to Sunday."""
    by_day: dict[date, list[PlannedVisit]] = {}
    for visit in visits:
        by_day.setdefault(visit.day, []).append(visit)
    after = first_of_month(first, later=1)
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday < after:
        days = (monday + timedelta(days=one) for one in range(DAYS_OF_WEEK))
        weeks.append(
            tuple(
                CalendarDay(
                    day=day,
                    is_within=first <= day < after,
                    is_today=day == today,
                    is_jumat_manis=is_jumat_manis(day),
                    visits=tuple(by_day.get(day, ())),
                )
                for day in days
            )
        )
        monday += timedelta(days=DAYS_OF_WEEK)
    return weeks
