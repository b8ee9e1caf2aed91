"""What sensed deposits lead us to expect: sums of cumulants, and an interval with a coverage.

A box says of a weighing what it most likely was, by coin and note, in per mille. Taken one by
one these are guesses; over a holding period they add up, and the sum is known far better than
any of its parts. What adds up are means and cumulants (logarithms of mean exponentials), from
which Chernoff's bound gives an interval that holds whatever the shape: one note of Rp 50.000
that a box may have taken for one of Rp 2.000 is no bell. A sensor still never makes money.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, floor, log, sqrt

# Forms of a guess, as the wire numbers them.
UNKNOWN, COIN, NOTE, BUNDLE = 0, 1, 2, 3
# What a programme believes before it has counted anything, in shares of a hundred: the gift that
# it asks for is Rp 1.000. Stated by us, not measured; a box whose colours are clear needs none.
NOTE_SHARES: Mapping[int, int] = {
    1_000: 44,
    2_000: 24,
    5_000: 16,
    10_000: 10,
    20_000: 4,
    50_000: 1,
    100_000: 1,
}
COIN_SHARES: Mapping[int, int] = {100: 4, 200: 6, 500: 20, 1_000: 70}
NOTES_OF_HUNDRED = 48  # gifts that are notes, of a hundred
# Of honest counts at most this share lies beyond each end of the interval (Chernoff, 1952).
BEYOND = 0.002
# The slopes at which cumulants are kept, per rupiah: best for sums whose deviation is about
# 3.5 / slope, Rp 700 to Rp 175,000; between them the interval is at most a tenth wider.
SLOPES = (2e-5, 5e-5, 1.25e-4, 3.1e-4, 7.8e-4, 2e-3, 5e-3)
# In deviations, how far such an end is called: what a normal sum has at 99.7 %.
QUANTILE = 3.0
PIECES_QUANTILE = 4.0
# So many of 1,000 notes are named wrongly by a box that is sure of it (`jimpitan-sim sense
# --profile field`: note_wrong_but_confident 14.3), of coins none; likelihoods are whole per mille.
_MISNAMED_NOTES, _ROUNDED = 14, 1
# A handful of 3 to 8 coins is told as a tenth too many pieces, give or take 0.6 for each of
# them (300 handfuls at three kinds of boxes, simulator/year); pour counted coins to measure it.
_POURED_SHARE, _POURED_VARIANCE_MILLI = 0.9, 350
_PIECES_ERROR = 0.2
# Of single pieces fewer than one in 1,000 was told as two or not at all (as above).
_ONE_PIECE_VARIANCE_MILLI = 2
# The wear of a box's own scale and colours between two calibrations, as a share of the sum.
_WEAR_SHARE = 0.004
# What was felt and not weighed may be a handful; and half a piece is the least doubt.
_UNWEIGHED_VARIANCE, _LEAST_VARIANCE = 0.5, 0.25
_MILLI, _MICRO = 1000, 1_000_000
# Sums end here, in memory and in their columns: two of them still fit into 63 bits. Honest boxes
# never come near; it takes half a million of the most absurd weighings in one holding period.
SUM_MAX = (1 << 62) - 1
_NO_CUMULANTS = (0,) * len(SLOPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Sums over weighings: what they weighed, and mean, variance and cumulants of its value.

    `weighed` counts the deposits that were part of one, `pieces` the coins and notes in them,
    with the variance of that number in thousandths. The mean is in thousandths of a rupiah,
    cumulants above and below the mean in millionths, one for each of `SLOPES`.
    """

    weighed: int = 0
    pieces: int = 0
    pieces_variance_milli: int = 0
    mean_milli: int = 0
    variance: int = 0
    above: tuple[int, ...] = _NO_CUMULANTS
    below: tuple[int, ...] = _NO_CUMULANTS

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both together; gifts do not depend on each other."""
        if self is NO_MOMENTS or other is NO_MOMENTS:
            return other if self is NO_MOMENTS else self
        return Moments(
            weighed=min(self.weighed + other.weighed, SUM_MAX),
            pieces=min(self.pieces + other.pieces, SUM_MAX),
            pieces_variance_milli=min(
                self.pieces_variance_milli + other.pieces_variance_milli, SUM_MAX
            ),
            mean_milli=min(self.mean_milli + other.mean_milli, SUM_MAX),
            variance=min(self.variance + other.variance, SUM_MAX),
            above=_added(self.above, other.above),
            below=_added(self.below, other.below),
        )

    @property
    def is_full(self) -> bool:
        """Say whether a sum has reached its bound: then nothing follows from any of them."""
        sums = (self.weighed, self.pieces, self.pieces_variance_milli, self.mean_milli)
        return max(*sums, self.variance, *self.above, *self.below) >= SUM_MAX


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(min(left + right, SUM_MAX) for left, right in zip(one, other, strict=True))


NO_MOMENTS = Moments()


def moments_sum(parts: Iterable[Moments]) -> Moments:
    """Return the moments of all together."""
    found = NO_MOMENTS
    for part in parts:
        found = found + part
    return found


# What a thing may be worth: (rupiah, share), the shares adding up to 1.
_Worth = tuple[tuple[int, float], ...]


def _worth(shares: Mapping[int, int]) -> _Worth:
    whole = sum(shares.values())
    return tuple((value, share / whole) for value, share in shares.items())


def _both(one: _Worth, other: _Worth) -> _Worth:
    """Return what two things together may be worth that do not depend on each other."""
    found: dict[int, float] = {}
    for value, share in one:
        for added, part in other:
            found[value + added] = found.get(value + added, 0.0) + share * part
    return tuple(found.items())


def _mixed(parts: Iterable[tuple[float, _Worth]]) -> _Worth:
    found: dict[int, float] = {}
    for weight, worth in parts:
        for value, share in worth:
            found[value] = found.get(value, 0.0) + weight * share
    whole = sum(found.values())
    return tuple((value, share / whole) for value, share in found.items())


_COIN, _NOTE = _worth(COIN_SHARES), _worth(NOTE_SHARES)
_ANY = _mixed([(NOTES_OF_HUNDRED, _NOTE), (100 - NOTES_OF_HUNDRED, _COIN)])
_CLASSES: Mapping[int, _Worth] = {
    UNKNOWN: _ANY,
    COIN: _both(_COIN, _COIN),  # without a kind: two coins at once
    NOTE: _NOTE,
    BUNDLE: _both(_NOTE, _COIN),
}
_OPEN: Mapping[int, _Worth] = {COIN: _COIN, NOTE: _NOTE}


def moments_of(
    *, deposits: int, pieces: int, form: int, guesses: Sequence[tuple[int, int, int]]
) -> Moments:
    """Return what one weighing is worth, by its guesses (form, rupiah or 0, per mille).

    A box thinks every kind of note equally likely before it looks; here the programme's shares
    are put in their place. What the guesses leave open is worth what its form usually is.
    """
    known = tuple(one for one in guesses if one[2] > 0 and one[0] in _CLASSES)
    one = _of_guesses(known) if known else _of_piece(form)
    if known:
        return replace(
            one, weighed=deposits, pieces=pieces, pieces_variance_milli=_ONE_PIECE_VARIANCE_MILLI
        )
    return _times(one, deposits=deposits, pieces=pieces)


@lru_cache(maxsize=4096)
def _of_guesses(guesses: tuple[tuple[int, int, int], ...]) -> Moments:
    parts = [
        (likelihood * _prior(kind, value), ((value, 1.0),) if value else _CLASSES[kind])
        for kind, value, likelihood in guesses
    ]
    rest = max(_MILLI - sum(likelihood for _, _, likelihood in guesses), 0)
    rest += _MISNAMED_NOTES if guesses[0][0] == NOTE else _ROUNDED
    parts.append((rest, _OPEN.get(guesses[0][0], _ANY)))
    return _of_worth(_mixed(parts))


@lru_cache(maxsize=8)
def _of_piece(form: int) -> Moments:
    return _of_worth(_OPEN.get(form, _ANY))


def _prior(kind: int, value: int) -> float:
    """Return how much more or less likely a note is than the box thought."""
    if kind != NOTE or value not in NOTE_SHARES:
        return 1.0
    return NOTE_SHARES[value] * len(NOTE_SHARES) / sum(NOTE_SHARES.values())


def _of_worth(worth: _Worth) -> Moments:
    mean = sum(value * share for value, share in worth)
    variance = sum((value - mean) ** 2 * share for value, share in worth)
    return Moments(
        mean_milli=round(mean * _MILLI),
        variance=round(variance),
        above=tuple(_cumulant(worth, mean, slope) for slope in SLOPES),
        below=tuple(_cumulant(worth, mean, -slope) for slope in SLOPES),
    )


def _cumulant(worth: _Worth, mean: float, slope: float) -> int:
    """Return the logarithm of the mean of exp(slope * (value - mean)), never below 0."""
    found = log(sum(share * exp(slope * (value - mean)) for value, share in worth))
    return max(0, round(found * _MICRO))


def _times(one: Moments, *, deposits: int, pieces: int) -> Moments:
    """Return so many pieces like one that nobody could tell apart, nor count to the last."""
    if pieces <= 1:
        return replace(
            one, weighed=deposits, pieces=pieces, pieces_variance_milli=_ONE_PIECE_VARIANCE_MILLI
        )
    likely = max(1, round(pieces * _POURED_SHARE))
    found = replace(
        _repeated(one, likely),
        weighed=deposits,
        pieces=likely,
        pieces_variance_milli=pieces * _POURED_VARIANCE_MILLI,
    )
    return _blurred(found, found.mean_milli / _MILLI * _PIECES_ERROR)


def _blurred(moments: Moments, deviation: float) -> Moments:
    """Return moments with an error of its own added, of a normal kind."""
    added = tuple(round((slope * deviation) ** 2 / 2 * _MICRO) for slope in SLOPES)
    return replace(
        moments,
        variance=moments.variance + round(deviation**2),
        above=_added(moments.above, added),
        below=_added(moments.below, added),
    )


def _repeated(one: Moments, times: int) -> Moments:
    return Moments(
        mean_milli=one.mean_milli * times,
        variance=one.variance * times,
        above=tuple(cumulant * times for cumulant in one.above),
        below=tuple(cumulant * times for cumulant in one.below),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """How many coins and notes a count should have, with the deviation of that number."""

    expected: int
    deviation: float

    @property
    def low(self) -> int:
        """The fewest pieces that an honest count has, but for once in 30,000."""
        return max(0, floor(self.expected - PIECES_QUANTILE * self.deviation))

    def standardised(self, counted: int) -> float:
        """Return how many deviations a number of pieces is away; within 9."""
        return max(-9.0, min((counted - self.expected) / self.deviation, 9.0))


def pieces_of(
    moments: Moments, *, deposits: int, records_missing: int = 0, at_edges: int = 0
) -> Pieces:
    """Return how many pieces the deposits were; what nobody weighed was most likely one each.

    Never surer than to half a piece: people fold notes into each other.
    """
    unweighed = max(deposits - moments.weighed, 0)
    variance = moments.pieces_variance_milli / _MILLI + _UNWEIGHED_VARIANCE * unweighed
    variance += at_edges + records_missing**2 / 4 + _LEAST_VARIANCE
    return Pieces(expected=moments.pieces + unweighed, deviation=sqrt(variance))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What a count should be: between `low_idr` and `high_idr`, most likely near `mean_idr`."""

    low_idr: int
    mean_idr: int
    high_idr: int
    deviation_idr: int

    def standardised(self, counted_idr: int) -> float:
        """Return how many deviations a count is away, by the interval's side; within 9."""
        away = counted_idr - self.mean_idr
        reach = self.high_idr - self.mean_idr if away > 0 else self.mean_idr - self.low_idr
        return max(-9.0, min(away * QUANTILE / max(reach, 1), 9.0))


def interval_of(
    moments: Moments, *, deposits: int, records_missing: int = 0, at_edges: int = 0
) -> Interval:
    """Return the interval beyond each of whose ends at most `BEYOND` of honest counts lie.

    Deposits that nobody weighed are worth what gifts usually are. Records that are missing may
    be so many deposits or none, so they widen the high side only. What fell while a lid was open
    (`at_edges`) may be part of the count or not.
    """
    usual = _of_piece(UNKNOWN)
    unweighed = max(deposits - moments.weighed, 0)
    whole = moments + _repeated(usual, unweighed)
    whole = _blurred(whole, whole.mean_milli / _MILLI * _WEAR_SHARE)
    whole = whole + replace(_repeated(_of_worth(_EDGE), at_edges), mean_milli=0)
    lost = _repeated(usual, records_missing)
    mean = whole.mean_milli / _MILLI
    high = whole + lost
    return Interval(
        low_idr=max(0, round(mean - _reach(whole.below))),
        mean_idr=round(mean),
        high_idr=round(high.mean_milli / _MILLI + _reach(high.above)),
        deviation_idr=round(sqrt(whole.variance)),
    )


# A gift at an edge: in the count or in the next, as likely as not.
_EDGE: _Worth = _mixed([(0.5, _ANY), (0.5, tuple((-value, share) for value, share in _ANY))])


def _reach(cumulants: tuple[int, ...]) -> float:
    """Return the least distance from the mean that Chernoff's bound allows at any slope."""
    needed = -log(BEYOND)
    return min(
        (cumulant / _MICRO + needed) / slope
        for cumulant, slope in zip(cumulants, SLOPES, strict=True)
    )
