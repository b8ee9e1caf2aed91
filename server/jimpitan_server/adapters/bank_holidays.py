"""The days on which Indonesian banks are closed: public holidays and joint leave."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays

from jimpitan_server.domain.bank_calendar import BankCalendar

FIRST_YEAR = 2020  # QRIS began on 1 January 2020 (BI, PADG 21/18/PADG/2019)
YEARS_AHEAD = 2  # holidays by the moon are estimates beyond the next year


@lru_cache(maxsize=4)
def _published(last_year: int) -> frozenset[date]:
    found = holidays.country_holidays(
        "ID", years=range(FIRST_YEAR, last_year + 1), categories=("public", "government")
    )
    return frozenset(found)


def bank_calendar(today: date, closed_too: Iterable[date] = ()) -> BankCalendar:
    """Return the calendar as it is known on a day, with the days an office adds."""
    return BankCalendar(_published(today.year + YEARS_AHEAD) | frozenset(closed_too))
