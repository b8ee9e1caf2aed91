"""The account: every credit of the statement, and everything that should become one.

Each credit's money ends in exactly one place, so the matches of an account always add up to its
credits: to remitted cash, to donors' payments, or to neither chain.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from jimpitan_server.domain.bank_habits import UNSEEN, BankHabits
from jimpitan_server.domain.batch import Link, due_of
from jimpitan_server.domain.books import (
    Books,
    Credit,
    Payment,
    Remittance,
    RemittanceMethod,
    Rules,
)
from jimpitan_server.domain.due import OPEN_REASONS, DueDates
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.manual_link import LinkedByHand, link_by_hand
from jimpitan_server.domain.match import Match, Relation, State, match_of
from jimpitan_server.domain.match_payments import link_payments
from jimpitan_server.domain.match_remittances import (
    RemittancePayments,
    find_remittance_payments,
    match_slips,
    pair_by_amount,
)
from jimpitan_server.domain.mentions import plain, says_any, words_of
from jimpitan_server.domain.netting import debits_by_name, given_back, in_parts
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total


def match_credits(
    books: Books,
    rules: Rules,
    *,
    donors: Container[str] = (),
    habits: BankHabits = UNSEEN,
) -> list[Match]:
    """Return every match of remittances, payments and credits.

    `donors` are payments that donors said they made: a doubtful remittance is none of them.
    `habits` of the bank were seen in papers that are not among these.
    """
    paid_by_qris = find_remittance_payments(books, rules, donors=donors)
    by_hand = link_by_hand(books, paid_by_qris.remittance_by_payment)
    books = _without(books, by_hand, paid_by_qris)
    due = DueDates.of(books, rules)
    notified = {one.remittance_id for one in paid_by_qris.remittance_by_payment.values()}
    by_slip = [one for one in books.remittances if one.remittance_id not in notified]
    slips = match_slips(by_slip, books.credits, rules)
    taken = {credit_id for match in slips for credit_id in match.right}
    waiting = [credit for credit in books.credits if credit.credit_id not in taken]
    claimed = paid_by_qris.remittance_by_payment
    payments = {one.payment_id: one for one in books.payments} if books.refunds else {}
    refunds = in_parts(books.refunds, payments)
    debited = debits_by_name(refunds, books.debits, payments) if refunds else {}
    unseen = [one for one in refunds if one.refund_id not in debited]
    found = link_payments(
        books.payments, waiting, rules, claimed=claimed, refunds=unseen, habits=habits
    )
    is_plain = not paid_by_qris.remittance_by_payment and not unseen
    split = [_of_donors(one) for one in found.links] if is_plain else []
    if not is_plain:
        split = [match for link in found.links for match in _split(link, paid_by_qris)]
    taken |= {credit_id for match in split for credit_id in match.right}
    slips += _lost_notifications(by_slip, slips, books, taken, rules)
    taken |= {credit_id for match in slips for credit_id in match.right}
    orphans = [one for one in books.credits if one.credit_id not in taken]
    return [
        *by_hand.matches,
        *paid_by_qris.matches,
        *slips,
        *_open_remittances(by_slip, slips, due),
        *split,
        *(_repeated(payment) for payment in found.repeated),
        *_open_payments(found.unlinked, paid_by_qris, due),
        *_orphans(orphans, books, rules),
    ]


def _without(books: Books, by_hand: LinkedByHand, paid_by_qris: RemittancePayments) -> Books:
    """Return the books without the papers that a person linked.

    The payment by which a linked remittance was made goes with it: it is the same money.
    """
    if not by_hand.matches:
        return books
    same_money = {
        payment_id
        for payment_id, remittance in paid_by_qris.remittance_by_payment.items()
        if remittance.remittance_id in by_hand.remittances
    }
    gone = by_hand.payments | same_money
    return replace(
        books,
        remittances=tuple(
            one for one in books.remittances if one.remittance_id not in by_hand.remittances
        ),
        payments=tuple(one for one in books.payments if one.payment_id not in gone),
        credits=tuple(one for one in books.credits if one.credit_id not in by_hand.credits),
    )


def _lost_notifications(
    remittances: Iterable[Remittance],
    slips: Iterable[Match],
    books: Books,
    taken: set[str],
    rules: Rules,
) -> list[Match]:
    """Link remittances by QRIS that nobody notified with QRIS credits that nobody explained."""
    by_qris = [one for one in remittances if one.method is RemittanceMethod.QRIS]
    if not by_qris:
        return []
    answered = {remittance_id for match in slips for remittance_id in match.left}
    return pair_by_amount(
        [one for one in by_qris if one.remittance_id not in answered],
        [
            one
            for one in books.credits
            if one.credit_id not in taken and says_any(one.text, rules.qris_words)
        ],
        rules,
    )


def _of_donors(link: Link) -> Match:
    """Return a link as the match that it is where no remittance and no refund is in it."""
    payments, credits_ = link.payments, link.credits
    if len(payments) == 1 and len(credits_) == 1:  # as nearly all where each payment is credited
        payment, credit = payments[0], credits_[0]
        left: tuple[str, ...] = (payment.payment_id,)
        right: tuple[str, ...] = (credit.credit_id,)
        due, arrived, box = payment.credit_due, credit.amount, payment.box
    else:
        left = tuple([payment.payment_id for payment in payments])
        right = tuple([credit.credit_id for credit in credits_])
        due = due_of(payments) if link.due is None else link.due
        arrived = total([credit.amount for credit in credits_])
        box = _one_box(payments)
    return match_of(
        (
            Relation.PAYMENT_CREDIT,
            link.state,
            left,
            right,
            due,
            arrived,
            link.reason,
            box,
            link.evidence,
        )
    )


def _split(link: Link, paid_by_qris: RemittancePayments) -> Iterator[Match]:
    """Part a link into the remittances in it, each by itself, and the donors' payments."""
    remittance_by_payment = paid_by_qris.remittance_by_payment
    left = total(credit.amount for credit in link.credits)
    credit_ids = tuple(credit.credit_id for credit in link.credits)
    donors = list(link.payments)
    if remittance_by_payment:
        donors = [one for one in donors if one.payment_id not in remittance_by_payment]
    if len(donors) < len(link.payments):
        for payment in link.payments:
            remittance = remittance_by_payment.get(payment.payment_id)
            if remittance is not None:
                is_alone = len(link.payments) == 1 and not link.is_batch
                arrived = left if is_alone else min(payment.credit_due, left)
                left -= arrived
                yield _remitted(remittance, payment.credit_due, arrived, credit_ids, link)
    kept_back = total(one.amount for one in link.refunds)
    yield from (given_back([one], link.state, link.reason) for one in link.refunds)
    if donors:
        due = due_of(donors)
        yield Match(
            relation=Relation.PAYMENT_CREDIT,
            state=link.state,
            left=tuple([payment.payment_id for payment in donors]),
            right=credit_ids,
            left_total=due - min(kept_back, due),
            right_total=left,
            reason=link.reason,
            box=_one_box(donors),
            evidence=link.evidence,
        )
    elif left:
        yield _surplus(link, credit_ids, left)


def _remitted(
    remittance: Remittance, due: Rupiah, arrived: Rupiah, credit_ids: tuple[str, ...], link: Link
) -> Match:
    # What a batch lacks or brings beyond its payments is not this one's, if it arrived whole.
    is_whole = arrived == due and link.state in {State.OVER, State.UNDER}
    return Match(
        relation=Relation.REMITTANCE_CREDIT,
        state=State.MATCHED if is_whole else link.state,
        left=(remittance.remittance_id,),
        right=credit_ids,
        left_total=due,
        right_total=arrived,
        reason=link.reason,
        evidence={} if is_whole else link.evidence,
    )


def _surplus(link: Link, credit_ids: tuple[str, ...], surplus: Rupiah) -> Match:
    """Money of a batch beyond the remittances in it: payments whose notification was lost."""
    return Match(
        relation=Relation.PAYMENT_CREDIT,
        state=State.ORPHAN,
        left=(),
        right=credit_ids,
        left_total=NOTHING,
        right_total=surplus,
        reason=link.reason,
    )


def _one_box(payments: Iterable[Payment]) -> BoxId | None:
    boxes = {payment.box for payment in payments}
    return next(iter(boxes)) if len(boxes) == 1 else None


def _open_remittances(
    remittances: Iterable[Remittance], matches: list[Match], due: DueDates
) -> Iterator[Match]:
    answered = {remittance_id for match in matches for remittance_id in match.left}
    for remittance in sorted(remittances, key=lambda one: (one.paid_at, one.remittance_id)):
        if remittance.remittance_id not in answered:
            yield _waiting(remittance, remittance.amount, due)


def _waiting(remittance: Remittance, amount: Rupiah, due: DueDates) -> Match:
    state = due.of_remittance(remittance)
    return Match(
        relation=Relation.REMITTANCE_CREDIT,
        state=state,
        left=(remittance.remittance_id,),
        right=(),
        left_total=amount,
        right_total=NOTHING,
        reason=OPEN_REASONS[state],
    )


def _repeated(payment: Payment) -> Match:
    return Match(
        relation=Relation.PAYMENT_CREDIT,
        state=State.DUPLICATE,
        left=(payment.payment_id,),
        right=(),
        left_total=NOTHING,
        right_total=NOTHING,
        reason="RRN, account, amount, day and issuer are those of another notification.",
        box=payment.box,
        evidence={"amount_idr": payment.amount.amount},
    )


def _open_payments(
    payments: Iterable[Payment], paid_by_qris: RemittancePayments, due: DueDates
) -> Iterator[Match]:
    for payment in sorted(payments, key=lambda one: (one.paid_at, one.payment_id)):
        remittance = paid_by_qris.remittance_by_payment.get(payment.payment_id)
        if remittance is not None:
            yield _waiting(remittance, payment.credit_due, due)
            continue
        state = due.of_payment(payment)
        yield Match(
            relation=Relation.PAYMENT_CREDIT,
            state=state,
            left=(payment.payment_id,),
            right=(),
            left_total=payment.credit_due,
            right_total=NOTHING,
            reason=OPEN_REASONS[state],
            box=payment.box,
            evidence={"held": True} if payment.held else {},
        )


def _orphans(credits_: Iterable[Credit], books: Books, rules: Rules) -> Iterator[Match]:
    """Judge credits that nothing led us to expect: lost notifications, or another's money."""
    boxes_by_word: dict[str, set[BoxId]] = defaultdict(set)
    for label, box_of_label in books.boxes_by_label.items():
        boxes_by_word[plain(label)].add(box_of_label)
    for credit in sorted(credits_, key=lambda one: (one.booked_on, one.credit_id)):
        orphan = Match(
            relation=Relation.OTHER_CREDIT,
            state=State.ORPHAN,
            left=(),
            right=(credit.credit_id,),
            left_total=NOTHING,
            right_total=credit.amount,
            reason="A credit that no remittance and no payment explains.",
        )
        if says_any(credit.text, rules.qris_words):
            words = words_of(credit.text)
            named = set().union(*(boxes_by_word.get(word, ()) for word in words))
            box = named.pop() if len(named) == 1 else None
            reason = "A QRIS credit without a notification: lost until the statement came."
            orphan = orphan._replace(relation=Relation.PAYMENT_CREDIT, reason=reason, box=box)
        yield orphan
