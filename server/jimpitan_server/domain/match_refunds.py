"""Payments that were given back: against the debit on the statement, or before they arrived.

A refund changes nothing of what was given; it says where the money went. Where the payment has
reached the account the refund must show as a debit; where it never did, the two end each other.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from jimpitan_server.domain.books import Books, Debit, Payment, Refund, Rules
from jimpitan_server.domain.due import OPEN_REASONS, DueDates
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_payments import fingerprint
from jimpitan_server.domain.netting import debits_by_name, given_back, in_parts
from jimpitan_server.domain.pairing import Item, Window, group_equal
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total


def match_refunds(books: Books, matches: list[Match], rules: Rules) -> list[Match]:
    """Return the matches with every refund judged; a payment that was given back waits no more.

    Refunds that were kept back from a settlement are judged already.
    """
    if not books.refunds:
        return matches
    payment_by_id = {one.payment_id: one for one in books.payments}
    kept_back = [one for one in matches if one.relation is Relation.PAYMENT_REFUND]
    judged = {refund_id for match in kept_back for refund_id in match.right}
    told = in_parts(_of_originals(books, matches, payment_by_id), payment_by_id)
    refunds = [one for one in told if one.refund_id not in judged]
    waiting = {match.left[0]: match for match in matches if _is_open(match)}
    debit_by_refund = _debits(refunds, books, rules, waiting)
    left = {payment_id: match.left_total for payment_id, match in waiting.items()}
    never_arrived: dict[str, list[Refund]] = defaultdict(list)
    found: list[Match] = []
    due = DueDates.of(books, rules)
    for refund in refunds:
        payment = payment_by_id[refund.payment_id]
        debit = debit_by_refund.get(refund.refund_id)
        amount = min(refund.amount, payment.credit_due)
        if debit is not None:
            found.append(_debited(refund, payment, amount, debit))
        elif left.get(refund.payment_id, NOTHING) > NOTHING:
            amount = min(amount, left[refund.payment_id])
            left[refund.payment_id] -= amount
            never_arrived[refund.payment_id].append(replace(refund, amount=amount))
        elif refund.payment_id not in waiting:
            found.append(_awaited(refund, payment, amount, due))
    ended = {
        payment_id: _rest(waiting[payment_id], left[payment_id]) for payment_id in never_arrived
    }
    reason = "The payment was given back before it reached the account."
    kept_back += [given_back(parts, State.MATCHED, reason) for parts in never_arrived.values()]
    standing = [one for one in _standing(matches, ended) if one.relation is not _KEPT_BACK]
    return [*standing, *found, *_by_payment(kept_back, payment_by_id)]


_KEPT_BACK = Relation.PAYMENT_REFUND


def _by_payment(kept_back: Iterable[Match], payment_by_id: dict[str, Payment]) -> Iterator[Match]:
    """Put what was given back of one payment without a debit into one match.

    It was kept back from one settlement or several, or ended what never arrived, or both.
    """
    by_payment: dict[str, list[Match]] = defaultdict(list)
    for match in kept_back:
        by_payment[match.left[0]].append(match)
    for payment_id, parts in by_payment.items():
        amount = total(one.right_total for one in parts)
        unsure = [one.state for one in parts if one.state is State.AMBIGUOUS]
        yield parts[0]._replace(
            state=unsure[0] if unsure else State.MATCHED,
            right=tuple(sorted(refund_id for one in parts for refund_id in one.right)),
            left_total=amount,
            right_total=amount,
            box=payment_by_id[payment_id].box,
        )


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


def _standing(matches: Iterable[Match], ended: dict[str, Match | None]) -> Iterator[Match]:
    for match in matches:
        if not (_is_open(match) and match.left[0] in ended):
            yield match
            continue
        rest = ended[match.left[0]]
        if rest is not None:
            yield rest


def _rest(match: Match, left: Rupiah) -> Match | None:
    return match._replace(left_total=left) if left > NOTHING else None


def _debits(
    refunds: list[Refund], books: Books, rules: Rules, waiting: Container[str]
) -> dict[str, Debit]:
    """Return the debit of each refund that is named by one, or has the only one of its amount.

    What never reached the account goes out of it by name only: another debit is no refund.
    """
    payment_by_id = {one.payment_id: one for one in books.payments}
    window = Window(
        before=rules.clock_slack_days, after=rules.credit_lag_days + rules.credit_search_days
    )
    found = debits_by_name(refunds, books.debits, payment_by_id)
    named = {debit.debit_id for debit in found.values()}
    free = {one.debit_id: one for one in books.debits if one.debit_id not in named}
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
