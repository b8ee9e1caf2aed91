"""Batches and the lines that pay them, both in their order, put side by side as well as possible.

What one terminal settles arrives in order: no line pays a later batch than the line after it.
Of all ways to keep that order the best has the fewest batches that got less than the bank told
(it pays what it told of), then the fewest sums that say a message was lost (messages are lost
far more often than money), then the fewest lines beside their days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# A table of so many batches and lines takes about a tenth of a second; whoever asks for more
# is told nothing.
SIDE_LENGTH_MAX = 130
# A long holiday (Idul Fitri) closes the banks for about a week; more batches than that are
# never paid as one line.
RUN_LENGTH_MAX = 10
# Counts of one kind stay below this, so that three of them are compared as one number.
_BASE = 4096
_LESS, _LOST, _UNTIMELY = _BASE * _BASE, _BASE, 1
_NEVER = 1 << 60


class Due(NamedTuple):
    """One batch: its rupiah, and the days (ordinals) from which and until which its line may be.

    Outside `first` to `last` a line is beside its days, which is allowed but not liked.
    """

    amount_idr: int
    earliest: int
    first: int
    last: int
    latest: int


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


def cost_of(pairs: Iterable[tuple[Sequence[Due], Arrived]], *, batches: int, lines: int) -> int:
    """Return what an alignment of so many batches and lines costs that somebody else found.

    A pair is a line with the batches that it pays; its order is not looked at.
    """
    cost = batches * _LESS + lines * _LOST
    for run, line in pairs:
        cost += _price(run, line) - len(run) * _LESS - _LOST
    return cost


def _price(run: Sequence[Due], line: Arrived) -> int:
    """Return what it costs that a line pays these batches, or `_NEVER` where it cannot."""
    if line.day < run[-1].earliest or line.day > run[0].latest:
        return _NEVER
    rest = line.amount_idr - sum([one.amount_idr for one in run])
    if rest and (len(run) > 1 or line.day > run[0].last):
        return _NEVER  # several batches, or one so late, are known by nothing but their sum
    price = _LOST if rest > 0 else _LESS if rest < 0 else 0
    is_timely = run[-1].first <= line.day <= run[-1].last
    return price + (0 if is_timely else _UNTIMELY)


def align(due: Sequence[Due], arrived: Sequence[Arrived]) -> Alignment | None:
    """Return the best alignment of batches and lines, each side in its order; None if too many."""
    if max(len(due), len(arrived)) > SIDE_LENGTH_MAX:
        return None
    table = _Table(due, arrived)
    return Alignment(table.best(), table.cost, table.ways, table.open_lines())


# A place in both sides (batch, line, whether a line was just passed), and a pair if one is made.
_Place = tuple[int, int, bool]
_Step = Pair | None


class _Table:
    """For every place in both sides: the cost of the best rest, and how many rests are as good.

    Of a batch and a line that stay alone between the same pairs the batch is passed first, so
    that one alignment is one way: having passed a line (`after_line`) no batch is passed.
    """

    def __init__(self, due: Sequence[Due], arrived: Sequence[Arrived]) -> None:
        self._due, self._arrived = due, arrived
        self._rest: dict[tuple[int, int, bool], tuple[int, int]] = {}
        self._pairs_at: dict[tuple[int, int], list[tuple[int, Pair]]] = {}
        for batch in range(len(due), -1, -1):
            for line in range(len(arrived), -1, -1):
                self._pairs_at[batch, line] = self._pairs(batch, line)
                for after_line in (True, False):
                    self._rest[batch, line, after_line] = self._fill(batch, line, after_line)
        self.cost, self.ways = self._rest[0, 0, False]

    def _pairs(self, batch: int, line: int) -> list[tuple[int, Pair]]:
        """Return what the line at this place may pay, from the batch at this place on."""
        if batch == len(self._due) or line == len(self._arrived):
            return []
        one = self._arrived[line]
        if not self._due[batch].earliest <= one.day <= self._due[batch].latest:
            return []
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

    def _steps(self, batch: int, line: int, after_line: bool) -> list[tuple[int, _Place, _Step]]:
        """Return what can be done next: its cost, the place after it, and the pair if any."""
        steps: list[tuple[int, _Place, _Step]] = [
            (price, (pair.end, line + 1, False), pair)
            for price, pair in self._pairs_at[batch, line]
        ]
        if batch < len(self._due) and not after_line:
            steps.append((_LESS, (batch + 1, line, False), None))
        if line < len(self._arrived):
            steps.append((_LOST, (batch, line + 1, True), None))
        return steps

    def _fill(self, batch: int, line: int, after_line: bool) -> tuple[int, int]:
        if batch == len(self._due) and line == len(self._arrived):
            return 0, 1
        best, ways = _NEVER, 0
        for price, after, _ in self._steps(batch, line, after_line):
            cost = price + self._rest[after][0]
            if cost < best:
                best, ways = cost, 0
            if cost == best:
                ways += self._rest[after][1]
        return best, ways

    def best(self) -> tuple[Pair, ...]:
        """Return one of the best alignments: the first batches with the first lines."""
        found: list[Pair] = []
        place: _Place = (0, 0, False)
        while place[0] < len(self._due) or place[1] < len(self._arrived):
            wanted = self._rest[place][0]
            place, pair = next(
                (after, pair)
                for price, after, pair in self._steps(*place)
                if price + self._rest[after][0] == wanted
            )
            if pair is not None:
                found.append(pair)
        return tuple(found)

    def open_lines(self) -> frozenset[int]:
        """Return the lines that some of the best alignments pair otherwise than others, or not."""
        ways_to: dict[_Place, int] = {(0, 0, False): 1}
        ways_of_pair: dict[Pair, int] = {}
        for place in sorted(self._rest):
            reached = ways_to.get(place, 0)
            if not reached:
                continue
            wanted = self._rest[place][0]
            for price, after, pair in self._steps(*place):
                if price + self._rest[after][0] == wanted:
                    ways_to[after] = ways_to.get(after, 0) + reached
                    if pair is not None:
                        through = reached * self._rest[after][1]
                        ways_of_pair[pair] = ways_of_pair.get(pair, 0) + through
        return frozenset(pair.line for pair, ways in ways_of_pair.items() if ways < self.ways)
