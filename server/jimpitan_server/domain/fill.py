"""How full a box looks, in three words that tell a collector whether to come, and no sum.

Collectors count blind. A level spans hundreds of gifts, so nothing can be worked out from it.
"""

from enum import StrEnum

# The box holds 8 litres (20 x 10 x 40 cm). A note folded in four lies with its air in about
# 8 cm3 (121 x 65 mm of a Rp 1.000 note, eight layers, loose), so about a thousand gifts fill it.
# An estimate: no box was filled to measure it.
GIFTS_WHEN_FULL = 1_000
LITTLE_BELOW, FULL_FROM = GIFTS_WHEN_FULL // 4, GIFTS_WHEN_FULL * 3 // 4


class Fill(StrEnum):
    """How full a box looks to its sensors."""

    LITTLE = "little"
    """Less than a quarter of what it holds."""
    HALF = "half"
    """Between a quarter and three quarters."""
    FULL = "full"
    """More than three quarters: collect it soon."""


RANK = {Fill.LITTLE: 0, Fill.HALF: 1, Fill.FULL: 2}


def fill_of(deposits: int) -> Fill:
    """Return the level after so many sensed deposits since the last collection."""
    if deposits < LITTLE_BELOW:
        return Fill.LITTLE
    return Fill.HALF if deposits < FULL_FROM else Fill.FULL
