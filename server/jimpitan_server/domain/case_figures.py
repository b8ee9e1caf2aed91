"""Figures over cases: how many, how long, how much. They never rank people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.case import CaseState
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.domain.rupiah import Rupiah, total

# Fewer collections than this say something about luck, not about a person.
COLLECTIONS_MIN = 5
# The upper bounds of the buckets in days; what is older falls into the last, which has none.
AGES_DAYS = (7, 30, 90)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFact:
    """What figures need to know of one case."""

    state: CaseState
    found_at: datetime
    resolved_at: datetime | None
    code: str | None
    at_stake: Rupiah | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Cases of a box, of a programme, or of one person's collections.

    False alarms are among the closed ones. `at_stake` sums what is open or waits for approval.
    """

    open: int
    waiting: int
    closed: int
    false_alarms: int
    days_to_close_median: int | None
    at_stake: Rupiah


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """Unresolved cases of an age in whole days, both bounds inside; the oldest have no end."""

    days_from: int
    days_to: int | None
    count: int
    at_stake: Rupiah


def figures_of(facts: Iterable[CaseFact]) -> Figures:
    """Return the figures over these cases."""
    known = list(facts)
    closed = [one for one in known if one.state is CaseState.RESOLVED]
    unresolved = [one for one in known if one.state is not CaseState.RESOLVED]
    return Figures(
        open=sum(one.state is CaseState.OPEN for one in unresolved),
        waiting=sum(one.state is CaseState.WAITING for one in unresolved),
        closed=len(closed),
        false_alarms=sum(one.code == ResolutionCode.FALSE_ALARM for one in closed),
        days_to_close_median=_median([_days(one) for one in closed]),
        at_stake=total(one.at_stake for one in unresolved if one.at_stake is not None),
    )


def _days(closed: CaseFact) -> int:
    assert closed.resolved_at is not None
    return max((closed.resolved_at - closed.found_at) // DAY, 0)


def _median(days: Sequence[int]) -> int | None:
    """Return the lower median: a number of days that really happened."""
    return sorted(days)[(len(days) - 1) // 2] if days else None


def ageing_of(facts: Iterable[CaseFact], now: datetime) -> tuple[Ageing, ...]:
    """Return the unresolved cases by their age, every bucket named though it be empty."""
    starts = (0, *(days + 1 for days in AGES_DAYS))
    found: list[list[CaseFact]] = [[] for _ in starts]
    for one in facts:
        if one.state is not CaseState.RESOLVED:
            age = max((now - one.found_at) // DAY, 0)
            found[sum(age > bound for bound in AGES_DAYS)].append(one)
    return tuple(
        Ageing(
            days_from=start,
            days_to=end,
            count=len(bucket),
            at_stake=total(one.at_stake for one in bucket if one.at_stake is not None),
        )
        for start, end, bucket in zip(starts, (*AGES_DAYS, None), found, strict=True)
    )
