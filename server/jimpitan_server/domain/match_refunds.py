"""Payments that were given back: against the debit on the statement, or before they arrived.

A refund changes nothing of what was given; it says where the money went. Where the payment has
reached the account the refund must show as a debit; where it never did, the two end each other.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from jimpitan_server.domain.books import Books, Debit, Payment, Refund, Rules
from jimpitan_server.domain.due import OPEN_REASONS, DueDates
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_payments import fingerprint
from jimpitan_server.domain.mentions import Mentions
from jimpitan_server.domain.pairing import Item, Window, group_equal
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total


def match_refunds(books: Books, matches: list[Match], rules: Rules) -> list[Match]:
    """Return the matches with every refund judged; a payment that was given back waits no more."""
    if not books.refunds:
        return matches
    payment_by_id = {one.payment_id: one for one in books.payments}
    told = _of_originals(books, matches, payment_by_id)
    refunds = _first_of_each(told, payment_by_id)
    waiting = {match.left[0]: match for match in matches if _is_open(match)}
    debit_by_refund = _debits(refunds, books, rules, waiting)
    ended: dict[str, Match | None] = {}  # the open matches of payments that were given back
    found: list[Match] = []
    due = DueDates.of(books, rules)
    for refund in refunds:
        payment = payment_by_id[refund.payment_id]
        debit = debit_by_refund.get(refund.refund_id)
        amount = min(refund.amount, payment.credit_due)
        if debit is not None:
            found.append(_debited(refund, payment, amount, debit))
        elif refund.payment_id in waiting:
            found.append(_never_arrived(refund, payment, amount))
            ended[refund.payment_id] = _rest(waiting[refund.payment_id], amount)
        else:
            found.append(_awaited(refund, payment, amount, due))
    return [*_standing(matches, ended), *found]


def _is_open(match: Match) -> bool:
    """Tell whether a payment waits for its credit; one that repeats another waits for none."""
    return bool(
        match.relation is Relation.PAYMENT_CREDIT
        and match.left
        and not match.right
        and match.state is not State.DUPLICATE
    )


def _of_originals(
    books: Books, matches: Iterable[Match], payment_by_id: dict[str, Payment]
) -> list[Refund]:
    """Return the refunds, those of a repeated notification as of the payment that it repeats."""
    repeated = {
        match.left[0]
        for match in matches
        if match.relation is Relation.PAYMENT_CREDIT and match.state is State.DUPLICATE
    }
    originals = {
        fingerprint(one): one.payment_id
        for one in books.payments
        if one.payment_id not in repeated
    }
    return [
        replace(one, payment_id=originals[fingerprint(payment_by_id[one.payment_id])])
        if one.payment_id in repeated
        else one
        for one in books.refunds
    ]


def _first_of_each(refunds: Iterable[Refund], payment_by_id: dict[str, Payment]) -> list[Refund]:
    """Return one refund of each payment that stands: the first that was told."""
    first: dict[str, Refund] = {}
    for refund in sorted(refunds, key=lambda one: (one.told_at, one.refund_id)):
        if refund.payment_id in payment_by_id:
            first.setdefault(refund.payment_id, refund)
    return list(first.values())


def _standing(matches: Iterable[Match], ended: dict[str, Match | None]) -> Iterator[Match]:
    for match in matches:
        if not (_is_open(match) and match.left[0] in ended):
            yield match
            continue
        rest = ended[match.left[0]]
        if rest is not None:
            yield rest


def _rest(match: Match, given_back: Rupiah) -> Match | None:
    left = match.left_total - given_back
    return match._replace(left_total=left) if left > NOTHING else None


def _debits(
    refunds: list[Refund], books: Books, rules: Rules, waiting: Container[str]
) -> dict[str, Debit]:
    """Return the debit of each refund that is named by one, or has the only one of its amount.

    What never reached the account goes out of it by name only: another debit is no refund.
    """
    free = {debit.debit_id: debit for debit in books.debits}
    mentions = Mentions((debit.debit_id, debit.text) for debit in books.debits)
    payment_by_id = {one.payment_id: one for one in books.payments}
    window = Window(
        before=rules.clock_slack_days, after=rules.credit_lag_days + rules.credit_search_days
    )
    found: dict[str, Debit] = {}
    for refund in refunds:
        payment = payment_by_id[refund.payment_id]
        for debit_id in sorted(set(mentions.of(payment.reference, payment.rrn))):
            debit = free.get(debit_id)
            if debit and debit.account == refund.account and debit.amount == refund.amount:
                found[refund.refund_id] = free.pop(debit_id)
                break
    refund_by_id = {
        one.refund_id: one
        for one in refunds
        if one.refund_id not in found and one.payment_id not in waiting
    }
    for account in sorted({one.account for one in refund_by_id.values()}):
        groups = group_equal(
            [_item(one) for one in refund_by_id.values() if one.account == account],
            [_debit_item(one) for one in free.values() if one.account == account],
            window,
        )
        for group in groups:
            if group.unique:
                found[group.expected[0].item_id] = free[group.answered[0].item_id]
    return found


def _item(refund: Refund) -> Item:
    return Item(day=refund.told_on, item_id=refund.refund_id, amount=refund.amount)


def _debit_item(debit: Debit) -> Item:
    return Item(day=debit.booked_on, item_id=debit.debit_id, amount=debit.amount)


def _debited(refund: Refund, payment: Payment, amount: Rupiah, debit: Debit) -> Match:
    return Match(
        relation=Relation.REFUND_DEBIT,
        state=State.MATCHED,
        left=(refund.refund_id,),
        right=(debit.debit_id,),
        left_total=amount,
        right_total=debit.amount,
        reason="The statement shows that the payment was given back.",
        box=payment.box,
        evidence={"payment": payment.payment_id},
    )


def _never_arrived(refund: Refund, payment: Payment, amount: Rupiah) -> Match:
    return Match(
        relation=Relation.PAYMENT_REFUND,
        state=State.MATCHED,
        left=(payment.payment_id,),
        right=(refund.refund_id,),
        left_total=amount,
        right_total=amount,
        reason="The payment was given back before it reached the account.",
        box=payment.box,
    )


def _awaited(refund: Refund, payment: Payment, amount: Rupiah, due: DueDates) -> Match:
    state = due.of_refund(refund)
    return Match(
        relation=Relation.REFUND_DEBIT,
        state=state,
        left=(refund.refund_id,),
        right=(),
        left_total=amount,
        right_total=NOTHING,
        reason=OPEN_REASONS[state],
        box=payment.box,
        evidence={"payment": payment.payment_id},
    )


def refunded(matches: Iterable[Match]) -> Rupiah:
    """Return what had reached the account and was taken out of it again for donors."""
    return total(match.right_total for match in matches if match.relation is Relation.REFUND_DEBIT)
