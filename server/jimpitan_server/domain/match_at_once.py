"""What new credits answer, told at once from the papers of their account that are still open.

It is the same matching on a small part of the books: what an earlier credit answered stays with
it. Whole matching may afterwards arrange more than this, so nothing of it is kept.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from jimpitan_server.domain.bank_habits import UNSEEN, BankHabits, habits_by_account
from jimpitan_server.domain.books import Books, Credit, Payment, Remittance, Rules
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_credits import match_credits

# At most so many papers of a kind are looked at, the newest; older ones have waited in vain.
OPEN_MAX = 500
Paper = TypeVar("Paper")


class Closed(NamedTuple):
    """The papers that matches have answered, or that are no papers of their own."""

    payments: set[str]
    remittances: set[str]
    credits: set[str]


def closed_by(matches: Iterable[Match]) -> Closed:
    """Return what these matches close."""
    closed = Closed(set(), set(), set())
    claimed: dict[str, str] = {}
    for match in matches:
        if match.relation is Relation.REMITTANCE_PAYMENT:
            claimed[match.right[0]] = match.left[0]
        elif match.relation is Relation.PAYMENT_REFUND or match.state is State.DUPLICATE:
            closed.payments.update(match.left)
        elif match.relation in _BANK and match.left and match.right:
            is_cash = match.relation is Relation.REMITTANCE_CREDIT
            (closed.remittances if is_cash else closed.payments).update(match.left)
            closed.credits.update(match.right)
    closed.payments.update(one for one, paid in claimed.items() if paid in closed.remittances)
    return closed


_BANK = {Relation.REMITTANCE_CREDIT, Relation.PAYMENT_CREDIT}


@dataclass(slots=True)
class OpenPapers:
    """The payments, remittances and credits of one account that nothing has answered, by day.

    `habits` were seen in those that are answered.
    """

    payments: list[Payment] = field(default_factory=list)
    remittances: list[Remittance] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    habits: BankHabits = UNSEEN

    def settle(self, matches: Iterable[Match]) -> None:
        """Forget what these matches answered."""
        closed = closed_by(matches)
        self.payments = [one for one in self.payments if one.payment_id not in closed.payments]
        self.remittances = [
            one for one in self.remittances if one.remittance_id not in closed.remittances
        ]
        self.credits = [one for one in self.credits if one.credit_id not in closed.credits]


def open_papers(books: Books, matches: Iterable[Match]) -> Mapping[str, OpenPapers]:
    """Return what these matches leave open of the books, by account."""
    matches = list(matches)
    closed = closed_by(matches)
    found: dict[str, OpenPapers] = defaultdict(OpenPapers)
    for account, habits in habits_by_account(books, matches).items():
        found[account].habits = habits
    for payment in sorted(books.payments, key=_paid_on):
        if payment.payment_id not in closed.payments:
            found[payment.account].payments.append(payment)
    for remittance in sorted(books.remittances, key=_paid_on):
        if remittance.remittance_id not in closed.remittances:
            found[remittance.account].remittances.append(remittance)
    for credit in sorted(books.credits, key=_booked_on):
        if credit.credit_id not in closed.credits:
            found[credit.account].credits.append(credit)
    return found


def days_searched(rules: Rules, account: str, booked_on: date) -> tuple[date, date]:
    """Return the first and the last day of the papers that a credit of a day may answer."""
    profiles = [profile for _, profile in rules.terms_of(account).profiles]
    before = max([rules.credit_lag_days, *(profile.reach_days for profile in profiles)])
    first = booked_on - timedelta(days=before + rules.credit_search_days)
    return first, booked_on + timedelta(days=rules.clock_slack_days)


def match_at_once(
    credits_: Sequence[Credit], waiting: OpenPapers, books: Books, rules: Rules
) -> list[Match]:
    """Return the matches of some new credits of one account with the papers that wait there.

    Of `books` only what holds for all papers is used: the moment, and whose label is whose.
    """
    if not credits_:
        return []
    account = credits_[0].account
    first, _ = days_searched(rules, account, min(one.booked_on for one in credits_))
    _, last = days_searched(rules, account, max(one.booked_on for one in credits_))
    part = replace(
        books,
        payments=_between(waiting.payments, _paid_on, first, last),
        remittances=_between(waiting.remittances, _paid_on, first, last),
        credits=(*_between(waiting.credits, _booked_on, first, last), *credits_),
        links=(),
        refunds=(),
        confirmations=(),
    )
    new = {one.credit_id for one in credits_}
    found = match_credits(part, rules, habits=waiting.habits)
    return [match for match in found if not new.isdisjoint(match.right)]


def _paid_on(paper: Payment | Remittance) -> date:
    return paper.paid_on


def _booked_on(credit: Credit) -> date:
    return credit.booked_on


def _between(
    papers: Sequence[Paper], day_of: Callable[[Paper], date], first: date, last: date
) -> tuple[Paper, ...]:
    """Return the papers of some days, which are in order; of too many the newest."""
    start = bisect_left(papers, first, key=day_of)
    end = bisect_right(papers, last, key=day_of)
    return tuple(papers[max(start, end - OPEN_MAX) : end])
