"""Counts beside what was sensed: one by one as matches, and over many visits as drifts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from jimpitan_server.domain.books import Collection, Expectation
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.drift import Drift, Residual, drifts_of
from jimpitan_server.domain.expectation import (
    Interval,
    Pieces,
    interval_of,
    moments_sum,
    pieces_of,
)
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State, match_of
from jimpitan_server.domain.money_discrepancies import MoneyFinding
from jimpitan_server.domain.rupiah import Rupiah

# A slip of the tongue is a piece or two.
PIECES_SHORT = 3


@dataclass(frozen=True, slots=True)
class _Sensed:
    """What the periods that one visit ended lead us to expect of its count."""

    deposits: int
    missing: int
    low_idr: int
    high_idr: int
    weighed: int = 0
    interval: Interval | None = None
    pieces: Pieces | None = None
    is_full: bool = False


def compare_count(
    counted: Collection,
    known: Sequence[Expectation],
    *,
    left: tuple[str, ...],
    right: tuple[str],
    low: Rupiah,
    high: Rupiah,
) -> Match:
    """Return the match of a count and what its box sensed; `low` and `high` are of one deposit.

    `left` has the names of the lid openings that ended what is known, `right` that of the count.
    A box that weighs leads to an interval of money and a number of pieces; of one that only
    counts, the number of deposits and what one of them may be worth are all there is.
    """
    if len(known) == 1 and not known[0].moments.weighed:
        each_idr = low.amount, high.amount
        return _compare_deposits(counted, known[0], left=left, right=right, each_idr=each_idr)
    sensed = _sensed(known, low, high)
    state, reason = _judged(counted, sensed)
    expected = min(max(counted.total.amount, sensed.low_idr), sensed.high_idr)
    short = _pieces_short(counted, sensed)
    if short and sensed.interval is not None and sensed.pieces is not None:
        each = sensed.interval.mean_idr // max(sensed.pieces.expected, 1)
        expected = max(expected, counted.total.amount + short * each)
    return Match(
        relation=Relation.SENSOR_COUNT,
        state=state,
        left=left,
        right=right,
        left_total=Rupiah(expected),
        right_total=counted.total,
        reason=reason,
        box=counted.box,
        evidence=_evidence(counted, sensed),
    )


def _compare_deposits(
    counted: Collection,
    known: Expectation,
    *,
    left: tuple[str, ...],
    right: tuple[str],
    each_idr: tuple[int, int],
) -> Match:
    """Compare a count with the deposits of one period, of which nothing else was sensed.

    `each_idr` is what one of them is worth at least and at most.
    """
    deposits, missing, total = known.deposits, known.records_missing, counted.total
    low_idr, high_idr = each_idr
    counted_idr, least, most = total.amount, low_idr * deposits, high_idr * (deposits + missing)
    state, word, expected = State.WITHIN_TOLERANCE, "inside", total
    if counted_idr < least:
        state, word, expected = State.UNDER, "below", Rupiah(least)
    elif counted_idr > most:
        state, word, expected = State.OVER, "above", Rupiah(most)
    return match_of(
        (
            Relation.SENSOR_COUNT,
            state,
            left,
            right,
            expected,
            total,
            _reason(word, deposits),
            counted.box,
            {
                "deposits": deposits,
                "records_missing": missing,
                "low_idr": least,
                "high_idr": most,
                "difference_low_idr": counted_idr - most,
                "difference_high_idr": counted_idr - least,
            },
        )
    )


@lru_cache(maxsize=4096)
def _reason(word: str, deposits: int) -> str:
    """Return one text for all counts of which it is true: most of a year's share a few hundred."""
    return f"The count is {word} what {deposits} sensed deposits lead us to expect."


def _sensed(known: Sequence[Expectation], low: Rupiah, high: Rupiah) -> _Sensed:
    deposits = sum(one.deposits for one in known)
    missing = sum(one.records_missing for one in known)
    moments = moments_sum(one.moments for one in known)
    if not moments.weighed or moments.is_full:
        bounds = low.amount * deposits, high.amount * (deposits + missing)
        return _Sensed(deposits, missing, *bounds, is_full=moments.is_full)
    at_edges = sum(one.at_edges for one in known)
    interval = interval_of(moments, deposits=deposits, records_missing=missing, at_edges=at_edges)
    return _Sensed(
        deposits=deposits,
        missing=missing,
        low_idr=interval.low_idr,
        high_idr=interval.high_idr,
        weighed=moments.weighed,
        interval=interval,
        pieces=pieces_of(moments, deposits=deposits, records_missing=missing, at_edges=at_edges),
    )


def _judged(counted: Collection, sensed: _Sensed) -> tuple[State, str]:
    whole = f"{sensed.deposits} sensed deposits"
    if sensed.is_full:
        whole += " (its weighings are more than can be added up, and count for nothing)"
    if counted.total.amount < sensed.low_idr:
        return State.UNDER, f"The count is below what {whole} lead us to expect."
    short = _pieces_short(counted, sensed)
    if short:
        return State.UNDER, f"The count has {short} pieces fewer than {whole} brought."
    if counted.total.amount > sensed.high_idr:
        return State.OVER, f"The count is above what {whole} lead us to expect."
    return State.WITHIN_TOLERANCE, f"The count is inside what {whole} lead us to expect."


def _pieces_short(counted: Collection, sensed: _Sensed) -> int:
    """Return how many pieces a count lacks, or 0 where that may be chance."""
    if sensed.pieces is None or counted.pieces is None:
        return 0
    short = sensed.pieces.expected - counted.pieces
    return short if counted.pieces < sensed.pieces.low and short >= PIECES_SHORT else 0


def _evidence(counted: Collection, sensed: _Sensed) -> dict[str, object]:
    """Return the interval of the money, and of its difference: counted less given."""
    counted_idr = counted.total.amount
    found: dict[str, object] = {
        "deposits": sensed.deposits,
        "records_missing": sensed.missing,
        "low_idr": sensed.low_idr,
        "high_idr": sensed.high_idr,
        "difference_low_idr": counted_idr - sensed.high_idr,
        "difference_high_idr": counted_idr - sensed.low_idr,
    }
    if sensed.is_full:
        found["weighings_full"] = True
    if sensed.interval is not None:
        found |= {
            "weighed": sensed.weighed,
            "mean_idr": sensed.interval.mean_idr,
            "deviation_idr": sensed.interval.deviation_idr,
            "away_permille": round(sensed.interval.standardised(counted_idr) * 1000),
        }
    if sensed.pieces is not None and counted.pieces is not None:
        away = sensed.pieces.standardised(counted.pieces)
        found |= {
            "pieces_expected": sensed.pieces.expected,
            "pieces_low": sensed.pieces.low,
            "pieces_counted": counted.pieces,
            "pieces_away_permille": round(away * 1000),
        }
    return found


def drift_discrepancies(
    matches: Iterable[Match], collections: Iterable[Collection], now: datetime
) -> tuple[Discrepancy, ...]:
    """Return the boxes whose counts run off to one side over several visits."""
    compared = [
        one
        for one in matches
        if one.relation is Relation.SENSOR_COUNT and "pieces_away_permille" in one.evidence
    ]
    if not compared:
        return ()
    lid_at = {one.collection_id: one.lid_at for one in collections}
    residuals: dict[BoxId, list[tuple[datetime, Residual]]] = defaultdict(list)
    for match in compared:
        assert match.box is not None, "what was sensed was sensed by a box"
        residual = _residual(match)
        residuals[match.box].append((lid_at[residual.collection_id], residual))
    found = []
    for box in sorted(residuals):
        ordered = [one for _, one in sorted(residuals[box], key=lambda pair: pair[0])]
        found += [_discrepancy(box, one, lid_at, now) for one in drifts_of(ordered)]
    return tuple(found)


def _residual(match: Match) -> Residual:
    away, expected, counted, mean, deviation = (
        int(str(match.evidence[name]))
        for name in (
            "pieces_away_permille",
            "pieces_expected",
            "pieces_counted",
            "mean_idr",
            "deviation_idr",
        )
    )
    return Residual(
        collection_id=match.right[0],
        away=away / 1000,
        pieces=counted - expected,
        pieces_expected=expected,
        counted_idr=match.right_total.amount,
        mean_idr=mean,
        deviation_idr=deviation,
    )


def _discrepancy(
    box: BoxId, drift: Drift, lid_at: dict[str, datetime], now: datetime
) -> Discrepancy:
    side = "below" if drift.is_below else "above"
    low_idr, high_idr = drift.difference_idr
    return Discrepancy(
        kind=MoneyFinding.COUNTS_DRIFT,
        severity=Severity.WARNING if drift.is_below else Severity.NOTICE,
        subject=f"{box}/{drift.since}/{side}",
        found_at=now,
        box=box,
        evidence={
            "reason": f"{drift.visits} counts in a row lie {side} what the box sensed:"
            " a sensor, a note that sticks, or something else; look at box and visits.",
            "visits": drift.visits,
            "pieces": drift.pieces,
            "since": lid_at[drift.since].isoformat(),
            "until": lid_at[drift.until].isoformat(),
            "expected_idr": drift.counted_idr - drift.likely_idr,
            "arrived_idr": drift.counted_idr,
            "difference_low_idr": low_idr,
            "difference_high_idr": high_idr,
        },
    )
