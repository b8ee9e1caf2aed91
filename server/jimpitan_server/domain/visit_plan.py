"""When a collector is planned to call at a box: each week, on the nth weekday, each 35 days, once.

Days are those of the programme's zone. The Javanese week has five days (pasaran), so a weekday
and a pasaran meet every 35 days: Jumat Manis (Jumat Legi) is such a pair.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import BoxId

# 17 August 1945, the day of the Proclamation, was a Friday with the pasaran Legi, also called
# Manis: so it stands in every almanac, and every 35 days from it is a Jumat Manis.
JUMAT_MANIS = date(1945, 8, 17)
CYCLE = 35
TOLERANCE_DAYS_MAX = 30
# A plan is made years ahead at most; what lies farther back than that is not asked of anybody.
AHEAD_MAX, BACK_MAX = timedelta(days=3 * 366), timedelta(days=3 * 366)


class Rhythm(StrEnum):
    """How visits follow each other."""

    WEEKLY = "weekly"
    """On a weekday of each week."""
    MONTHLY = "monthly"
    """On the nth of a weekday in each month; the fifth falls out where there is none."""
    EVERY_35_DAYS = "every_35_days"
    """Each 35 days from an anchor day; without one on each Jumat Manis."""
    ONCE = "once"
    """On one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """A plan for one box; `weekday` counts from Monday as 0, `stop` orders a day's route."""

    plan_id: str
    box: BoxId
    rhythm: Rhythm
    starts_on: date
    weekday: int = 4
    nth: int = 1
    anchor: date = JUMAT_MANIS
    tolerance_days: int = 2
    collector: str | None = None
    stop: int = 0
    ends_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a plan that no calendar can follow."""
        if not 0 <= self.weekday <= 6:
            raise Malformed("A weekday is 0 (Monday) to 6 (Sunday).")
        if not 1 <= self.nth <= 5:
            raise Malformed("The nth weekday of a month is 1 to 5.")
        if not 0 <= self.tolerance_days <= TOLERANCE_DAYS_MAX:
            raise Malformed(f"A tolerance is 0 to {TOLERANCE_DAYS_MAX} days.")
        if not 0 <= self.stop <= 9_999:
            raise Malformed("A stop on the route is a number from 0 to 9999.")

    def days(self, first: date, last: date) -> Iterator[date]:
        """Yield the planned days from `first` to `last`, both included, in order."""
        begin = max(first, self.starts_on)
        end = last if self.ends_on is None else min(last, self.ends_on - timedelta(days=1))
        match self.rhythm:
            case Rhythm.WEEKLY:
                return _each(begin, end, (self.weekday - begin.weekday()) % 7, 7)
            case Rhythm.EVERY_35_DAYS:
                return _each(begin, end, (self.anchor - begin).days % CYCLE, CYCLE)
            case Rhythm.ONCE:
                return iter([self.starts_on] if begin <= self.starts_on <= end else [])
            case Rhythm.MONTHLY:
                return _nth_weekdays(begin, end, weekday=self.weekday, nth=self.nth)


def _each(begin: date, end: date, wait: int, step: int) -> Iterator[date]:
    day = begin + timedelta(days=wait)
    while day <= end:
        yield day
        day += timedelta(days=step)


def _nth_weekdays(begin: date, end: date, *, weekday: int, nth: int) -> Iterator[date]:
    month = begin.replace(day=1)
    while month <= end:
        wait = (weekday - month.weekday()) % 7 + 7 * (nth - 1)
        day = month + timedelta(days=wait)
        if day.month == month.month and begin <= day <= end:
            yield day
        month = (month + timedelta(days=31)).replace(day=1)


class VisitFinding(StrEnum):
    """The kinds of discrepancy that planned visits raise."""

    VISIT_MISSED = "visit_missed"
    """The tolerance of a planned visit is over, and nothing says that anybody was there."""


class VisitState(StrEnum):
    """How a planned visit stands."""

    AHEAD = "ahead"
    """Its day has not come."""
    DUE = "due"
    """Today, or late within its tolerance."""
    MADE = "made"
    """Somebody was there: a count, an authorised visit or an opened lid says so."""
    MISSED = "missed"
    """Its tolerance is over, and nothing says that anybody was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """One planned visit, and the day on which somebody was there."""

    plan: VisitPlan
    day: date
    state: VisitState
    made_on: date | None = None


def planned_visits(
    plan: VisitPlan,
    seen_on: Iterable[date],
    *,
    today: date,
    ahead: timedelta = timedelta(0),
    back: timedelta = BACK_MAX,
) -> list[PlannedVisit]:
    """Return the planned visits of `back` until today and `ahead`.

    Each sign of life makes one of them at most.
    """
    tolerance = timedelta(days=plan.tolerance_days)
    left = sorted(set(seen_on))
    found = []
    for day in plan.days(today - back, today + ahead):
        made_on = next((one for one in left if abs(one - day) <= tolerance), None)
        if made_on is not None:
            left.remove(made_on)
            state = VisitState.MADE
        elif day > today:
            state = VisitState.AHEAD
        else:
            state = VisitState.DUE if today <= day + tolerance else VisitState.MISSED
        found.append(PlannedVisit(plan=plan, day=day, state=state, made_on=made_on))
    return found
