"""Matching: a pure function from the books to what belongs together, and what does not.

It can run again at any time on everything there is, in any order, with the same result.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

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
from jimpitan_server.domain.match_refunds import match_refunds
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
    by_relation = _by_relation(found)
    matches = tuple(chain.from_iterable(by_relation[one] for one in sorted(by_relation)))
    compared = by_relation[Relation.SENSOR_COUNT]
    return Matching(
        matches=matches,
        discrepancies=with_masses_joined(
            (
                *discrepancies_of(matches, books.now),
                *fee_discrepancies(books, rules),
                *handover_discrepancies(books),
                *confirmation_discrepancies(books, told),
                *drift_discrepancies(compared, books.collections, books.now),
                *collection_discrepancies(books),
            )
        ),
        position=_position(books, by_relation),
    )


def _by_relation(found: Iterable[Match]) -> dict[Relation, list[Match]]:
    """Return matches by relation, in the order of their keys, each of which names one.

    A key is the relation, "left" or "right", and the first paper there (`Match.key`), so the
    relations in order are all matches in order.
    """
    by_relation: dict[Relation, list[Match]] = {relation: [] for relation in Relation}
    for match in found:
        by_relation[match.relation].append(match)
    for relation, matches in by_relation.items():
        by_left = {one.left[0]: one for one in matches if one.left}
        by_right = {one.right[0]: one for one in matches if not one.left}
        assert len(by_left) + len(by_right) == len(matches), "two matches under one key"
        by_relation[relation] = [by_left[one] for one in sorted(by_left)]
        by_relation[relation] += [by_right[one] for one in sorted(by_right)]
    return by_relation


def _position(books: Books, by_relation: Mapping[Relation, list[Match]]) -> Position:
    confirmed = by_relation[Relation.PAYMENT_CREDIT]
    remitted = by_relation[Relation.REMITTANCE_CREDIT]
    counts = by_relation[Relation.COUNT_REMITTANCE]
    others = by_relation[Relation.OTHER_CREDIT]
    return Position(
        counted=total([one.total for one in books.collections]),
        not_remitted=total([one.left_total for one in counts if not one.right]),
        remitted=total([one.amount for one in books.remittances]),
        remitted_confirmed=total([one.right_total for one in remitted]),
        qris_confirmed=total([one.right_total for one in confirmed]),
        qris_provisional=total([one.outstanding for one in confirmed]),
        qris_unattributed=_unattributed(books, by_relation),
        qris_refunded=total([one.right_total for one in by_relation[Relation.REFUND_DEBIT]]),
        other_credits=total([one.right_total for one in others]),
        credited=total([one.amount for one in books.credits]),
    )


def _unattributed(books: Books, by_relation: Mapping[Relation, list[Match]]) -> Rupiah:
    """Return the QRIS money, confirmed or provisional, that names no box.

    A payment names its box by its notification; what a credit brings beyond the payments in its
    match names one only when the bank's text does: alone, or by the terminal of the batch. A
    remittance, a repeated notification and what was given back are no donors' money.
    """
    matches = by_relation[Relation.PAYMENT_CREDIT]
    apart = {one.right[0] for one in by_relation[Relation.REMITTANCE_PAYMENT]}
    apart.update([one.left[0] for one in matches if one.state is State.DUPLICATE])
    open_idr = sum(
        [
            one.amount.amount - one.fee.amount
            for one in books.payments
            if one.box is None and one.payment_id not in apart
        ]
    )
    given_back = by_relation[Relation.PAYMENT_REFUND]
    open_idr -= sum([one.left_total.amount for one in given_back if one.box is None])
    for match in matches:
        surplus_idr = match.right_total.amount - match.left_total.amount
        if surplus_idr <= 0 or match.state is State.DUPLICATE:
            continue
        if not (match.box and (not match.left or match.evidence.get("surplus_terminal"))):
            open_idr += surplus_idr
    return Rupiah(open_idr)
