"""Drift: counts of one box that lie a little on the same side, visit after visit.

One count that lacks two pieces proves nothing; eight in a row do. Each count's distance from
what was sensed, in deviations, is added up by the CUSUM of Page (1954): what is beyond an
allowance goes on the sum, and the sum never falls below zero. It says that something at a box
runs off over weeks: a sensor out of calibration, a note that sticks, a hand. Not whose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Half of the shift that it should find soonest (one deviation a visit).
ALLOWANCE = 0.5
# An honest box reaches this once in about 2,000 counts (Siegmund's approximation, one side).
LIMIT = 5.5
# One count that is far off is a case of its own; it alone must not make a drift.
_STEP_MAX = 3.0
_VISITS_MIN = 2
# The interval of a drift's difference: 95 of 100.
_QUANTILE = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """One count beside what was sensed: `away` in deviations, `pieces` more or fewer."""

    collection_id: str
    away: float
    pieces: int
    pieces_expected: int
    counted_idr: int
    mean_idr: int
    deviation_idr: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Counts from `since` to `until` that together lie below, or above, what was sensed."""

    since: str
    until: str
    visits: int
    is_below: bool
    pieces: int
    likely_idr: int
    counted_idr: int
    mean_idr: int
    deviation_idr: int

    @property
    def difference_idr(self) -> tuple[int, int]:
        """Between what and what the money counted less that given lies, all visits together."""
        reach = round(self.deviation_idr * _QUANTILE)
        middle = self.counted_idr - self.mean_idr
        return middle - reach, middle + reach


def drifts_of(residuals: Sequence[Residual]) -> list[Drift]:
    """Return the drifts of one box to either side; after each the sum begins anew."""
    return [*_one_side(residuals, is_below=True), *_one_side(residuals, is_below=False)]


def _one_side(residuals: Sequence[Residual], *, is_below: bool) -> Iterable[Drift]:
    level = 0.0
    part: list[Residual] = []
    for one in residuals:
        level += min(-one.away if is_below else one.away, _STEP_MAX) - ALLOWANCE
        if level <= 0:
            level, part = 0.0, []
            continue
        part.append(one)
        if level >= LIMIT and len(part) >= _VISITS_MIN:
            yield _drift(part, is_below=is_below)
            level, part = 0.0, []


def _drift(part: Sequence[Residual], *, is_below: bool) -> Drift:
    """Sum up the visits; a piece that lacks is worth what pieces of that visit usually were."""
    likely = sum(one.pieces * one.mean_idr // max(one.pieces_expected, 1) for one in part)
    return Drift(
        since=part[0].collection_id,
        until=part[-1].collection_id,
        visits=len(part),
        is_below=is_below,
        pieces=sum(one.pieces for one in part),
        likely_idr=likely,
        counted_idr=sum(one.counted_idr for one in part),
        mean_idr=sum(one.mean_idr for one in part),
        deviation_idr=round(sum(one.deviation_idr**2 for one in part) ** 0.5),
    )
