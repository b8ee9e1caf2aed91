"""Which movements the facts and their matching lead to: a pure function, from nothing each time.

Counted cash lies with who counted it until it is handed over or paid in; what is paid in or
notified is at the bank provisionally until a statement confirms it. A payment by which a
remittance was made is that remittance and never a gift.
"""

from collections.abc import Iterable, Iterator

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.books import Books, Remittance
from jimpitan_server.domain.custody import Movement, Place, PlaceKind, Why
from jimpitan_server.domain.holdings import Holdings, Passed, pass_on
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total

CASH = Place(PlaceKind.GIVEN_CASH)
QRIS = Place(PlaceKind.GIVEN_QRIS)
UNNOTIFIED = Place(PlaceKind.GIVEN_UNNOTIFIED)
UNCOUNTED = Place(PlaceKind.GIVEN_UNCOUNTED)
UNEXPLAINED = Place(PlaceKind.GIVEN_UNEXPLAINED)


def movements_of(books: Books, matches: Iterable[Match]) -> list[Movement]:
    """Return every movement that stands, each under its own key, in the order of their days."""
    matches = list(matches)
    holdings, passed = pass_on(books.collections, books.handovers)
    found = [*_counted(books), *_handed_over(passed), *_remitted(books, holdings)]
    found += _notified(books, matches)
    found += _credited(books, matches)
    found += _refunded(books, matches)
    found += _spent(books, matches)
    found.sort(key=lambda movement: (movement.occurred_on, movement.key))
    return found


def _counted(books: Books) -> Iterator[Movement]:
    for one in books.collections:
        if one.total:
            yield Movement(
                key=f"collection/{one.collection_id}",
                occurred_on=bank_day(one.lid_at),
                source=CASH,
                target=Place(PlaceKind.COLLECTOR, one.holder),
                amount=one.total,
                why=Why.COUNTED,
            )


def _handed_over(passed: Iterable[Passed]) -> Iterator[Movement]:
    for one in passed:
        for number, (collection_id, source, amount) in enumerate(one.parts):
            yield Movement(
                key=f"handover/{one.handover.handover_id}/{collection_id}/{number}",
                occurred_on=bank_day(one.handover.at),
                source=source,
                target=one.target,
                amount=amount,
                why=Why.HANDED_OVER,
            )


def _remitted(books: Books, holdings: Holdings) -> Iterator[Movement]:
    before: set[str] = set()
    for remittance in sorted(books.remittances, key=lambda one: (one.paid_at, one.remittance_id)):
        yield from _one_remittance(remittance, holdings, before)


def _one_remittance(
    remittance: Remittance, holdings: Holdings, before: set[str]
) -> Iterator[Movement]:
    """Take the money from whoever holds the counts, the last receiver first.

    What goes beyond the counts was never counted; a count is paid in once.
    """
    left = remittance.amount
    for collection_id in sorted(set(remittance.collection_ids) - before):
        holding = holdings.get(collection_id)
        if holding is None:
            continue
        before.add(collection_id)
        for number, source in enumerate(reversed(list(holding))):
            part = min(left, holding[source])
            left -= part
            name = collection_id if number == 0 else f"{collection_id}/{number}"
            yield from _paid_in(remittance, name, source, part, Why.REMITTED)
    yield from _paid_in(remittance, "beyond", UNCOUNTED, left, Why.BEYOND)


def _paid_in(
    remittance: Remittance, part: str, source: Place, amount: Rupiah, why: Why
) -> Iterator[Movement]:
    if amount:
        yield Movement(
            key=f"remittance/{remittance.remittance_id}/{part}",
            occurred_on=remittance.paid_on,
            source=source,
            target=Place(PlaceKind.BANK_PROVISIONAL, remittance.account),
            amount=amount,
            why=why,
        )


def _notified(books: Books, matches: Iterable[Match]) -> Iterator[Movement]:
    """Book donors' payments; those that paid a remittance or repeat another one move nothing."""
    not_gifts: set[str] = set()
    for match in matches:
        if match.relation is Relation.REMITTANCE_PAYMENT:
            not_gifts.update(match.right)
        elif match.relation is Relation.PAYMENT_CREDIT and match.state is State.DUPLICATE:
            not_gifts.update(match.left)
    for one in books.payments:
        if one.payment_id in not_gifts:
            continue
        parts = (
            ("payment", Place(PlaceKind.BANK_PROVISIONAL, one.account), one.credit_due),
            ("fee", Place(PlaceKind.FEE, one.account), one.fee),
        )
        for name, target, amount in parts:
            if amount:
                yield Movement(
                    key=f"{name}/{one.payment_id}",
                    occurred_on=one.paid_on,
                    source=QRIS,
                    target=target,
                    amount=amount,
                    why=Why.NOTIFIED if name == "payment" else Why.FEE_TAKEN,
                )


def _credited(books: Books, matches: Iterable[Match]) -> Iterator[Movement]:
    """Confirm what statements show: first what was expected, the rest as its match calls it."""
    credit_by_id = {one.credit_id: one for one in books.credits}
    remitted_by_id = {one.remittance_id: one.amount for one in books.remittances}
    beyond_of = {
        Relation.REMITTANCE_CREDIT: (UNCOUNTED, Why.BEYOND),
        Relation.PAYMENT_CREDIT: (UNNOTIFIED, Why.BEYOND),
        Relation.OTHER_CREDIT: (UNEXPLAINED, Why.UNEXPLAINED),
    }
    for match in matches:
        if not match.right or match.relation not in beyond_of:
            continue
        credits_ = [credit_by_id[one] for one in match.right]
        account = credits_[0].account
        occurred_on = max(one.booked_on for one in credits_)
        expected = match.left_total
        if match.relation is Relation.REMITTANCE_CREDIT:
            # What was paid in lies there, whatever another message says of the same payment.
            expected = total(remitted_by_id[one] for one in match.left)
        confirmed = min(expected, match.right_total)
        source, why = beyond_of[match.relation]
        parts = (
            ("confirmed", Place(PlaceKind.BANK_PROVISIONAL, account), confirmed, Why.CONFIRMED),
            ("beyond", source, match.right_total - confirmed, why),
        )
        for name, origin, amount, rule in parts:
            if amount > NOTHING:
                yield Movement(
                    key=f"{name}/{match.key}",
                    occurred_on=occurred_on,
                    source=origin,
                    target=Place(PlaceKind.BANK_CONFIRMED, account),
                    amount=amount,
                    why=rule,
                )


def _refunded(books: Books, matches: Iterable[Match]) -> Iterator[Movement]:
    """Give back what never reached the account; what did goes out by its debit."""
    account_by_payment = {one.payment_id: one.account for one in books.payments}
    refund_by_id = {one.refund_id: one for one in books.refunds}
    for match in matches:
        if match.relation is Relation.PAYMENT_REFUND and match.left_total:
            account = account_by_payment[match.left[0]]
            yield Movement(
                key=f"refund/{match.right[0]}",
                occurred_on=refund_by_id[match.right[0]].told_on,
                source=Place(PlaceKind.BANK_PROVISIONAL, account),
                target=Place(PlaceKind.RETURNED, account),
                amount=match.left_total,
                why=Why.REFUNDED,
            )


def _spent(books: Books, matches: Iterable[Match]) -> Iterator[Movement]:
    given_back = {
        one for match in matches if match.relation is Relation.REFUND_DEBIT for one in match.right
    }
    for one in books.debits:
        is_refund = one.debit_id in given_back
        yield Movement(
            key=f"debit/{one.debit_id}",
            occurred_on=one.booked_on,
            source=Place(PlaceKind.BANK_CONFIRMED, one.account),
            target=Place(PlaceKind.RETURNED if is_refund else PlaceKind.SPENT, one.account),
            amount=one.amount,
            why=Why.REFUNDED if is_refund else Why.SPENT,
        )
