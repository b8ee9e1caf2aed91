"""The bank's day: Indonesian banks close their books on WIB, wherever the programme is."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone

# Waktu Indonesia Barat, UTC+7, without daylight saving (Keppres 41/1987).
_OFFSET = timedelta(hours=7)
WIB = timezone(_OFFSET, "WIB")


def bank_day(instant: datetime) -> date:
    """Return the day on which a bank books what happened at `instant`."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if instant.tzinfo is UTC:  # as nearly always
        return (instant + _OFFSET).date()
    return instant.astimezone(WIB).date()


def bank_days(instants: Iterable[datetime]) -> list[date]:
    """Return the day of each instant, in their order: a year's payments are a million."""
    return [
        (one + _OFFSET).date() if one.tzinfo is UTC else bank_day(one)  # UTC as nearly always
        for one in instants
    ]
