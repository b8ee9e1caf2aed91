"""Batches and the lines that pay them, both in their order, put side by side as well as possible.

What one terminal settles arrives in order: no line pays a later batch than a line of a later day
(lines of one day stand in any order).
Of all ways to keep that order the best has the fewest batches that got less than the bank told
(it pays what it told of), then the fewest that were paid after their days (it pays each day what
belongs to it), then the fewest sums that say a message was lost (messages are lost far more often
than money), then the fewest lines before their days.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, groupby
from typing import NamedTuple

from jimpitan_server.domain.bank_calendar import CLOSED_RUN_MAX

# So many batches and lines, and places in both, take at most half a second; whoever asks for
# more is told nothing.
SIDE_LENGTH_MAX = 130
_PLACES_MAX = 100_000
# A long holiday (Idul Fitri) closes the banks for about a week; more batches than that are
# never paid as one line.
RUN_LENGTH_MAX = 10
# Counts of one kind stay below this, so that four of them are compared as one number.
_BASE = 4096
_LESS, _LATE, _LOST, _EARLY = _BASE**3, _BASE**2, _BASE, 1
_NEVER = 1 << 60


class Due(NamedTuple):
    """One batch: its rupiah, and the days (ordinals) from which and until which its line may be.

    Before `first` a line is early, after `last` late, which is allowed but not liked.
    """

    amount_idr: int
    earliest: int
    first: int
    last: int
    latest: int
    is_overdue: bool = True

    @property
    def alone(self) -> int:
        """What it costs that no line pays it: of one that is not overdue the line may follow."""
        return _LESS if self.is_overdue else _EARLY


class Arrived(NamedTuple):
    """One line: its rupiah, and the day (ordinal) on which it was booked."""

    amount_idr: int
    day: int


class Pair(NamedTuple):
    """A line, by its place, and the batches `start` to `end` (not included) that it pays."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best pairs; `ways` says how many alignments are as good, `open_lines` where they differ.

    A lower `cost` is better, and comparable only between alignments of the same sides.
    """

    pairs: tuple[Pair, ...]
    cost: int
    ways: int
    open_lines: frozenset[int]


def cost_of(
    pairs: Iterable[tuple[Sequence[Due], Arrived]], due: Iterable[Due], *, lines: int
) -> int:
    """Return what an alignment of these batches and so many lines costs that somebody found.

    A pair is a line with the batches that it pays; its order is not looked at.
    """
    cost = sum(one.alone for one in due) + lines * _LOST
    for run, line in pairs:
        cost += _price(run, line) - sum(one.alone for one in run) - _LOST
    return cost


def _price(run: Sequence[Due], line: Arrived) -> int:
    """Return what it costs that a line pays these batches, or `_NEVER` where it cannot."""
    if line.day < run[-1].earliest or line.day > run[0].latest:
        return _NEVER
    rest = line.amount_idr - sum([one.amount_idr for one in run])
    if rest and (len(run) > 1 or not run[0].first <= line.day <= run[0].last):
        return _NEVER  # several batches, or one beside its days, are known by their sum alone
    price = _LOST if rest > 0 else _LESS if rest < 0 else 0
    if is_late(run[0].last, run[-1].last, line.day):
        return price + _LATE
    return price + (_EARLY if line.day < run[-1].first else 0)


def is_late(oldest_last: int, youngest_last: int, day: int) -> bool:
    """Say whether a line comes after the days of what it pays.

    That is after the last day of the youngest batch, or so long after that of the oldest that
    no holiday explains it.
    """
    return day > youngest_last or day > oldest_last + CLOSED_RUN_MAX


def align(
    due: Sequence[Due], arrived: Sequence[Arrived], *, below: int | None = None
) -> Alignment | None:
    """Return the best alignment of batches and lines, both sorted by day.

    None if they are too many, or if none costs less than `below` (what somebody found already).
    """
    if max(len(due), len(arrived)) > SIDE_LENGTH_MAX:
        return None
    days = [tuple(of_day) for _, of_day in groupby(range(len(arrived)), lambda n: arrived[n].day)]
    if (len(due) + 1) * sum([1 << len(day) for day in days]) > _PLACES_MAX:
        return None
    table = _Table(due, arrived, days, _NEVER if below is None else below)
    if not table.ways:
        return None
    return Alignment(table.best(), table.cost, table.ways, table.open_lines())


# A place in both sides: how many batches and whole days of lines lie behind, which lines of the
# present day are paired (bits), and whether a day just ended.
_Place = tuple[int, int, int, bool]


class _Step(NamedTuple):
    """What can be done at a place: its cost, the place after it, and the pair if one is made."""

    cost: int
    after: _Place
    pair: Pair | None = None


class _Table:
    """For every place worth a look: the cost of the best rest, and how many rests are as good.

    A place is worth a look if a way through it may cost less than `below`: what led there, and
    what the batches after it cost whatever pays them. Between the same two pairs batches are
    passed first and days ended after that, so that one alignment is one way: where a day just
    ended no batch is passed.
    """

    def __init__(
        self,
        due: Sequence[Due],
        arrived: Sequence[Arrived],
        days: Sequence[tuple[int, ...]],
        below: int,
    ) -> None:
        self._due, self._arrived, self._days = due, arrived, days
        self._end = len(due), len(days), 0
        self._pairs_at = self._all_pairs()
        self._rest: dict[_Place, tuple[int, int]] = {}
        self._steps_at = self._worth_a_look(below)
        for place in sorted(self._steps_at, reverse=True):
            self._rest[place] = self._fill(place)
        self.cost, self.ways = self._rest.get(_START, (_NEVER, 0))

    def _all_pairs(self) -> dict[tuple[int, int], list[tuple[int, Pair]]]:
        """Return what each line may pay from each batch on, each with its cost."""
        line_days = [one.day for one in self._arrived]
        return {
            (batch, line): self._pairs(batch, line)
            for batch, one in enumerate(self._due)
            for line in range(bisect_left(line_days, one.earliest), len(line_days))
            if line_days[line] <= one.latest
        }

    def _least_rests(self) -> list[int]:
        """Return, from each batch on, what all of them cost at least, whatever pays them."""
        least = [one.alone for one in self._due]
        for pairs in self._pairs_at.values():
            for price, pair in pairs:
                share = price // (pair.end - pair.start)
                for batch in range(pair.start, pair.end):
                    least[batch] = min(least[batch], share)
        return [*accumulate(reversed(least), initial=0)][::-1]

    def _worth_a_look(self, below: int) -> dict[_Place, list[_Step]]:
        """Return the places through which a way may cost less, each with what can be done."""
        least = self._least_rests()
        if least[0] >= below:
            return {}
        cost_to: dict[_Place, int] = {_START: 0}
        steps_at: dict[_Place, list[_Step]] = {}
        waiting = [_START]
        while waiting:
            place = heappop(waiting)
            cost = cost_to[place]
            kept = steps_at[place] = []
            for step in self._steps(place):
                after = cost + step.cost
                if after + least[step.after[0]] >= below:
                    continue
                kept.append(step)
                known = cost_to.get(step.after)
                if known is None:
                    heappush(waiting, step.after)
                if known is None or after < known:
                    cost_to[step.after] = after
        return steps_at

    def _pairs(self, batch: int, line: int) -> list[tuple[int, Pair]]:
        """Return what a line may pay, from this batch on, each with its cost."""
        one = self._arrived[line]
        found = []
        sum_idr = 0
        for end in range(batch + 1, min(batch + RUN_LENGTH_MAX, len(self._due)) + 1):
            sum_idr += self._due[end - 1].amount_idr
            if end > batch + 1 and sum_idr > one.amount_idr:
                break
            price = _price(self._due[batch:end], one)
            if price < _NEVER:
                found.append((price, Pair(batch, end, line)))
        return found

    def _steps(self, place: _Place) -> list[_Step]:
        batch, day, paired, just_ended = place
        steps: list[_Step] = []
        lines = self._days[day] if day < len(self._days) else ()
        if batch < len(self._due):
            for bit, line in enumerate(lines):
                if not paired >> bit & 1:
                    steps += [
                        _Step(price, (pair.end, day, paired | 1 << bit, False), pair)
                        for price, pair in self._pairs_at.get((batch, line), ())
                    ]
            if not just_ended:
                steps.append(_Step(self._due[batch].alone, (batch + 1, day, paired, False)))
        if lines:
            alone = len(lines) - paired.bit_count()
            steps.append(_Step(alone * _LOST, (batch, day + 1, 0, True)))
        return steps

    def _fill(self, place: _Place) -> tuple[int, int]:
        if place[:3] == self._end:
            return 0, 1
        best, ways = _NEVER, 0
        for cost, after, _ in self._steps_at[place]:
            rest_cost, rest_ways = self._rest[after]
            if cost + rest_cost < best:
                best, ways = cost + rest_cost, 0
            if cost + rest_cost == best:
                ways += rest_ways
        return best, ways

    def _best_steps(self, place: _Place) -> list[_Step]:
        wanted = self._rest[place][0]
        return [
            step
            for step in self._steps_at[place]
            if step.cost + self._rest[step.after][0] == wanted
        ]

    def best(self) -> tuple[Pair, ...]:
        """Return one of the best alignments: the first batches with the first lines."""
        found: list[Pair] = []
        place = _START
        while steps := self._best_steps(place):
            place = steps[0].after
            if steps[0].pair is not None:
                found.append(steps[0].pair)
        return tuple(found)

    def open_lines(self) -> frozenset[int]:
        """Return the lines that some of the best alignments pair otherwise than others, or not."""
        ways_to: dict[_Place, int] = {_START: 1}
        ways_of_pair: dict[Pair, int] = defaultdict(int)
        for place in sorted(self._rest):
            reached = ways_to.get(place, 0)
            for _, after, pair in self._best_steps(place) if reached else ():
                ways_to[after] = ways_to.get(after, 0) + reached
                if pair is not None:
                    ways_of_pair[pair] += reached * self._rest[after][1]
        return frozenset(pair.line for pair, ways in ways_of_pair.items() if ways < self.ways)


_START: _Place = (0, 0, 0, False)
