"""Custody: the places where rupiah can be, and their movements from one place to another.

Every movement leaves one place and enters another, so the ledger balances by its form. Places of
the kind `given_*` are where money comes from; what they lack is what all the other places hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jimpitan_server.domain.rupiah import NOTHING, Rupiah


class PlaceKind(StrEnum):
    """The kinds of places; a movement goes from one to another."""

    GIVEN_CASH = "given_cash"
    """Counted at a lid: the gifts of a box."""
    GIVEN_QRIS = "given_qris"
    """Notified by the bank as a donor's payment."""
    GIVEN_UNNOTIFIED = "given_unnotified"
    """QRIS money on a statement beyond what was notified."""
    GIVEN_UNCOUNTED = "given_uncounted"
    """Paid in or credited as cash beyond what was counted."""
    GIVEN_UNEXPLAINED = "given_unexplained"
    """Credited, and part of neither chain."""
    COLLECTOR = "collector"
    """In the hands of the person who counted it."""
    TREASURER = "treasurer"
    """In the hands of the person to whom it was handed over."""
    BANK_PROVISIONAL = "bank_provisional"
    """Paid in or notified, and not on a statement yet."""
    BANK_CONFIRMED = "bank_confirmed"
    """On a statement, in a month that is not closed."""
    FUND = "fund"
    """On a statement, in a period that is closed."""
    FEE = "fee"
    """Kept by the acquirer."""
    SPENT = "spent"
    """Gone out of the account."""
    RETURNED = "returned"
    """Given back to donors."""

    @property
    def is_source(self) -> bool:
        """Tell whether money comes from here, so that the balance is below zero."""
        return self.value.startswith("given_")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One place: its kind, and the person or the account that holds it, if any."""

    kind: PlaceKind
    holder: str = ""

    def __str__(self) -> str:
        """Return the place as ledgers write it."""
        return f"{self.kind.value}:{self.holder}" if self.holder else self.kind.value

    @classmethod
    def of(cls, written: str) -> "Place":
        """Return the place that `str` wrote."""
        kind, _, holder = written.partition(":")
        return cls(PlaceKind(kind), holder)


class Why(StrEnum):
    """The rule by which a movement is in the ledger."""

    COUNTED = "counted"
    """Two people counted it at the lid."""
    HANDED_OVER = "handed_over"
    """Custody passed from person to person."""
    REMITTED = "remitted"
    """Paid into the account, by slip or by QRIS."""
    NOTIFIED = "notified"
    """The bank told of a donor's payment."""
    CONFIRMED = "confirmed"
    """The statement shows it."""
    BEYOND = "beyond"
    """The statement or slip shows more than was counted or notified."""
    UNEXPLAINED = "unexplained"
    """The statement shows it, and nothing led us to expect it."""
    FEE_TAKEN = "fee_taken"
    """The acquirer kept a part of a payment."""
    SPENT = "spent"
    """The statement shows that it left the account."""
    REFUNDED = "refunded"
    """The bank gave a payment back to its donor."""
    CLOSED = "closed"
    """A period was closed: what it brought is the programme's fund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """An amount above zero that goes from one place to another; `key` names it for ever.

    The key comes from the fact behind it, so that the same fact never moves money twice.
    """

    key: str
    occurred_on: date
    source: Place
    target: Place
    amount: Rupiah
    why: Why

    def __post_init__(self) -> None:
        """Refuse a movement of nothing, or to where it already is."""
        if self.amount <= NOTHING:
            raise ValueError(f"{self.key}: a movement moves more than nothing")
        if self.source == self.target:
            raise ValueError(f"{self.key}: a movement goes somewhere else")


def balances_of(movements: Iterable[Movement]) -> dict[Place, Rupiah]:
    """Return what lies in each place; the sum over all places is always nothing."""
    amounts: dict[Place, int] = {}
    for movement in movements:
        amount = movement.amount.amount
        amounts[movement.source] = amounts.get(movement.source, 0) - amount
        amounts[movement.target] = amounts.get(movement.target, 0) + amount
    return {place: Rupiah(amounts[place]) for place in sorted(amounts)}
