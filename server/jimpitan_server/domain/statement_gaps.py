"""Do the imported statements of an account join up? Each says where it began and where it ended.

The lines of one file follow from each other by their balances. Between files nothing but the
balances tells whether a day, a page or a line is missing: where one ended, the next must begin.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from jimpitan_server.domain.rupiah import Rupiah


class StatementFinding(StrEnum):
    """The kinds of discrepancy that importing statements raises."""

    GAP = "statement_gap"
    """A statement does not begin where the one before it ended, or its days do not add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The days of one import, and the balance before the first and after the last line."""

    first_on: date
    last_on: date
    opening: Rupiah
    closing: Rupiah


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementGap:
    """Where an account's statements do not join: `missing` is what the balances lack.

    Between two days of different files it is money that moved on no line we hold; with
    `is_inside`, the lines held of these days add up to something else than their balances.
    """

    after: date
    before: date
    missing: Rupiah
    is_inside: bool

    @property
    def sentence(self) -> str:
        """Say where it is and how large."""
        days = f"{self.after.isoformat()} and {self.before.isoformat()}"
        amount = f"{self.missing.amount:+d} rupiah"
        if self.is_inside:
            return f"the lines between {days} do not add up to their balances: {amount} is missing"
        return f"the balances of {days} do not join: {amount} moved on lines that are missing"


@dataclass(frozen=True, slots=True)
class _Block:
    """Stretches whose days touch or overlap, and the sum of the lines held of these days."""

    stretches: tuple[Stretch, ...]
    moved: Rupiah

    @property
    def first_on(self) -> date:
        return min(one.first_on for one in self.stretches)

    @property
    def last_on(self) -> date:
        return max(one.last_on for one in self.stretches)

    @property
    def ends(self) -> list[tuple[Rupiah, Rupiah]]:
        """Return the openings and closings between which it may lie.

        Files that begin or end on the same day may begin or end at other lines.
        """
        openings = {one.opening for one in self.stretches if one.first_on == self.first_on}
        closings = {one.closing for one in self.stretches if one.last_on == self.last_on}
        return [(opening, closing) for opening in openings for closing in closings]

    @property
    def agreeing(self) -> list[tuple[Rupiah, Rupiah]]:
        """Return those ends that the lines held lead from and to."""
        return [
            (opening, closing) for opening, closing in self.ends if closing - opening == self.moved
        ]


def gaps(
    stretches: Iterable[Stretch], moved_between: Callable[[date, date], Rupiah]
) -> tuple[StatementGap, ...]:
    """Return where the stretches of an account do not join, in order of days.

    `moved_between` tells the sum of the lines held of some days, both included. A file that is
    a part of another one changes nothing; one that fills a hole closes its gap.
    """
    blocks = _blocks(stretches, moved_between)
    found = [gap for block in blocks for gap in _inside(block)]
    for earlier, later in pairwise(blocks):
        closings = {closing for _, closing in earlier.agreeing or earlier.ends}
        openings = {opening for opening, _ in later.agreeing or later.ends}
        if closings.isdisjoint(openings):
            found.append(
                StatementGap(
                    after=earlier.last_on,
                    before=later.first_on,
                    missing=min(openings) - max(closings),
                    is_inside=False,
                )
            )
    return tuple(sorted(found, key=lambda gap: (gap.after, gap.before)))


def _blocks(
    stretches: Iterable[Stretch], moved_between: Callable[[date, date], Rupiah]
) -> list[_Block]:
    parts: list[list[Stretch]] = []
    last_on = date.min
    for one in sorted(stretches, key=lambda one: (one.first_on, one.last_on)):
        if parts and one.first_on <= last_on:
            parts[-1].append(one)
        else:
            parts.append([one])
        last_on = max(last_on, one.last_on)
    return [
        _Block(
            tuple(part),
            moved_between(part[0].first_on, max(one.last_on for one in part)),
        )
        for part in parts
    ]


def _inside(block: _Block) -> list[StatementGap]:
    if block.agreeing:
        return []
    missing = [closing - opening - block.moved for opening, closing in block.ends]
    return [
        StatementGap(
            after=block.first_on,
            before=block.last_on,
            missing=min(missing, key=abs),
            is_inside=True,
        )
    ]
