"""How well physical differences are found: coverage and width of intervals, and the curve.

A physical difference is what was counted less what donors had given. Its detection limit is the
whole width of the interval that the books state for that count: a difference beyond it cannot be
hidden by where in the interval the gifts really lay.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean, median, pstdev
from typing import Any

from jimpitan_simulator.year.reading import CaseRow, MatchRow, YearBooks
from jimpitan_simulator.year.truth import Emptied, Hand
from jimpitan_simulator.year.world import World

# One deposit may be worth this, when nothing but the number of deposits is known (the bounds
# that a programme states to the server by default).
DEPOSIT_IDR = (500, 20_000)
STOLEN_IDR = (5_000, 10_000, 20_000, 50_000, 100_000)
WEEKS = (2, 4, 8, 13, 26, 52)
BELOW, ABOVE, DRIFT = "count_below_sensor", "count_above_sensor", "counts_drift"
BOX_WEEKS_A_FALSE_ONE = 500
HIDDEN_IDR, AMONG = 100_000, (25, 60)


@dataclass(frozen=True, slots=True)
class Judged:
    """One emptying of a box that senses, beside what the books say of it."""

    emptied: Emptied
    match: MatchRow
    profile: str
    kinds: frozenset[str]

    @property
    def difference(self) -> tuple[int, int]:
        """The interval that the books state for the difference."""
        evidence = self.match.evidence
        return evidence["difference_low_idr"], evidence["difference_high_idr"]

    @property
    def is_held(self) -> bool:
        """Whether that interval holds what is true."""
        low, high = self.difference
        return low <= self.emptied.difference_idr <= high

    @property
    def limit_idr(self) -> int:
        """What differs by more can be seen."""
        low, high = self.difference
        return high - low

    @property
    def is_above_limit(self) -> bool:
        """Whether the difference is larger than both intervals are wide: of money, of pieces."""
        evidence = self.match.evidence
        if abs(self.emptied.difference_idr) > self.limit_idr:
            return True
        if "pieces_low" not in evidence:
            return False
        lacking = sum(self.emptied.given.values()) - sum(self.emptied.typed.values())
        return bool(lacking > 2 * (evidence["pieces_expected"] - evidence["pieces_low"]))

    @property
    def right_kind(self) -> str:
        """What a case of it must be called."""
        return BELOW if self.emptied.difference_idr < 0 else ABOVE


def detection_figures(world: World, books: YearBooks) -> dict[str, Any]:
    """Return the figures of detection of one year."""
    judged = _judged(world, books)
    drifts = [case for case in books.cases if case.kind == DRIFT]
    large = [one for one in judged if one.is_above_limit]
    found = [one for one in large if one.is_held and one.right_kind in one.kinds]
    false = sum(_is_false(one) for one in judged)
    false_drifts = [case for case in drifts if not drift_has_cause(world, case)]
    box_weeks = len(world.plan.sensed) * world.plan.weeks
    accusations = false + len(false_drifts)
    return {
        "sensed_counts": len(judged),
        "differences_above_limit": len(large),
        "interval_coverage": _share(len(found), len(large)),
        "interval_coverage_of_all_counts": _share(sum(one.is_held for one in judged), len(judged)),
        "interval_width_median_ratio": _width_ratio(judged),
        "false_accusations": accusations,
        "box_weeks": box_weeks,
        "false_accusations_per_500_box_weeks": _share(
            accusations * BOX_WEEKS_A_FALSE_ONE, box_weeks
        ),
        "detection_by_stolen_idr": list(_by_stolen(judged)),
        "detection_of_skimmers_by_weeks": [
            *_by_weeks(world, judged, drifts, takes_large=False),
            *_by_weeks(world, judged, drifts, takes_large=True),
        ],
        "detection_of_thefts": _thefts(world, books, judged),
        "hidden_note": _hidden_note(judged),
        "residuals_by_profile": _residuals(judged),
    }


def _judged(world: World, books: YearBooks) -> list[Judged]:
    profile_of = {place.box: place.profile for place in world.plan.places}
    kinds: dict[str, set[str]] = defaultdict(set)
    for case in books.cases:
        if case.kind in {BELOW, ABOVE}:
            for name in case.evidence["arrived"]:
                kinds[name].add(case.kind)
    emptied = {one.collection_id: one for one in world.truth.emptied}
    return [
        Judged(
            emptied[match.right[0]], match, profile_of[match.box or ""],
            frozenset(kinds[match.right[0]]),
        )
        for match in books.matches
        if match.relation == "sensor_count" and match.right[0] in emptied
    ]  # fmt: skip


def _is_false(one: Judged) -> bool:
    difference = one.emptied.difference_idr
    return (BELOW in one.kinds and difference >= 0) or (ABOVE in one.kinds and difference <= 0)


def drift_has_cause(world: World, case: CaseRow) -> bool:
    """Say whether counts of these visits really lie on the side that a drift names."""
    since, until = (
        datetime.fromisoformat(str(case.evidence[name])) for name in ("since", "until")
    )
    whole = sum(
        one.difference_idr
        for one in world.truth.emptied
        if one.box == case.box and since <= one.at <= until
    )
    return whole != 0 and (whole < 0) == _is_below(case)


def _is_below(case: CaseRow) -> bool:
    return int(case.evidence["arrived_idr"]) < int(case.evidence["expected_idr"])


def _width_ratio(judged: Sequence[Judged]) -> float | None:
    low, high = DEPOSIT_IDR
    ratios = [
        one.limit_idr / (one.match.evidence["deposits"] * (high - low))
        for one in judged
        if one.match.evidence["deposits"]
    ]
    return round(median(ratios), 4) if ratios else None


def _by_stolen(judged: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """Recall of one count's own case, by the rupiah that are missing from it."""
    edges = (0, *STOLEN_IDR)
    for index, low in enumerate(edges):
        high = edges[index + 1] if index + 1 < len(edges) else None
        part = [
            one
            for one in judged
            if low < -one.emptied.difference_idr
            and (high is None or -one.emptied.difference_idr <= high)
        ]
        found = sum(BELOW in one.kinds for one in part)
        yield {
            "above_idr": low,
            "to_idr": high,
            "counts": len(part),
            "noticed": found,
            "recall": _share(found, len(part)),
        }


def _by_weeks(
    world: World, judged: Sequence[Judged], drifts: Sequence[CaseRow], *, takes_large: bool
) -> Iterator[dict[str, Any]]:
    """Of boxes that a skimmer empties, how many were pointed at within so many weeks."""
    collectors = world.plan.collectors
    began: dict[str, datetime] = {}
    for taken in sorted(world.truth.taken, key=lambda one: one.at):
        if taken.hand is Hand.SKIMMED:
            began.setdefault(taken.box, taken.at)
    told: dict[str, list[datetime]] = defaultdict(list)
    for one in judged:
        if BELOW in one.kinds:
            told[one.emptied.box].append(one.emptied.at)
    for case in drifts:
        if case.box and _is_below(case):
            told[case.box].append(datetime.fromisoformat(str(case.evidence["until"])))
    sensed = {
        place.box
        for place in world.plan.sensed
        if collectors[place.collector].takes_large is takes_large
    }
    for weeks in (one for one in WEEKS if one <= world.plan.weeks):
        boxes = {
            box: at
            for box, at in began.items()
            if box in sensed and (world.plan.end - at).days >= weeks * 7
        }
        found = sum(
            any(0 <= (when - at).days < weeks * 7 for when in told[box])
            for box, at in boxes.items()
        )
        stolen = [
            sum(
                one.amount_idr
                for one in world.truth.taken
                if one.box == box and 0 <= (one.at - at).days < weeks * 7
            )
            for box, at in boxes.items()
        ]
        yield {
            "takes": "the largest notes" if takes_large else "what comes to hand",
            "weeks": weeks,
            "boxes": len(boxes),
            "noticed": found,
            "recall": _share(found, len(boxes)),
            "stolen_idr_median": median(stolen) if stolen else 0,
        }


def _thefts(world: World, books: YearBooks, judged: Sequence[Judged]) -> dict[str, Any]:
    """Of each kind of theft, how many left a sign of the box or a count below."""
    signs: Counter[str] = Counter()
    found: Counter[str] = Counter()
    stolen: Counter[str] = Counter()
    first_after = defaultdict(list)
    for one in judged:
        first_after[one.emptied.box].append(one)
    for taken in world.truth.taken:
        if taken.hand is Hand.SKIMMED or not taken.amount_idr:
            continue
        name = taken.hand.value
        stolen[name] += 1
        later = sorted(
            (one for one in first_after[taken.box] if one.emptied.at > taken.at),
            key=lambda one: one.emptied.at,
        )
        by_count = bool(later) and BELOW in later[0].kinds
        by_sign = any(
            case.box == taken.box and case.kind in _SIGNS and _is_of(case, taken.at)
            for case in books.cases
        )
        signs[name] += by_sign
        found[name] += by_count or by_sign
    return {
        name: {"thefts": number, "told_by_the_box": signs[name], "told_at_all": found[name]}
        for name, number in sorted(stolen.items())
    }


_SIGNS = {"fishing", "lid_unauthorised", "weight_loss", "moved", "reverse_passage"}


def _is_of(case: CaseRow, at: datetime) -> bool:
    return 0 <= (case.found_at - at).total_seconds() < 86_400


def _hidden_note(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Had one Rp 100.000 note been kept back from a count of forty gifts: who would have seen?"""
    rows = []
    low, high = AMONG
    for profile in sorted({one.profile for one in judged}):
        part = [
            one
            for one in judged
            if one.profile == profile
            and low <= sum(one.emptied.given.values()) <= high
            and one.emptied.given["note", HIDDEN_IDR]
        ]
        seen = sum(
            one.emptied.given_idr - HIDDEN_IDR < one.match.evidence["low_idr"] for one in part
        )
        rows.append({"profile": profile, "counts_with_such_a_note": len(part), "seen": seen})
    return rows


def _residuals(judged: Sequence[Judged]) -> dict[str, Mapping[str, float]]:
    """How far honest counts lie from the mean, in deviations: near 0 and 1 when all is right."""
    rows: dict[str, Mapping[str, float]] = {}
    for profile in sorted({one.profile for one in judged}):
        away = [
            one.match.evidence["away_permille"] / 1000
            for one in judged
            if one.profile == profile
            and one.emptied.difference_idr == 0
            and "away_permille" in one.match.evidence
        ]
        if away:
            rows[profile] = {
                "counts": len(away),
                "mean": round(mean(away), 3),
                "deviation": round(pstdev(away), 3),
            }
    return rows


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
