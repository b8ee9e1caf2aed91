"""How a bank is seen to write: which names stand in the texts of its credits.

A text that has a word of such a form names a payment or a terminal. When it is none that we know,
a notification was lost: such a credit must not be taken for another payment of that amount.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from jimpitan_server.domain.books import Books
from jimpitan_server.domain.match import Match, Relation
from jimpitan_server.domain.mentions import (
    LABEL_LENGTH_MIN,
    REFERENCE_LENGTH_MIN,
    plain,
    shape,
    words_of,
)


class BankHabits(NamedTuple):
    """The shapes of references and the terminals that texts of one account were seen to name."""

    reference_shapes: frozenset[str] = frozenset()
    terminals: frozenset[str] = frozenset()


UNSEEN = BankHabits()


@lru_cache(maxsize=4096)
def labels_in(text: str) -> tuple[str, ...]:
    """Return the words of a bank's text that may be labels; batches often have the same text."""
    return tuple(word for word in words_of(text) if len(word) >= LABEL_LENGTH_MIN)


def shapes_in(text: str, references: Iterable[str]) -> set[str]:
    """Return the shapes of those references that are words of a text."""
    names = words_of(text).intersection(plain(one) for one in references)
    return {shape(name) for name in names if len(name) >= REFERENCE_LENGTH_MIN}


def habits_by_account(books: Books, matches: Iterable[Match]) -> Mapping[str, BankHabits]:
    """Return what was seen of each account whose credits answered single payments of its own."""
    payment_by_id = {one.payment_id: one for one in books.payments}
    credit_by_id = {one.credit_id: one for one in books.credits}
    shapes: dict[str, set[str]] = defaultdict(set)
    for match in matches:
        if match.relation is Relation.PAYMENT_CREDIT and len(match.left) == len(match.right) == 1:
            payment = payment_by_id.get(match.left[0])
            credit = credit_by_id.get(match.right[0])
            if payment is not None and credit is not None:
                shapes[payment.account] |= shapes_in(credit.text, payment.references)
    terminals: dict[str, set[str]] = defaultdict(set)
    for payment in books.payments:
        if payment.terminal:
            terminals[payment.account].add(plain(payment.terminal))
    texts: dict[str, set[str]] = defaultdict(set)
    for credit in books.credits:
        if credit.account in terminals:
            texts[credit.account].add(credit.text)
    return {
        account: BankHabits(
            frozenset(shapes[account]), _named(terminals[account], sorted(texts[account]))
        )
        for account in sorted({*shapes, *terminals})
    }


def _named(terminals: set[str], texts: Sequence[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in labels_in(text) if word in terminals)
