"""Watches stickers by time alone: scans that are overdue, and QRIS income that fell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.qris_income import IncomeFall
from jimpitan_server.domain.sticker import StickerFinding

# Two years: longer than any past that the test looks at, and every season in it.
WEEKS_MAX = 104
# An older alarm was raised when it was new.
ALARM_WEEKS = 2
_WEEK = timedelta(days=7)

FallsOf = Callable[[Mapping[BoxId, Sequence[int]]], list[IncomeFall]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StickerState:
    """A box with a code: since when it has one, and its last scan at a visit, if any."""

    box: BoxId
    registered_at: datetime
    scanned_at: datetime | None
    verdict: str | None

    @property
    def seen_at(self) -> datetime:
        """When a person last could have known that the sticker is ours."""
        return self.scanned_at or self.registered_at


class WatchStore(Protocol):
    """One open transaction, for what time alone brings about."""

    async def sticker_states(self) -> Sequence[StickerState]:
        """Return every box that carries a code, in order of its last scan."""
        ...

    async def payments_by_day(self, since: date) -> Mapping[BoxId, Mapping[date, int]]:
        """Return how many payments each box's own code had on each bank day from `since`."""
        ...

    async def exchange_overdue(self, found: Sequence[Discrepancy], now: datetime) -> None:
        """Raise overdue scans that are new, and close those that were made."""
        ...

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """What watching found: scans that are overdue now, and falls that are new."""

    overdue: tuple[Discrepancy, ...]
    falls: tuple[Discrepancy, ...]


def overdue(
    states: Sequence[StickerState], *, now: datetime, patience: timedelta
) -> list[StickerState]:
    """Return the boxes whose sticker nobody has scanned for longer than `patience`."""
    late = [one for one in states if now - one.seen_at > patience]
    return sorted(late, key=lambda one: (one.seen_at, one.box))


def first_day(now: datetime) -> date:
    """Return the first bank day whose payments are looked at."""
    return _monday(bank_day(now)) - WEEKS_MAX * _WEEK


def watch(
    states: Sequence[StickerState],
    payments_by_day: Mapping[BoxId, Mapping[date, int]],
    *,
    now: datetime,
    patience: timedelta,
    falls_of: FallsOf,
) -> Watched:
    """Say what is overdue and what fell; it takes seconds for a district, and touches nothing."""
    monday = _monday(bank_day(now))
    counts = weekly(payments_by_day, since=first_day(now), until=monday)
    weeks = max((len(series) for series in counts.values()), default=0)
    first = monday - weeks * _WEEK
    falls = [one for one in falls_of(counts) if one.told >= weeks - ALARM_WEEKS]
    late = overdue(states, now=now, patience=patience)
    return Watched(
        tuple(_overdue(one, now) for one in late), tuple(_fall(one, first, now) for one in falls)
    )


async def keep_watched(store: WatchStore, watched: Watched, now: datetime) -> None:
    """Raise what was found; doing it twice changes nothing."""
    await store.exchange_overdue(watched.overdue, now)
    await store.raise_discrepancies(watched.falls)


def _monday(day: date) -> date:
    """Return the Monday of a day's week: a programme's Fridays are never cut in two."""
    return day - timedelta(days=day.weekday())


def weekly(
    by_box: Mapping[BoxId, Mapping[date, int]], *, since: date, until: date
) -> dict[BoxId, list[int]]:
    """Return payments by full week from a box's first whole week on; the last one ends `until`."""
    counts = {}
    for box, days in by_box.items():
        known = [day for day in days if since <= day < until]
        if not known:
            continue
        first = _monday(min(known))
        if min(known) > first > since:
            first += _WEEK  # a week in which the box began is not a whole one
        series = [0] * ((until - first).days // 7)
        for day in known:
            if day >= first:
                series[(day - first).days // 7] += days[day]
        counts[box] = series
    return counts


def _overdue(state: StickerState, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=StickerFinding.SCAN_OVERDUE,
        severity=Severity.NOTICE,
        subject=f"{state.box}/{state.seen_at.isoformat()}",
        found_at=now,
        box=state.box,
        evidence={
            "scanned_at": state.scanned_at.isoformat() if state.scanned_at else None,
            "registered_at": state.registered_at.isoformat(),
        },
    )


def _fall(fall: IncomeFall, first: date, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=StickerFinding.INCOME_FELL,
        severity=Severity.WARNING,
        subject=f"{fall.box}/{(first + fall.told * _WEEK).isoformat()}",
        found_at=now,
        box=fall.box,
        evidence={
            "since": (first + fall.since * _WEEK).isoformat(),
            "until": (first + (fall.told + 1) * _WEEK).isoformat(),
            "payments": fall.counted,
            "payments_expected": round(fall.expected),
            "evidence": round(fall.evidence, 1),
            "reason": "scan the sticker: another code may cover it",
        },
    )
