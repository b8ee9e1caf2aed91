"""What a report says of each host institution, so that nobody can read off a single gift."""

from collections.abc import Iterable
from dataclasses import dataclass

# The figure, and a common one of statistical offices: a sum of fewer than five givers is
# told only inside a larger one.
GIFTS_MIN = 5
# The name of the group that small ones are told in; no host has an empty name.
TOGETHER = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFigures:
    """What came from the boxes of one host. `gifts` are pieces counted and payments by QRIS.

    Nobody knows how many people gave what lay in a can; there were at most as many as pieces.
    """

    host: str
    boxes: int
    gifts: int
    counted_idr: int
    qris_confirmed_idr: int


def published_hosts(hosts: Iterable[HostFigures]) -> tuple[HostFigures, ...]:
    """Return the hosts by name, and those of too few gifts as one sum at the end.

    A single small host beside a known total could be reckoned out, so the sum takes in the next
    larger host until it has at least two, and `GIFTS_MIN` gifts. Where even that is too few, it
    is told all the same: it is the total, which `is_told` has looked at.
    """
    rising = sorted(hosts, key=lambda one: (one.gifts, one.host))
    together = [one for one in rising if one.gifts < GIFTS_MIN or one.host == TOGETHER]
    alone = [one for one in rising if one not in together]
    while together and alone and not _hides(together):
        together.append(alone.pop(0))
    shown = sorted(alone, key=lambda one: one.host)
    return (*shown, _sum(together)) if together else tuple(shown)


def is_told(gifts: int) -> bool:
    """Say whether a sum of so many gifts may stand by itself: none betrays nobody."""
    return gifts == 0 or gifts >= GIFTS_MIN


def _hides(together: list[HostFigures]) -> bool:
    with_gifts = [one for one in together if one.gifts > 0]
    if not with_gifts:
        return True
    gifts = sum(one.gifts for one in together)
    is_one_large = len(with_gifts) == 1 and with_gifts[0].gifts >= GIFTS_MIN
    return gifts >= GIFTS_MIN and (len(with_gifts) > 1 or is_one_large)


def _sum(together: list[HostFigures]) -> HostFigures:
    return HostFigures(
        host=TOGETHER,
        boxes=sum(one.boxes for one in together),
        gifts=sum(one.gifts for one in together),
        counted_idr=sum(one.counted_idr for one in together),
        qris_confirmed_idr=sum(one.qris_confirmed_idr for one in together),
    )
