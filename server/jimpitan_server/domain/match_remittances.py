"""Remittances against the bank: by the reference on the slip, by QRIS notification, by amount."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from jimpitan_server.domain.books import (
    Books,
    Credit,
    Payment,
    Remittance,
    RemittanceMethod,
    Rules,
)
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.mentions import Mentions, plain, plain_all, says_any
from jimpitan_server.domain.pairing import Group, Item, Window, group_equal
from jimpitan_server.domain.rupiah import Rupiah, total


@dataclass(frozen=True, slots=True)
class RemittancePayments:
    """Which notified payments are no donation, because a remittance was paid by them."""

    remittance_by_payment: dict[str, Remittance]
    matches: list[Match]


def find_remittance_payments(
    books: Books, rules: Rules, *, donors: Container[str] = ()
) -> RemittancePayments:
    """Link remittances by QRIS with their notifications: by reference, else if only one fits.

    Of several that fit, those that `donors` said they made are left to them, if one remains.
    """
    found: dict[str, Remittance] = {}
    matches: list[Match] = []
    by_qris = [one for one in _in_order(books.remittances) if one.method is RemittanceMethod.QRIS]
    if not by_qris:
        return RemittancePayments(found, matches)
    payments = sorted(books.payments, key=lambda payment: (payment.paid_at, payment.payment_id))
    by_reference: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    for payment in payments:
        for reference in payment.references:
            by_reference[payment.account, plain(reference)].append(payment)
    later: list[Remittance] = []
    for remittance in by_qris:
        named = by_reference.get((remittance.account, plain(remittance.reference)), [])
        free = [one for one in named if one.payment_id not in found]
        if not free:
            later.append(remittance)
            continue
        best = next((one for one in free if one.amount == remittance.amount), free[0])
        found[best.payment_id] = remittance
        state = _compared(remittance.amount, best.amount)
        matches.append(_by_qris(remittance, best, state, "The reference is that of the payment."))
    for remittance in later:
        near = [one for one in payments if _may_be(remittance, one, rules)]
        near = [one for one in near if one.payment_id not in found]
        near = [one for one in near if one.payment_id not in donors] or near
        near.sort(key=lambda one: _likelihood(remittance, one))
        if near:
            found[near[0].payment_id] = remittance
            matches.append(_by_time(remittance, near))
    return RemittancePayments(found, matches)


def _may_be(remittance: Remittance, payment: Payment, rules: Rules) -> bool:
    return (
        payment.account == remittance.account
        and payment.amount == remittance.amount
        and abs(payment.paid_at - remittance.paid_at) <= rules.qris_remittance_slack
    )


def _likelihood(remittance: Remittance, payment: Payment) -> tuple[object, ...]:
    """Order payments: with the programme's own code, which is no box's, and nearest in time."""
    away = abs(payment.paid_at - remittance.paid_at)
    return payment.box is not None, away, payment.paid_at, payment.payment_id


def _by_time(remittance: Remittance, near: list[Payment]) -> Match:
    evidence: dict[str, object] = {"reference_differs": True}
    if len(near) == 1:
        reason = "The only payment of this amount at this time; its reference differs."
        return _by_qris(remittance, near[0], State.MATCHED, reason, evidence)
    reason = f"One of {len(near)} payments of this amount at this time: which one stays open."
    evidence["equally_good"] = len(near)
    return _by_qris(remittance, near[0], State.AMBIGUOUS, reason, evidence)


def _by_qris(
    remittance: Remittance,
    payment: Payment,
    state: State,
    reason: str,
    evidence: dict[str, object] | None = None,
) -> Match:
    return Match(
        relation=Relation.REMITTANCE_PAYMENT,
        state=state,
        left=(remittance.remittance_id,),
        right=(payment.payment_id,),
        left_total=remittance.amount,
        right_total=payment.amount,
        reason=reason,
        evidence=evidence or {},
    )


def _compared(expected: Rupiah, arrived: Rupiah) -> State:
    if expected == arrived:
        return State.MATCHED
    return State.OVER if arrived > expected else State.UNDER


def match_slips(
    remittances: Iterable[Remittance], credits_: Iterable[Credit], rules: Rules
) -> list[Match]:
    """Link remittances with credits; those without one are left out, for the caller to judge."""
    remittances = list(remittances)
    if not remittances:
        return []
    waiting = {credit.credit_id: credit for credit in credits_}
    matches: list[Match] = []
    unnamed: list[Remittance] = []
    ordered = _in_order(remittances)
    names = plain_all([one.reference for one in ordered])
    texts = [(credit.credit_id, credit.text) for credit in waiting.values()]
    mentions = Mentions(texts, set(names))
    for remittance, name in zip(ordered, names, strict=True):
        ids = sorted(mentions.ids_of(name))
        named = [waiting[one] for one in ids if one in waiting]
        credit = _best_credit(remittance, named, rules)
        if credit is None:
            unnamed.append(remittance)
            continue
        del waiting[credit.credit_id]
        state = _compared(remittance.amount, credit.amount)
        matches.append(_by_slip([remittance], [credit], state, "The credit names the slip."))
    by_slip = [one for one in unnamed if one.method is RemittanceMethod.SLIP]
    amounts = {one.amount.amount for one in by_slip}
    equal = [one for one in waiting.values() if one.amount.amount in amounts] if amounts else []
    no_qris = [one for one in equal if not says_any(one.text, rules.qris_words)]
    paid_in = [one for one in no_qris if says_any(one.text, rules.remittance_words)]
    matches += pair_by_amount(by_slip, paid_in, rules)
    answered = {one for match in matches for one in (*match.left, *match.right)}
    by_slip = [one for one in by_slip if one.remittance_id not in answered]
    no_qris = [one for one in no_qris if one.credit_id not in answered]
    return matches + pair_by_amount(by_slip, no_qris, rules)


def _window(rules: Rules) -> Window:
    after = rules.credit_lag_days + rules.credit_search_days
    return Window(before=rules.clock_slack_days, after=after)


def _best_credit(remittance: Remittance, credits_: list[Credit], rules: Rules) -> Credit | None:
    if not credits_:
        return None
    window, day = _window(rules), remittance.paid_on
    near = [
        credit
        for credit in credits_
        if credit.account == remittance.account
        and -window.before <= (credit.booked_on - day).days <= window.after
    ]
    near.sort(key=lambda credit: (credit.amount != remittance.amount, credit.booked_on))
    return next(iter(near), None)


def _item_of(remittance: Remittance) -> Item:
    return Item(day=remittance.paid_on, item_id=remittance.remittance_id, amount=remittance.amount)


def item_of_credit(credit: Credit) -> Item:
    """Return a credit as an item that can be paired."""
    return Item(day=credit.booked_on, item_id=credit.credit_id, amount=credit.amount)


def pair_by_amount(
    remittances: Iterable[Remittance], credits_: Iterable[Credit], rules: Rules
) -> list[Match]:
    """Link what no text names by amount and day, within each account."""
    remittance_by_id = {one.remittance_id: one for one in remittances}
    credit_by_id = {one.credit_id: one for one in credits_}
    matches = []
    for account in sorted({one.account for one in remittance_by_id.values()}):
        groups = group_equal(
            [_item_of(one) for one in remittance_by_id.values() if one.account == account],
            [item_of_credit(one) for one in credit_by_id.values() if one.account == account],
            _window(rules),
        )
        for group in groups:
            if group.answered:
                matches.append(_of_group(group, remittance_by_id, credit_by_id))
    return matches


def _of_group(
    group: Group, remittance_by_id: dict[str, Remittance], waiting: dict[str, Credit]
) -> Match:
    remittances = [remittance_by_id[item.item_id] for item in group.expected]
    answered = [waiting[item.item_id] for item in group.answered]
    if group.unique:
        return _by_slip(remittances, answered, State.MATCHED, "The only ones of this amount.")
    reason = (
        f"{len(remittances)} remittances and {len(group.arrived)} credits of the same amount:"
        " which is whose stays open."
    )
    match = _by_slip(remittances, answered, State.AMBIGUOUS, reason)
    return match._replace(evidence={"equally_good": group.pairings})


def _by_slip(
    remittances: list[Remittance], credits_: list[Credit], state: State, reason: str
) -> Match:
    return Match(
        relation=Relation.REMITTANCE_CREDIT,
        state=state,
        left=tuple([one.remittance_id for one in remittances]),
        right=tuple([credit.credit_id for credit in credits_]),
        left_total=total([one.amount for one in remittances]),
        right_total=total([credit.amount for credit in credits_]),
        reason=reason,
    )


def _in_order(remittances: Iterable[Remittance]) -> list[Remittance]:
    return sorted(remittances, key=lambda one: (one.paid_at, one.remittance_id))
