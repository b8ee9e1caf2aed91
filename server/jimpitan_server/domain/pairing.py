"""Pairing equal amounts of two sides by day, without pretending to know who is whose."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import perm

from jimpitan_server.domain.rupiah import Rupiah

# Ten equal gifts can be paired in 3.6 million ways; a larger number says no more than "many".
PAIRINGS_MAX = 1_000_000
FEW_MAX, MANY_MAX = 6, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One amount on one day, on either side."""

    day: date
    item_id: str
    amount: Rupiah


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Equal amounts that can only belong to each other.

    `answered` are those that pay expected ones; which pays which is certain only when each side
    has one.
    """

    expected: tuple[Item, ...]
    arrived: tuple[Item, ...]
    answered: tuple[Item, ...]

    window: "Window"

    @property
    def pairings(self) -> int | None:
        """In how many equally good ways they can be paired; None where there are too many."""
        return count_pairings(self.expected, self.arrived, self.window)

    @property
    def unique(self) -> bool:
        """Tell whether one expected amount met one arrived amount and no other could."""
        return len(self.expected) == len(self.arrived) == len(self.answered) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How many days before and after its own day an expected amount may arrive."""

    before: int
    after: int

    def holds(self, expected: Item, arrived: Item) -> bool:
        """Tell whether `arrived` can be the arrival of `expected`."""
        return -self.before <= (arrived.day - expected.day).days <= self.after


def _order(item: Item) -> tuple[date, str]:
    return item.day, item.item_id


def group_equal(expected: Iterable[Item], arrived: Iterable[Item], window: Window) -> list[Group]:
    """Return every item in exactly one group of equal amounts, smallest groups first closed.

    A day on which both sides have an amount equally often is closed by itself; what is left is
    grouped by what may belong to what, because there any pairing would be as good as another.
    """
    by_amount: dict[Rupiah, tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for item in expected:
        by_amount[item.amount][0].append(item)
    for item in arrived:
        by_amount[item.amount][1].append(item)
    groups: list[Group] = []
    for amount in sorted(by_amount):
        left, right = (sorted(side, key=_order) for side in by_amount[amount])
        left, right = _close_even_days(left, right, groups, window)
        groups.extend(_touching(left, right, window))
    return groups


def _close_even_days(
    left: list[Item], right: list[Item], groups: list[Group], window: Window
) -> tuple[list[Item], list[Item]]:
    days: dict[date, tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for item in left:
        days[item.day][0].append(item)
    for item in right:
        days[item.day][1].append(item)
    left_open: list[Item] = []
    right_open: list[Item] = []
    for day in sorted(days):
        expected, arrived = days[day]
        if len(expected) == len(arrived):
            side = tuple(arrived)
            groups.append(
                Group(expected=tuple(expected), arrived=side, answered=side, window=window)
            )
        else:
            left_open += expected
            right_open += arrived
    return left_open, right_open


def _touching(left: list[Item], right: list[Item], window: Window) -> list[Group]:
    """Part two sides, each in order, into groups inside which one may belong to another.

    Windows that overlap tie nothing together as long as nothing arrives in both of them.
    """
    groups: list[Group] = []
    expected: list[Item] = []  # of the group that is being made, with what arrived in it
    arrived: list[Item] = []
    at = 0
    for item in right:
        if not any(window.holds(one, item) for one in expected[-1:]):
            groups += _closed(expected, arrived, window)
            expected, arrived = [], []
        while at < len(left) and (item.day - left[at].day).days >= -window.before:
            if window.holds(left[at], item):
                expected.append(left[at])
            else:
                groups += _closed([left[at]], [], window)
            at += 1
        arrived.append(item)
    groups += _closed(expected, arrived, window)
    for one in left[at:]:
        groups += _closed([one], [], window)
    return groups


def _closed(expected: Sequence[Item], arrived: Sequence[Item], window: Window) -> list[Group]:
    return [_paired(expected, arrived, window)] if expected or arrived else []


def _paired(expected: Sequence[Item], arrived: Sequence[Item], window: Window) -> Group:
    """Pair as many as possible: windows are equally long, so earliest first is best."""
    answered: list[Item] = []
    at = 0
    for item in arrived:
        while at < len(expected) and (item.day - expected[at].day).days > window.after:
            at += 1
        if at < len(expected) and window.holds(expected[at], item):
            answered.append(item)
            at += 1
    return Group(
        expected=tuple(expected),
        arrived=tuple(arrived),
        answered=tuple(answered),
        window=window,
    )


def count_pairings(
    expected: Sequence[Item], arrived: Sequence[Item], window: Window
) -> int | None:
    """Return how many ways there are to pair as many of two sides as possible, exactly.

    Ways that differ only in who is whose are different ways. None above `PAIRINGS_MAX`, and for
    groups so large and so mixed that counting would take longer than anybody would wait.
    """
    few, many = sorted((expected, arrived), key=len)
    if all(window.holds(one, other) for one in expected for other in (arrived[0], arrived[-1])):
        ways = perm(len(many), len(few))  # every pair is possible: days are in order on each side
        return ways if ways <= PAIRINGS_MAX else None
    if len(few) > FEW_MAX or len(many) > MANY_MAX:
        return None
    counts: dict[int, int] = {0: 1}  # by which of the few are taken
    for one in many:
        more = dict(counts)
        for mask, count in counts.items():
            for place, other in enumerate(few):
                pair = (other, one) if few is expected else (one, other)
                if not mask >> place & 1 and window.holds(*pair):
                    more[mask | 1 << place] = more.get(mask | 1 << place, 0) + count
        counts = more
    most = max(mask.bit_count() for mask in counts)
    return sum(count for mask, count in counts.items() if mask.bit_count() == most)
