"""The days on which banks are open: not at weekends, and not on the days they are given off."""

from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5
_DAY = timedelta(days=1)
# Idul Fitri with its joint leave and two weekends closes the banks for eleven days at the most
# (SKB 3 Menteri of the past years); more days in a row are a mistake in the calendar.
CLOSED_RUN_MAX = 16


@dataclass(frozen=True, slots=True)
class BankCalendar:
    """Days that are closed beside Saturdays and Sundays."""

    closed: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """Tell whether banks settle on a day."""
        return day.weekday() < _SATURDAY and day not in self.closed

    def next_open(self, day: date) -> date:
        """Return `day` if it is open, else the first open day after it."""
        for _ in range(CLOSED_RUN_MAX):
            if self.is_open(day):
                return day
            day += _DAY
        return day

    def later(self, day: date, open_days: int) -> date:
        """Return the day that is so many open days after `day`; 0 is the next open one itself."""
        day = self.next_open(day)
        for _ in range(open_days):
            day = self.next_open(day + _DAY)
        return day
