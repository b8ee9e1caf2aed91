"""Where the mass of a declared count and the mass that its box weighed exclude each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
        weighed = one.weighing.range
        reason = contradiction(mass_of(one.count), weighed)
        if reason:
            severity = Severity.WARNING if reason == _LESS else Severity.NOTICE
            yield _differs(one, weighed, severity, reason, now)


def contradiction(declared: MassRange, weighed: MassRange) -> str:
    """Return how what was declared lies wholly outside of what was weighed, or nothing."""
    assert declared.high_mg is not None, "a count has a greatest mass"
    if declared.high_mg < weighed.low_mg:
        return _LESS
    if weighed.high_mg is not None and declared.low_mg > weighed.high_mg:
        return _MORE
    return ""


def with_masses_joined(found: Sequence[Discrepancy]) -> tuple[Discrepancy, ...]:
    """Return the cases with one case a count: what was weighed joins what was sensed of it.

    A theft shows in money and in mass. Where both lie on the same side they are one story, and
    the mass is evidence of the case that the money raised; on opposite sides they are two.
    """
    mass_by_count = {(one.subject, _side_of(one)): one for one in found if _is_of_mass(one)}
    if not mass_by_count:
        return tuple(found)
    joined: set[str] = set()
    kept: list[Discrepancy] = []
    for one in found:
        arrived = one.evidence.get("arrived") if one.kind in _SENSED_SIDES else None
        count = arrived[0] if isinstance(arrived, list) and arrived else ""
        mass = mass_by_count.get((str(count), _SENSED_SIDES.get(str(one.kind), "")))
        if mass is not None:
            joined.add(mass.subject)
            evidence = {name: mass.evidence[name] for name in _JOINED}
            evidence["mass_reason"] = mass.evidence["reason"]
            kept.append(replace(one, evidence=dict(one.evidence) | evidence))
        else:
            kept.append(one)
    return tuple(one for one in kept if not (_is_of_mass(one) and one.subject in joined))


# The kinds that compare a count with what was sensed, and on which side the count lies.
_SENSED_SIDES = {"count_below_sensor": _LESS, "count_above_sensor": _MORE}
_JOINED = ("declared_low_mg", "declared_high_mg", "weighed_low_mg", "weighed_high_mg")


def _is_of_mass(one: Discrepancy) -> bool:
    return one.kind == COUNT_MASS_DIFFERS


def _side_of(one: Discrepancy) -> str:
    return str(one.evidence["reason"])


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
