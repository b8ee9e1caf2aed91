"""Foresees what the new credits of a statement will answer, while it is only looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from jimpitan_server.domain.books import Books, Credit, Rules
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_at_once import (
    OpenPapers,
    days_searched,
    match_at_once,
    open_papers,
)
from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.domain.statement import StatementLine
from jimpitan_server.services.ports_money import BooksStore

# A month of a busy account; more lines are imported all the same, and matched then.
FORESEEN_MAX = 1_000
# So many lines that a person should look at are named.
NAMED_MAX = 20


class Outlook(StrEnum):
    """What a credit will be."""

    REMITTANCE = "remittance"
    """Exactly a remittance of counted cash."""
    PAYMENTS = "payments"
    """Exactly donors' payments that the bank notified."""
    DIFFERS = "differs"
    """A remittance or payments, with another sum."""
    AMBIGUOUS = "ambiguous"
    """Several of the same sum: which is whose stays open."""
    NOT_NOTIFIED = "not_notified"
    """A QRIS credit of which no notification came."""
    UNEXPLAINED = "unexplained"
    """A credit that no paper explains."""


_TO_LOOK_AT = {Outlook.DIFFERS, Outlook.AMBIGUOUS, Outlook.NOT_NOTIFIED, Outlook.UNEXPLAINED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenLine:
    """One new credit and what it will be; `reason` is the sentence of its match."""

    line: StatementLine
    outlook: Outlook
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What new credits will be. `left_out` lines were too many to look at."""

    lines: tuple[ForeseenLine, ...] = ()
    left_out: int = 0

    @property
    def by_outlook(self) -> Mapping[Outlook, tuple[int, Rupiah]]:
        """How many lines, and what sum, each outlook has; those of none are left out."""
        found: dict[Outlook, list[Rupiah]] = {}
        for one in self.lines:
            found.setdefault(one.outlook, []).append(one.line.amount)
        return {one: (len(found[one]), total(found[one])) for one in Outlook if one in found}

    @property
    def to_look_at(self) -> tuple[ForeseenLine, ...]:
        """The first lines that a person should compare."""
        return tuple(one for one in self.lines if one.outlook in _TO_LOOK_AT)[:NAMED_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arriving:
    """A new line as the credit that it will be."""

    line: StatementLine
    credit: Credit


@dataclass(frozen=True, slots=True, kw_only=True)
class Outset:
    """The new credits of one account that are looked at, and the papers that they may answer."""

    account: str
    looked_at: tuple[StatementLine, ...] = ()
    left_out: int = 0
    books: Books
    matches: tuple[Match, ...] = ()


async def take_near(
    store: BooksStore, account: str, new: Sequence[StatementLine], *, rules: Rules, now: datetime
) -> Outset:
    """Read what the new credits of one account may answer; reading is all that it does."""
    credits_ = sorted((one for one in new if one.amount > Rupiah(0)), key=_BOOKED_ON)
    looked_at = credits_[:FORESEEN_MAX]
    if not looked_at:
        return Outset(account=account, books=Books(now=now))
    first, _ = days_searched(rules, account, looked_at[0].booked_on)
    _, last = days_searched(rules, account, looked_at[-1].booked_on)
    books, matches = await store.papers_near(account, first_on=first, last_on=last, now=now)
    return Outset(
        account=account,
        looked_at=tuple(looked_at),
        left_out=len(credits_) - len(looked_at),
        books=books,
        matches=tuple(matches),
    )


def foresee(outset: Outset, rules: Rules) -> Foreseen:
    """Return what new credits will answer; nothing is kept.

    They are taken day by day, as they would have come, each with what the days before left open.
    """
    account, books = outset.account, outset.books
    waiting = open_papers(books, outset.matches).get(account) or OpenPapers()
    lines: list[ForeseenLine] = []
    for _, of_day in groupby(outset.looked_at, key=_BOOKED_ON):
        arriving = [_arriving(account, one) for one in of_day]
        found = match_at_once([one.credit for one in arriving], waiting, books, rules)
        waiting.settle(found)
        lines += _lines(arriving, found)
    return Foreseen(lines=tuple(lines), left_out=outset.left_out)


_BOOKED_ON = attrgetter("booked_on")


def _arriving(account: str, line: StatementLine) -> _Arriving:
    credit = Credit(
        credit_id=f"new/{line.row_hash}/{line.occurrence}",
        account=account,
        booked_on=line.booked_on,
        amount=line.amount,
        text=line.text,
    )
    return _Arriving(line=line, credit=credit)


def _lines(arriving: Iterable[_Arriving], found: Iterable[Match]) -> list[ForeseenLine]:
    match_of = {one: match for match in found for one in match.right}
    return [
        ForeseenLine(
            line=one.line,
            outlook=_outlook(match_of[one.credit.credit_id]),
            reason=match_of[one.credit.credit_id].reason,
        )
        for one in arriving
    ]


def _outlook(match: Match) -> Outlook:
    is_cash = match.relation is Relation.REMITTANCE_CREDIT
    if not match.left:
        is_qris = match.relation is Relation.PAYMENT_CREDIT
        return Outlook.NOT_NOTIFIED if is_qris else Outlook.UNEXPLAINED
    if match.state is State.AMBIGUOUS:
        return Outlook.AMBIGUOUS
    if match.variance:
        return Outlook.DIFFERS
    return Outlook.REMITTANCE if is_cash else Outlook.PAYMENTS
