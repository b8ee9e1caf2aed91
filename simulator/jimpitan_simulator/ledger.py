"""The town's own ledger of physical acts: the hidden truth.

It shares no code with box, gateway or server, and nothing of it ever travels to them.
"""

from collections import Counter
from dataclasses import dataclass, field

Features = tuple[int, int, int]  # dwell A, dwell B, transit, in microseconds


@dataclass(frozen=True, slots=True)
class Drop:
    """Somebody put one coin or note into a box."""

    number: int
    box: str
    at_us: int
    amount_idr: int
    is_coin: bool
    features: Features


@dataclass(frozen=True, slots=True)
class Opening:
    """A collector opened a box and took out what was in it."""

    visit: str
    box: str
    at_us: int
    pieces: tuple[tuple[int, bool, int], ...]  # (denomination, is_coin, pieces)

    @property
    def amount_idr(self) -> int:
        """Return what was taken out, in rupiah."""
        return sum(denomination * pieces for denomination, _, pieces in self.pieces)


@dataclass(frozen=True, slots=True)
class Payment:
    """Somebody paid through QRIS; `box` is where the code was scanned."""

    reference: str
    box: str
    at_us: int
    amount_idr: int


@dataclass(slots=True)
class Ledger:
    """Every act in the order in which it happened."""

    drops: list[Drop] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    cuts_by_box: Counter[str] = field(default_factory=Counter)
    cash_by_box: dict[str, list[Drop]] = field(default_factory=dict)

    def drop(self, drop: Drop) -> None:
        """Write down a drop; the money now lies in the box."""
        self.drops.append(drop)
        self.cash_by_box.setdefault(drop.box, []).append(drop)

    def open(self, *, visit: str, box: str, at_us: int) -> Opening:
        """Write down an opening and take everything out."""
        taken = self.cash_by_box.pop(box, [])
        pieces = Counter((drop.amount_idr, drop.is_coin) for drop in taken)
        opening = Opening(
            visit,
            box,
            at_us,
            tuple((amount, is_coin, count) for (amount, is_coin), count in sorted(pieces.items())),
        )
        self.openings.append(opening)
        return opening

    @property
    def cash_idr(self) -> int:
        """Return all money that was ever dropped."""
        return sum(drop.amount_idr for drop in self.drops)

    @property
    def qris_idr(self) -> int:
        """Return all money that donors ever paid through QRIS."""
        return sum(payment.amount_idr for payment in self.payments)
