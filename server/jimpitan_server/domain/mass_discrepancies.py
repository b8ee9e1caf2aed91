"""Where the mass of a declared count and the mass that its box weighed exclude each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.cash_mass import MassRange, Weighing, mass_of
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId

COUNT_MASS_DIFFERS = "count_mass_differs"
_LESS = "The declared pieces weigh less than what fell into the box."
_MORE = "The declared pieces weigh more than what fell into the box."


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedCount:
    """A count that stands, with what its box weighed."""

    collection_id: str
    box: BoxId
    lid_at: datetime
    count: CashCount
    weighing: Weighing


def mass_discrepancies(counts: Iterable[WeighedCount], now: datetime) -> Iterator[Discrepancy]:
    """Yield a case for each count whose mass lies wholly outside of what was weighed."""
    for one in counts:
        declared, weighed = mass_of(one.count), one.weighing.range
        assert declared.high_mg is not None, "a count has a greatest mass"
        if declared.high_mg < weighed.low_mg:
            yield _differs(one, weighed, Severity.WARNING, _LESS, now)
        elif weighed.high_mg is not None and declared.low_mg > weighed.high_mg:
            yield _differs(one, weighed, Severity.NOTICE, _MORE, now)


def _differs(
    one: WeighedCount,
    weighed: MassRange,
    severity: Severity,
    reason: str,
    now: datetime,
) -> Discrepancy:
    declared = mass_of(one.count)
    return Discrepancy(
        kind=COUNT_MASS_DIFFERS,
        severity=severity,
        subject=one.collection_id,
        found_at=now,
        box=one.box,
        evidence={
            "reason": reason,
            "count": one.collection_id,
            "counted_at": one.lid_at.isoformat(),
            "declared_low_mg": declared.low_mg,
            "declared_high_mg": declared.high_mg,
            "weighed_low_mg": weighed.low_mg,
            "weighed_high_mg": weighed.high_mg,
            "deposits": one.weighing.deposits,
            "deposits_weighed": one.weighing.deposits_weighed,
        },
    )
