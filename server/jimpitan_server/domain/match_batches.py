"""Settlement batches: payments that reach the account as one credit for a day or a terminal."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jimpitan_server.domain.books import Credit, Payment, Rules, Settlement
from jimpitan_server.domain.match import State
from jimpitan_server.domain.mentions import LABEL_LENGTH_MIN, plain, words_of
from jimpitan_server.domain.rupiah import Rupiah, total

# A long holiday (Idul Fitri) closes the banks for about a week; more batches than that are
# never paid as one credit.
_RUN_LENGTH_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Payments and the credits that answer them, before it is known whose money each was."""

    payments: tuple[Payment, ...]
    credits: tuple[Credit, ...]
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """The payments of one day, or of one day and terminal, and what should arrive for them."""

    day: date
    terminal: str
    payments: tuple[Payment, ...]
    due: Rupiah


class _Batches:
    """The batches that no credit has answered yet, by day."""

    def __init__(self, payments: Iterable[Payment], settlement: Settlement) -> None:
        parts: dict[tuple[date, str], list[Payment]] = defaultdict(list)
        for payment in payments:
            terminal = payment.terminal or "" if settlement is Settlement.TERMINAL_DAILY else ""
            parts[payment.paid_on, plain(terminal)].append(payment)
        self._by_ordinal: dict[int, dict[str, _Batch]] = defaultdict(dict)
        for (day, terminal), part in sorted(parts.items()):
            self._by_ordinal[day.toordinal()][terminal] = _Batch(
                day=day,
                terminal=terminal,
                payments=tuple(sorted(part, key=_id_of)),
                due=total(payment.credit_due for payment in part),
            )

    def take(self, answered: Iterable[_Batch]) -> None:
        """Forget batches that a credit answered."""
        for batch in answered:
            del self._by_ordinal[batch.day.toordinal()][batch.terminal]

    def in_reach(self, credit: Credit, rules: Rules) -> list[_Batch]:
        """Return those that a credit may pay; a terminal it names excludes the others."""
        booked = credit.booked_on.toordinal()
        first = booked - rules.credit_lag_days - rules.credit_search_days
        days = range(first, booked + rules.clock_slack_days + 1)
        found = [self._by_ordinal[day] for day in days if day in self._by_ordinal]
        named = [
            by_terminal[word]
            for word in _labels_in(credit.text)
            for by_terminal in found
            if word in by_terminal
        ]
        if named:
            return sorted(named, key=_batch_order)
        return [batch for by_terminal in found for batch in by_terminal.values()]


def _id_of(payment: Payment) -> str:
    return payment.payment_id


def _batch_order(batch: _Batch) -> tuple[date, str]:
    return batch.day, batch.terminal


@lru_cache(maxsize=4096)
def _labels_in(text: str) -> tuple[str, ...]:
    """Return the words of a bank's text that may be labels; batches often have the same text."""
    return tuple(word for word in words_of(text) if len(word) >= LABEL_LENGTH_MIN)


_Found = tuple[list[_Batch], State, str]


def match_batches(
    payments: Iterable[Payment], credits_: Iterable[Credit], settlement: Settlement, rules: Rules
) -> list[Link]:
    """Link batches with credits: exact sums, then runs of days paid as one, then what differs.

    Payments without a credit and credits without a payment are left out, for the caller to judge.
    """
    batches = _Batches(payments, settlement)
    waiting = sorted(credits_, key=lambda credit: (credit.booked_on, credit.credit_id))
    links: list[Link] = []
    for step in (_exact, _run, _differing):
        unanswered: list[Credit] = []
        for credit in waiting:
            found = step(credit, batches.in_reach(credit, rules), rules)
            if found is None:
                unanswered.append(credit)
            else:
                batches.take(found[0])
                links.append(_link(credit, *found))
        waiting = unanswered
    return links


def _link(credit: Credit, batches: list[_Batch], state: State, reason: str) -> Link:
    payments = tuple(payment for batch in batches for payment in batch.payments)
    return Link(payments=payments, credits=(credit,), state=state, reason=reason)


def _exact(credit: Credit, near: list[_Batch], _: Rules) -> _Found | None:
    equal = [batch for batch in near if batch.due == credit.amount]
    if not equal:
        return None
    batch = equal[0]
    if len(equal) > 1:
        reason = f"{len(equal)} batches have this sum; the earliest is taken for it."
        return [batch], State.AMBIGUOUS, reason
    reason = f"The {len(batch.payments)} payments of {batch.day.isoformat()} have this sum."
    return [batch], State.MATCHED, reason


def _run(credit: Credit, near: list[_Batch], _: Rules) -> _Found | None:
    """Find batches that follow each other, of one terminal or of all, paid as one credit."""
    for start in range(len(near)):
        due, end = near[start].due, start
        for end in range(start + 1, min(start + _RUN_LENGTH_MAX, len(near))):
            due += near[end].due
            if due >= credit.amount:
                break
        if due == credit.amount and end > start:
            part = near[start : end + 1]
            reason = f"{part[0].day.isoformat()} to {part[-1].day.isoformat()} as one credit."
            return part, State.MATCHED, reason
    return None


def _differing(credit: Credit, near: list[_Batch], rules: Rules) -> _Found | None:
    usual = [one for one in near if (credit.booked_on - one.day).days <= rules.credit_lag_days]
    if not usual:
        return None
    batch = usual[0]
    if credit.amount > batch.due:
        reason = f"More than the payments notified for {batch.day.isoformat()}: some were lost."
        return [batch], State.OVER, reason
    return [batch], State.UNDER, f"Less than the payments notified for {batch.day.isoformat()}."
