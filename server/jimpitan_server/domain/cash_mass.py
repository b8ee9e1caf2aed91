"""What a declared count weighs, as an interval: it can contradict a count, never make one.

Total mass can never give total rupiah: a note of Rp 100.000 weighs what one of Rp 1.000 does.
Bank Indonesia publishes no masses (none was found on bi.go.id); the nominal ones below are what
the press and Wikipedia give, none was weighed for this programme.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt

from jimpitan_server.domain.cash import CashCount

# Coins in mg, nominal. 100: Wikipedia, aluminium of 1999 and 2016; 200: Wikipedia, 2003; 500:
# Wikipedia and press 2020, 2003 and 2016; 1000: press 2020, nickel-plated steel of 2010 and 2016.
COIN_MG = {100: 1_790, 200: 2_380, 500: 3_100, 1_000: 4_500}
# Withdrawn on 2023-12-01 (PBI 14/2023), exchanged until 2033, so they still land in boxes now
# and then: aluminium bronze of 1991 and 1997, two metals of 1993.
WITHDRAWN_MG = {500: 5_340, 1_000: 8_600}
# At most this share of the pieces is taken for withdrawn ones, and one more.
WITHDRAWN_PERCENT = 5
# Wear, dirt, and the tolerance of issue of about 0.1 g.
COIN_SPREAD_PERCENT = 4
# Notes: 65 mm high, lengths of 2016 and 2022 from the press; cotton paper of 85 to 110 g/m2 and
# up to 8 % of humidity are assumed. 75.000 is as long as 100.000.
NOTE_LENGTH_MM = {
    1_000: (121, 141),
    2_000: (126, 141),
    5_000: (131, 143),
    10_000: (136, 145),
    20_000: (141, 147),
    50_000: (146, 149),
    75_000: (151, 151),
    100_000: (151, 151),
}
_HEIGHT_MM, _PAPER_G_M2 = 65, (85, 119)
# A cell of 5 kg with its amplifier: span and temperature within 1 % of what was weighed, and
# four deviations of the steps, of which one in fifteen thousand lies outside.
SCALE_PERCENT, DEVIATIONS = 1, 4


@dataclass(frozen=True, slots=True)
class MassRange:
    """A mass in milligrams, from and to; without an upper end nobody knows how much more."""

    low_mg: int
    high_mg: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What a box said that fell onto its plate in one holding period.

    `squares` is the sum of the squared deviations in mg². It is whole when every deposit was
    weighed and no record of the period is missing.
    """

    mass_mg: int
    squares: int
    lost_mg: int
    deposits: int
    deposits_weighed: int
    is_whole: bool

    @property
    def range(self) -> MassRange:
        """What lay in the box when the lid was opened, as far as it was weighed."""
        slack = DEVIATIONS * isqrt(self.squares) + abs(self.mass_mg) * SCALE_PERCENT // 100 + 1
        left = self.mass_mg - self.lost_mg
        return MassRange(max(left - slack, 0), left + slack if self.is_whole else None)


def mass_of(count: CashCount) -> MassRange:
    """Return what a declared count weighs, whatever its pieces are made of."""
    low = high = 0
    for denomination, pieces in count.pieces:
        piece = _piece(denomination)
        assert piece.high_mg is not None, "every piece has a greatest mass"
        low += pieces * piece.low_mg
        high += pieces * piece.high_mg
        if denomination in WITHDRAWN_MG:
            odd = min(pieces, pieces * WITHDRAWN_PERCENT // 100 + 1)
            high += odd * max(WITHDRAWN_MG[denomination] - piece.high_mg, 0)
    return MassRange(low, high)


def _piece(denomination: int) -> MassRange:
    lows, highs = [], []
    if denomination in COIN_MG:
        nominal = COIN_MG[denomination]
        lows.append(nominal * (100 - COIN_SPREAD_PERCENT) // 100)
        highs.append(nominal * (100 + COIN_SPREAD_PERCENT) // 100 + 1)
    if denomination in NOTE_LENGTH_MM:
        shortest, longest = NOTE_LENGTH_MM[denomination]
        lows.append(shortest * _HEIGHT_MM * _PAPER_G_M2[0] // 1_000)
        highs.append(longest * _HEIGHT_MM * _PAPER_G_M2[1] // 1_000 + 1)
    return MassRange(min(lows), max(highs))


def weighing_of(
    steps: Iterable[tuple[int, int, int]],
    *,
    lost_mg: int,
    deposits: int,
    is_gapless: bool,
) -> Weighing | None:
    """Add up (deposits, mg, deviation in mg) of a period; None when its box weighed nothing.

    A deviation of 0 says that the deposits were not weighed.
    """
    weighed = [step for step in steps if step[2] > 0]
    if not weighed:
        return None
    known = sum(step[0] for step in weighed)
    return Weighing(
        mass_mg=sum(step[1] for step in weighed),
        squares=sum(step[2] ** 2 for step in weighed),
        lost_mg=lost_mg,
        deposits=deposits,
        deposits_weighed=known,
        is_whole=is_gapless and known >= deposits,
    )
