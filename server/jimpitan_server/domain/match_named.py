"""Payments that the text of a credit names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter

from jimpitan_server.domain.bank_habits import shapes_in
from jimpitan_server.domain.batch import Link
from jimpitan_server.domain.books import Credit, Payment, Rules
from jimpitan_server.domain.fees import rate_of
from jimpitan_server.domain.match import NO_EVIDENCE, State
from jimpitan_server.domain.mentions import (
    Mentions,
    plain_all,
    shapes_of_all,
)
from jimpitan_server.domain.pairing import Window
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import SettlementTerms

# Of so few texts all words are looked at rather sooner than all names are gathered.
_FEW_SHARE = 4


def search_window(rules: Rules) -> Window:
    """Return how far from the day of a payment a credit is looked for."""
    after = rules.credit_lag_days + rules.credit_search_days
    return Window(before=rules.clock_slack_days, after=after)


def link_named(
    payments: Sequence[Payment], waiting: dict[str, Credit], rules: Rules
) -> tuple[list[Link], set[str]]:
    """Link payments of one account that a text names, and take those credits out of `waiting`.

    The shapes of names that this bank was seen to write come with the links: a credit whose text
    has a word of such a shape names a payment. When it is none that we know, its notification was
    lost; it must not be taken for another payment of that amount.
    """
    links: list[Link] = []
    names: list[str] = []
    if not payments:
        return links, set()
    window, terms = search_window(rules), rules.terms_of(payments[0].account)
    for _, _, payment, reference, rrn, by_reference, by_rrn in _named(payments, waiting):
        day = payment.paid_on
        mentioned = (*by_reference, *by_rrn) if by_rrn else by_reference
        credit = _nearest(payment, day, mentioned, waiting, window)
        if credit is None:
            continue
        del waiting[credit.credit_id]
        links.append(_link(payment, day, credit, terms, rules))
        if credit.credit_id in by_reference:
            names.append(reference)
        if credit.credit_id in by_rrn:
            names.append(rrn)
    return links, shapes_of_all(names)


def shapes_named(links: Sequence[Link]) -> set[str]:
    """Return the shapes of references that stand in the texts of the linked credits."""
    shapes: set[str] = set()
    for link in links:
        names = [one for payment in link.payments for one in payment.references]
        for credit in link.credits:
            shapes |= shapes_in(credit.text, names)
    return shapes


# A payment in order of time, its two names as they are compared, and the credits with each.
_Named = tuple[datetime, str, Payment, str, str, Sequence[str], Sequence[str]]


def _named(payments: Sequence[Payment], waiting: Mapping[str, Credit]) -> list[_Named]:
    """Return the payments that are named at all: in order of time, if two are by one text."""
    references = plain_all([payment.reference or "" for payment in payments])
    rrns = plain_all([payment.rrn or "" for payment in payments])
    texts = [(credit.credit_id, credit.text) for credit in waiting.values()]
    few = len(texts) < len(payments) // _FEW_SHARE
    mentions = Mentions(texts, None if few else {*references, *rrns})
    if not mentions.any_of(references) and not mentions.any_of(rrns):
        return []  # as in nearly every account that settles in batches
    ids_of = mentions.ids_of
    named: list[_Named] = []
    mentioned: list[str] = []
    for payment, reference, rrn in zip(payments, references, rrns, strict=True):
        by_reference, by_rrn = ids_of(reference), ids_of(rrn)
        if by_reference or by_rrn:
            one = (
                payment.paid_at,
                payment.payment_id,
                payment,
                reference,
                rrn,
                by_reference,
                by_rrn,
            )
            named.append(one)
            mentioned += by_reference
            mentioned += by_rrn
    if len(set(mentioned)) < len(mentioned):
        named.sort(key=_BY_TIME)
    return named


_BY_TIME = itemgetter(0, 1)


def _nearest(
    payment: Payment,
    day: date,
    ids: Sequence[str],
    waiting: Mapping[str, Credit],
    window: Window,
) -> Credit | None:
    """Return that of some credits which came in time and is nearest to a payment's amount."""
    best: Credit | None = None
    for one in ids:
        credit = waiting.get(one)
        if credit is None or credit is best:
            continue
        if not -window.before <= (credit.booked_on - day).days <= window.after:
            continue
        if best is None or _nearness(payment, credit) < _nearness(payment, best):
            best = credit
    return best


def _nearness(payment: Payment, credit: Credit) -> tuple[object, ...]:
    return abs(credit.amount - payment.credit_due), credit.booked_on, credit.credit_id


def _link(
    payment: Payment, day: date, credit: Credit, terms: SettlementTerms, rules: Rules
) -> Link:
    due_idr, arrived_idr = payment.credit_due.amount, credit.amount.amount
    profile, days = terms.on(day), (credit.booked_on - day).days
    state, reason, evidence = State.MATCHED, "The credit names the payment.", NO_EVIDENCE
    if arrived_idr > due_idr:
        state, reason = State.OVER, "The credit names the payment and is larger."
    elif arrived_idr < due_idr:
        state, reason = State.UNDER, "The credit names the payment and is smaller."
        evidence = _fee_in(payment, due_idr - arrived_idr)
    if days > profile.lag_days_max:  # before that it cannot be late, whatever days are open
        closes_on, _ = profile.batch_of(payment.paid_at)
        if credit.booked_on > profile.credited_between(closes_on, rules.calendar)[1]:
            reason += f" It came after {days} days."
    return Link((payment,), (credit,), state, reason, evidence)


def _fee_in(payment: Payment, gap_idr: int) -> Mapping[str, object]:
    fee_bp = rate_of([payment.amount], Rupiah(gap_idr))
    return {} if fee_bp is None else {"fee_bp": fee_bp, "fee_idr": gap_idr}
