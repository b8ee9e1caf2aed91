"""The town's own ledger of physical acts: what happened to every rupiah, known to nobody else.

It shares no code with box, gateway or server. Three truths come from it: *typed* (counts and
remittances as entered), *account* (the simulated bank's own account, in `accounts`) and
*physical* (what donors put into the boxes, and who took what of it).
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from jimpitan_simulator.year.plan import WIB


class Hand(StrEnum):
    """Whose hand money left a box by, beside that of an honest count."""

    FISHED = "fished"
    LID = "lid"
    CARRIED_OFF = "carried_off"
    SKIMMED = "skimmed"


@dataclass(frozen=True, slots=True)
class Taken:
    """Money that left a box or its count by a wrong hand."""

    box: str
    at: datetime
    amount_idr: int
    hand: Hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """One emptying of a box: what donors had put in since the last one, and what was typed.

    `given` less `taken_idr` is what lay on the table; `typed` is what stands in the end, after
    corrections.
    """

    collection_id: str
    box: str
    at: datetime
    given: Counter[tuple[str, int]]
    taken_idr: int
    typed: dict[int, int]
    miscounted: bool

    @property
    def given_idr(self) -> int:
        """What donors had put in."""
        return sum(value * pieces for (_, value), pieces in self.given.items())

    @property
    def typed_idr(self) -> int:
        """What the books should say was counted."""
        return sum(value * pieces for value, pieces in self.typed.items())

    @property
    def difference_idr(self) -> int:
        """What was counted, less what had been given."""
        return self.typed_idr - self.given_idr


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One donor's QRIS payment; one to a thief's code never reaches any bank of ours."""

    reference: str
    box: str
    at: datetime
    amount_idr: int
    to_thief: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remitted:
    """Counted cash that was paid in, as it was typed and as it was really paid."""

    remittance_id: str
    account: str
    collection_ids: tuple[str, ...]
    boxes: tuple[str, ...]
    at: datetime
    typed_idr: int
    paid_idr: int
    counted_idr: int
    method: str
    reference: str


@dataclass(slots=True)
class Truth:
    """Everything that happened."""

    emptied: list[Emptied] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    remitted: list[Remitted] = field(default_factory=list)
    # Acts that a person may rightly be told of, by what was done: box, count, reference or day.
    faults: set[tuple[str, str]] = field(default_factory=set)
    swapped: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def typed_by_box_and_day(self) -> Counter[tuple[str, date]]:
        """Return the counts that stand, by box and day."""
        found: Counter[tuple[str, date]] = Counter()
        for one in self.emptied:
            found[one.box, day_of(one.at)] += one.typed_idr
        return found

    def remitted_by_boxes_and_day(self) -> Counter[tuple[str, tuple[str, ...], date]]:
        """Return what was typed as paid in, by account, boxes and day."""
        found: Counter[tuple[str, tuple[str, ...], date]] = Counter()
        for one in self.remitted:
            found[one.account, one.boxes, day_of(one.at)] += one.typed_idr
        return found


def day_of(at: datetime) -> date:
    """Return the day of an instant in the town."""
    return at.astimezone(WIB).date()
