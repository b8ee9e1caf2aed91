"""What donors say they paid at a box: evidence beside the bank's word, never money by itself.

A shared code tells of no payment at which box it was made; a donor can. Which payment is meant
is said only where no other could be. What donors say they paid and the bank does not know of may
have gone to a thief's sticker.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.books import Books, Confirmation, Payment, Rules
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.mentions import plain
from jimpitan_server.domain.money_discrepancies import MoneyFinding
from jimpitan_server.domain.rupiah import NOTHING, Rupiah

# One donor who errs about the amount is nothing; three in a week are no accident.
MANY = 3


class Confirmed(NamedTuple):
    """The payment that each confirmation can only mean, and how many others it could.

    `repeated` confirmations say of a payment what another one of the same box said before.
    """

    payment_by_confirmation: dict[str, Payment]
    candidates: dict[str, int]
    repeated: frozenset[str]

    @property
    def payment_ids(self) -> set[str]:
        """The payments that a donor certainly made."""
        return {one.payment_id for one in self.payment_by_confirmation.values()}


def confirm_payments(books: Books, rules: Rules) -> Confirmed:
    """Return which payments donors can only have meant; no order of arrival matters."""
    if not books.confirmations:
        return Confirmed({}, {}, frozenset())
    by_id = {one.confirmation_id: one for one in books.confirmations}
    open_: dict[str, dict[str, Payment]] = _candidates(books, rules)
    numbers = {name: len(found) for name, found in open_.items()}
    paid: dict[str, Payment] = {}
    repeated: set[str] = set()
    contested: set[str] = set()
    while certain := _certain(open_, contested):
        for payment_id, names in certain.items():
            if len({by_id[name].box for name in names}) > 1:
                contested.add(payment_id)  # two boxes cannot both have it
                continue
            first, *others = sorted(names, key=lambda name: (by_id[name].told_at, name))
            paid[first] = open_[first][payment_id]
            repeated.update(others)
            for name in names:
                del open_[name]
            for found in open_.values():
                found.pop(payment_id, None)
    return Confirmed(paid, numbers, frozenset(repeated))


def _certain(open_: dict[str, dict[str, Payment]], contested: set[str]) -> dict[str, list[str]]:
    """Return the payments that are the only one left for some confirmations, and for which."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, payments in open_.items():
        if len(payments) == 1:
            (payment_id,) = payments
            if payment_id not in contested:
                found[payment_id].append(name)
    return found


def _candidates(books: Books, rules: Rules) -> dict[str, dict[str, Payment]]:
    by_amount: dict[Rupiah, list[Payment]] = defaultdict(list)
    for payment in sorted(books.payments, key=attrgetter("paid_at", "payment_id")):
        by_amount[payment.amount].append(payment)
    found: dict[str, dict[str, Payment]] = {}
    for one in books.confirmations:
        equal = by_amount.get(one.amount, [])
        start = bisect_left(equal, one.paid_at - rules.confirmation_slack, key=_PAID_AT)
        end = bisect_right(equal, one.paid_at + rules.confirmation_slack, key=_PAID_AT)
        mpans = books.mpans_by_box.get(one.box, frozenset())
        found[one.confirmation_id] = {
            payment.payment_id: payment
            for payment in equal[start:end]
            if _may_mean(one, payment, mpans)
        }
    return found


_PAID_AT = attrgetter("paid_at")


def _may_mean(one: Confirmation, payment: Payment, mpans: frozenset[str]) -> bool:
    """Tell whether a donor at this box can mean this payment."""
    if payment.box not in (None, one.box):
        return False
    if payment.mpan18 and mpans and payment.mpan18 not in mpans:
        return False
    ending = plain(one.reference)
    return not ending or any(plain(name).endswith(ending) for name in payment.references)


def match_confirmations(books: Books, confirmed: Confirmed, rules: Rules) -> Iterator[Match]:
    """Yield what became of each confirmation."""
    for one in books.confirmations:
        payment = confirmed.payment_by_confirmation.get(one.confirmation_id)
        others = confirmed.candidates[one.confirmation_id]
        right: tuple[str, ...] = ()
        arrived, evidence = one.amount, {}
        if payment is not None:
            right = (payment.payment_id,)
            state, reason = State.MATCHED, "The only payment that the donor can mean."
        elif one.confirmation_id in confirmed.repeated:
            state, reason = State.DUPLICATE, "Another confirmation said the same of this payment."
        elif others:
            state, reason = State.AMBIGUOUS, f"One of {others} payments: which one stays open."
            evidence = {"equally_good": others}
        else:
            due = one.told_at + rules.confirmation_due
            state = State.EXPECTED if books.now <= due else State.MISSING
            reason, arrived = "No payment of this amount at this time is known.", NOTHING
        yield Match(
            relation=Relation.CONFIRMATION_PAYMENT,
            state=state,
            left=(one.confirmation_id,),
            right=right,
            left_total=one.amount,
            right_total=arrived,
            reason=reason,
            box=one.box,
            evidence=evidence,
        )


def confirmation_discrepancies(books: Books, matches: Iterable[Match]) -> Iterator[Discrepancy]:
    """Yield one case for each box and week in which donors paid what the bank knows nothing of."""
    by_id = {one.confirmation_id: one for one in books.confirmations}
    missing: dict[tuple[BoxId, str], list[Confirmation]] = defaultdict(list)
    for match in matches:
        if match.relation is Relation.CONFIRMATION_PAYMENT and match.state is State.MISSING:
            one = by_id[match.left[0]]
            missing[one.box, _week(one.paid_at)].append(one)
    for (box, week), told in sorted(missing.items()):
        yield Discrepancy(
            kind=MoneyFinding.DONOR_PAYMENT_MISSING,
            severity=Severity.WARNING if len(told) >= MANY else Severity.NOTICE,
            subject=f"{box}/{week}",
            found_at=books.now,
            box=box,
            evidence={
                "confirmations": len(told),
                "expected_idr": sum(one.amount.amount for one in told),
                "arrived_idr": 0,
                "reason": "told by donors, whom nobody knows: scan the sticker at the box",
            },
        )


def _week(instant: datetime) -> str:
    year, week, _ = bank_day(instant).isocalendar()
    return f"{year}-W{week:02d}"
