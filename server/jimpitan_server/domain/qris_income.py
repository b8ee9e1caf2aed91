"""Has the QRIS income of a box fallen? A likelihood ratio of its weeks against its own past.

A sticker that was covered by a thief's goes on being paid to; only our counts show it. Counts of
payments are compared, never their sums: one large gift says nothing about a sticker.

The test is a one-sided CUSUM (E. S. Page, "Continuous inspection schemes", 1954) of negative
binomial log-likelihood ratios: weeks as before, against weeks at `FALLEN_TO` of it. Donors come
in bursts, so a Poisson model would cry wolf. A week counts towards the past only when no
suspicion is left; so a slow thief cannot teach us his own rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from statistics import fmean, pvariance

from jimpitan_server.domain.ids import BoxId

# A covered sticker leaves few payments: what falls to a half in a holiday is not meant.
FALLEN_TO = 0.2
# e^8: the weeks are 3,000 times likelier after a fall than as before. Chosen in the simulator
# (`jimpitan-sim sticker`) for about one false alarm in 60 box-years; 7 finds a quiet box's thief
# a week sooner and cries wolf half as often again.
EVIDENCE_ENOUGH = 8.0
# Eight weeks tell a box's rate to about a third; before that nothing is said.
PAST_WEEKS_MIN = 8
# Half a year: long enough to be steady, short enough to follow a growing programme.
PAST_WEEKS_MAX = 26
# Below one payment in two weeks an empty quarter is nothing unusual: a person must look.
MEAN_MIN = 0.5
# The spread of a week beyond Poisson, as (variance - mean) / mean^2. What few weeks of one box
# say is drawn to a usual one, as if eight more weeks had said that.
_SPREAD_MIN, _SPREAD_MAX = 0.02, 0.5
_SPREAD_USUAL, _SPREAD_USUAL_WEEKS = 0.2, 8
# All boxes share seasons (Ramadan, holidays). The others tell them if they are enough.
_OTHERS_MIN, _OTHERS_COUNT_MIN = 5, 50
_SEASON_MIN, _SEASON_MAX = 0.25, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeFall:
    """A box whose weeks from `since` to `told` (places in the series) fell below its past."""

    box: BoxId
    since: int
    told: int
    expected: float
    counted: int
    evidence: float


@dataclass(slots=True)
class _Watch:
    """The state of one box while its weeks go by."""

    past: list[float] = field(default_factory=list)
    mean: float = 0.0
    suspicious: list[tuple[int, float]] = field(default_factory=list)
    evidence: float = 0.0
    expected: float = 0.0

    def accept(self, count: int, season: float) -> None:
        """Let this week, and those under a suspicion that is gone, belong to the past."""
        weeks = [*self.suspicious, (count, season)]
        self.past += [number / share for number, share in weeks]
        del self.past[:-PAST_WEEKS_MAX]
        self.mean = fmean(self.past)
        self.suspicious, self.evidence, self.expected = [], 0.0, 0.0


def falls_of_income(counts: Mapping[BoxId, Sequence[int]]) -> list[IncomeFall]:
    """Return every fall in weekly counts of payments; all series end with the same full week.

    A box that came later has a shorter series. After a fall a box begins anew.
    """
    weeks = max((len(series) for series in counts.values()), default=0)
    watches = {box: _Watch() for box in sorted(counts)}
    falls = []
    for week in range(weeks):
        present = {
            box: counts[box][at] for box in watches if (at := week - weeks + len(counts[box])) >= 0
        }
        seasons = _seasons(watches, present)
        for box, count in present.items():
            fall = _step(watches[box], box, week, count, seasons[box])
            if fall is not None:
                falls.append(fall)
                watches[box] = _Watch()
    return falls


def _seasons(watches: Mapping[BoxId, _Watch], present: Mapping[BoxId, int]) -> dict[BoxId, float]:
    """Return for each box how this week is for all the others, against their own past."""
    usual = {box: watches[box].mean for box in present if len(watches[box].past) >= PAST_WEEKS_MIN}
    usual_sum = sum(usual.values())
    found_sum = sum(present[box] for box in usual)
    seasons = {}
    for box in present:
        others = len(usual) - (box in usual)
        rest = usual_sum - usual.get(box, 0.0)
        if others < _OTHERS_MIN or rest < _OTHERS_COUNT_MIN:
            seasons[box] = 1.0
            continue
        share = (found_sum - (present[box] if box in usual else 0)) / rest
        seasons[box] = min(max(share, _SEASON_MIN), _SEASON_MAX)
    return seasons


def _step(watch: _Watch, box: BoxId, week: int, count: int, season: float) -> IncomeFall | None:
    mean = watch.mean
    if len(watch.past) < PAST_WEEKS_MIN or mean < MEAN_MIN:
        watch.accept(count, season)
        return None
    evidence = watch.evidence + _ratio(count, mean * season, _shape(watch.past, mean))
    if evidence <= 0:
        watch.accept(count, season)
        return None
    watch.evidence = evidence
    watch.expected += mean * season
    watch.suspicious.append((count, season))
    if evidence < EVIDENCE_ENOUGH:
        return None
    return IncomeFall(
        box=box,
        since=week - len(watch.suspicious) + 1,
        told=week,
        expected=watch.expected,
        counted=sum(number for number, _ in watch.suspicious),
        evidence=evidence,
    )


def _shape(past: Sequence[float], mean: float) -> float:
    """Return the shape of the negative binomial by moments, with what the mean is unsure of.

    The variance of one week is mean + mean^2 / shape; a mean of n weeks is itself uncertain by
    about 1 / (n mean), which widens what the next week may be.
    """
    weeks = len(past)
    told = (pvariance(past, mean) - mean) / (mean * mean)
    bounded = min(max(told, _SPREAD_MIN), _SPREAD_MAX)
    usual = _SPREAD_USUAL * _SPREAD_USUAL_WEEKS
    spread = (bounded * weeks + usual) / (weeks + _SPREAD_USUAL_WEEKS)
    return 1 / (spread + 1 / (weeks * mean))


def _ratio(count: int, mean: float, shape: float) -> float:
    """Return log P(count | fallen) - log P(count | as before), both negative binomial."""
    fallen = mean * FALLEN_TO
    wider = log((shape + mean) / (shape + fallen))
    return count * (log(FALLEN_TO) + wider) + shape * wider
