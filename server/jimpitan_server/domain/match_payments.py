"""Donors' payments against the statement: by reference, by batch, or by equal amounts."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from jimpitan_server.domain.bank_habits import UNSEEN, BankHabits
from jimpitan_server.domain.batch import Link
from jimpitan_server.domain.books import Credit, Payment, Refund, Rules
from jimpitan_server.domain.match import State
from jimpitan_server.domain.match_batches import match_batches
from jimpitan_server.domain.match_named import link_named, search_window, shapes_named
from jimpitan_server.domain.match_remittances import item_of_credit
from jimpitan_server.domain.mentions import (
    says_any,
    shapes_of,
)
from jimpitan_server.domain.pairing import Item, group_equal
from jimpitan_server.domain.settlement import Settlement, SettlementProfile, SettlementTerms


@dataclass(frozen=True, slots=True)
class PaymentLinks:
    """What was linked, the payments that repeat another one, and those that wait for a credit."""

    links: list[Link]
    repeated: list[Payment]
    unlinked: list[Payment]


def link_payments(
    payments: Iterable[Payment],
    credits_: Iterable[Credit],
    rules: Rules,
    *,
    claimed: Container[str] = (),
    refunds: Iterable[Refund] = (),
    habits: BankHabits = UNSEEN,
) -> PaymentLinks:
    """Return links; payments and credits that are in none are left for the caller to judge.

    `claimed` payments are known from a remittance too, so they repeat no other one. `refunds`
    may have been kept back from settlements. `habits` were seen in papers that are not here.
    """
    credits_by_account: dict[str, list[Credit]] = defaultdict(list)
    for credit in credits_:
        credits_by_account[credit.account].append(credit)
    payments_by_account: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        payments_by_account[payment.account].append(payment)
    refunds_by_account: dict[str, list[Refund]] = defaultdict(list)
    for refund in refunds:
        refunds_by_account[refund.account].append(refund)
    links: list[Link] = []
    repeated: list[Payment] = []
    unlinked: list[Payment] = []
    for account in sorted(payments_by_account):
        found = _link_account(
            payments_by_account[account],
            credits_by_account[account],
            refunds_by_account[account],
            rules,
            claimed=claimed,
            habits=habits,
        )
        links += found.links
        repeated += found.repeated
        unlinked += found.unlinked
    return PaymentLinks(links, repeated, unlinked)


_ORDER = attrgetter("paid_at", "payment_id")


def _link_account(
    payments: list[Payment],
    credits_: list[Credit],
    refunds: list[Refund],
    rules: Rules,
    *,
    claimed: Container[str],
    habits: BankHabits,
) -> PaymentLinks:
    waiting = {credit.credit_id: credit for credit in credits_}
    links, shapes = link_named(payments, waiting, rules)
    shapes |= habits.reference_shapes
    linked = {link.payments[0].payment_id for link in links}  # a text names one payment
    rest, repeated = _without_repeats(payments, linked, claimed)
    by_qris = [one for one in waiting.values() if says_any(one.text, rules.qris_words)]
    named = len(links)
    parts = _by_profile(rest, rules.terms_of(payments[0].account))
    for profile, part in parts:
        if profile.way is Settlement.PAYMENT:
            unnamed = [one for one in by_qris if not shapes & shapes_of(one.text)]
            found = _by_amount(part, unnamed, rules)
        else:
            found = match_batches(part, by_qris, profile, rules, refunds=refunds, habits=habits)
        links += found
        if len(parts) > 1:
            shapes |= shapes_named(found)
        answered = {credit.credit_id for link in found for credit in link.credits}
        by_qris = [one for one in by_qris if one.credit_id not in answered]
        kept_back = {one.refund_id for link in found for one in link.refunds}
        refunds = [one for one in refunds if one.refund_id not in kept_back]
    return PaymentLinks(links, repeated, _without_link(rest, links[named:]))


def _without_link(payments: list[Payment], links: list[Link]) -> list[Payment]:
    """Return those of some payments that are in none of the links of them."""
    if sum([len(link.payments) for link in links]) == len(payments):
        return []
    # The very same papers: to read the name of each again would take as long as to match it.
    linked = set(map(id, chain.from_iterable([link.payments for link in links])))
    return [payment for payment in payments if id(payment) not in linked]


def _by_profile(
    payments: list[Payment], terms: SettlementTerms
) -> list[tuple[SettlementProfile, list[Payment]]]:
    """Part payments by the profile that held when they were made, in the order of the terms."""
    if len(terms.profiles) == 1:
        return [(terms.profiles[0][1], payments)]
    parts: dict[str, tuple[SettlementProfile, list[Payment]]] = {}
    for payment in sorted(payments, key=_ORDER):
        profile = terms.on(payment.paid_on)
        parts.setdefault(profile.name, (profile, []))[1].append(payment)
    return list(parts.values())


def _item_of(payment: Payment) -> Item:
    return Item(day=payment.paid_on, item_id=payment.payment_id, amount=payment.credit_due)


def _without_repeats(
    payments: list[Payment], linked: set[str], claimed: Container[str]
) -> tuple[list[Payment], list[Payment]]:
    """Part the payments without a credit into the first and the repeated notifications.

    Two references with the same RRN, account, amount, day and issuer are one payment that the
    acquirer numbered twice, unless the statement or a remittance itself names both.
    """
    unlinked = payments
    if linked:
        unlinked = [payment for payment in payments if payment.payment_id not in linked]
    numbers = [payment.rrn for payment in payments]
    if len(set(numbers)) == len(numbers):
        return unlinked, []  # no number stands twice, as nearly always
    pieces = Counter(numbers)
    unlinked = sorted(unlinked, key=_ORDER)
    rrns = {payment.rrn for payment in unlinked if payment.rrn and pieces[payment.rrn] > 1}
    seen = {
        fingerprint(payment)
        for payment in payments
        if payment.rrn in rrns and (payment.payment_id in linked or payment.payment_id in claimed)
    }
    rest: list[Payment] = []
    repeated: list[Payment] = []
    for payment in unlinked:
        if payment.rrn not in rrns:
            rest.append(payment)
            continue
        mark = fingerprint(payment)
        if mark in seen and payment.payment_id not in claimed:
            repeated.append(payment)
        else:
            rest.append(payment)
            seen.add(mark)
    return rest, repeated


def fingerprint(payment: Payment) -> tuple[object, ...]:
    """Return what two notifications of one payment share, whatever reference they carry."""
    return payment.rrn, payment.mpan18, payment.amount, payment.paid_on, payment.issuer


def _by_amount(payments: list[Payment], credits_: list[Credit], rules: Rules) -> list[Link]:
    payment_by_id = {payment.payment_id: payment for payment in payments}
    credit_by_id = {credit.credit_id: credit for credit in credits_}
    expected = [_item_of(payment) for payment in payments]
    arrived = [item_of_credit(credit) for credit in credits_]
    links = []
    for group in group_equal(expected, arrived, search_window(rules)):
        if not group.answered:
            continue
        state, reason = State.MATCHED, "The only payment and the only credit of this amount."
        evidence: dict[str, object] = {}
        if not group.unique:
            state = State.AMBIGUOUS
            reason = (
                f"{len(group.expected)} payments and {len(group.arrived)} credits of the same"
                " amount: the total is proven, which is whose stays open."
            )
            evidence = {"equally_good": group.pairings}
        links.append(
            Link(
                tuple([payment_by_id[item.item_id] for item in group.expected]),
                tuple([credit_by_id[item.item_id] for item in group.answered]),
                state,
                reason,
                evidence,
            )
        )
    return links
