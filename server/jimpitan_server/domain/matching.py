"""Matching: a pure function from the books to what belongs together, and what does not.

It can run again at any time on everything there is, in any order, with the same result.
"""

from dataclasses import dataclass

from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.collection_discrepancies import collection_discrepancies
from jimpitan_server.domain.confirmation import (
    confirm_payments,
    confirmation_discrepancies,
    match_confirmations,
)
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.mass_discrepancies import with_masses_joined
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_cash import match_cash
from jimpitan_server.domain.match_credits import match_credits
from jimpitan_server.domain.match_refunds import match_refunds, refunded
from jimpitan_server.domain.match_sensed import drift_discrepancies
from jimpitan_server.domain.money_discrepancies import (
    discrepancies_of,
    fee_discrepancies,
    handover_discrepancies,
)
from jimpitan_server.domain.rupiah import Rupiah, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the money is: each amount of the two chains, and the rest, that make the account.

    `credited = remitted_confirmed + qris_confirmed + other_credits`, always.
    `qris_refunded` had been confirmed, and left the account again for its donors.
    `qris_unattributed` is that part of confirmed and provisional QRIS money whose box is unknown.
    """

    counted: Rupiah
    not_remitted: Rupiah
    remitted: Rupiah
    remitted_confirmed: Rupiah
    qris_confirmed: Rupiah
    qris_provisional: Rupiah
    qris_unattributed: Rupiah
    qris_refunded: Rupiah
    other_credits: Rupiah
    credited: Rupiah


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """All that matching found."""

    matches: tuple[Match, ...]
    discrepancies: tuple[Discrepancy, ...]
    position: Position


def match_books(books: Books, rules: Rules) -> Matching:
    """Return matches, discrepancies and position of `books` under `rules`."""
    confirmed = confirm_payments(books, rules)
    bank = match_credits(books, rules, donors=confirmed.payment_ids)
    found = [*match_cash(books, rules), *match_refunds(books, bank, rules)]
    told = list(match_confirmations(books, confirmed, rules))
    found += told
    by_key = {match.key: match for match in found}
    assert len(by_key) == len(found), "two matches under one key"
    matches = tuple(by_key[key] for key in sorted(by_key))
    return Matching(
        matches=matches,
        discrepancies=with_masses_joined(
            (
                *discrepancies_of(matches, books.now),
                *fee_discrepancies(books, rules),
                *handover_discrepancies(books),
                *confirmation_discrepancies(books, told),
                *drift_discrepancies(matches, books.collections, books.now),
                *collection_discrepancies(books),
            )
        ),
        position=_position(books, matches),
    )


def _position(books: Books, matches: tuple[Match, ...]) -> Position:
    confirmed = [one for one in matches if one.relation is Relation.PAYMENT_CREDIT]
    remitted = [one for one in matches if one.relation is Relation.REMITTANCE_CREDIT]
    counts = [one for one in matches if one.relation is Relation.COUNT_REMITTANCE]
    others = [one for one in matches if one.relation is Relation.OTHER_CREDIT]
    return Position(
        counted=total(one.total for one in books.collections),
        not_remitted=total(one.left_total for one in counts if not one.right),
        remitted=total(one.amount for one in books.remittances),
        remitted_confirmed=total(one.right_total for one in remitted),
        qris_confirmed=total(one.right_total for one in confirmed),
        qris_provisional=total(one.outstanding for one in confirmed),
        qris_unattributed=_unattributed(books, confirmed),
        qris_refunded=refunded(matches),
        other_credits=total(one.right_total for one in others),
        credited=total(one.amount for one in books.credits),
    )


def _unattributed(books: Books, matches: list[Match]) -> Rupiah:
    """Return the QRIS money, confirmed or provisional, that names no box.

    A payment names its box by its notification; what a credit brings beyond the payments in its
    match names one only when the bank's text does: alone, or by the terminal of the batch.
    """
    due_without_box = {
        payment.payment_id: payment.amount.amount - payment.fee.amount
        for payment in books.payments
        if payment.box is None
    }
    open_idr = 0
    for match in matches:
        if match.state is State.DUPLICATE:
            continue
        if not match.left:
            open_idr += 0 if match.box else match.right_total.amount
            continue
        open_idr += sum([due_without_box.get(one, 0) for one in match.left])
        if not (match.box and match.evidence.get("surplus_terminal")):
            open_idr += max(match.right_total.amount - match.left_total.amount, 0)
    return Rupiah(open_idr)
