"""When something should have reached the account, and whether the statement could show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.books import Books, Payment, Refund, Remittance, Rules
from jimpitan_server.domain.match import State


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDates:
    """Judges what has not arrived: not due, overdue, or known not to have come."""

    now: datetime
    rules: Rules
    statement_until: Mapping[str, date]

    @classmethod
    def of(cls, books: Books, rules: Rules) -> "DueDates":
        """Return the judgement that these books and rules allow."""
        return cls(now=books.now, rules=rules, statement_until=books.statement_until)

    def of_payment(self, payment: Payment) -> State:
        """Return the state of a donor's payment that no credit has answered."""
        profile = self.rules.terms_of(payment.account).on(payment.paid_on)
        closes_on, _ = profile.batch_of(payment.paid_at)
        _, due_on = profile.credited_between(closes_on, self.rules.calendar)
        return self._state(payment.account, due_on)

    def of_remittance(self, remittance: Remittance) -> State:
        """Return the state of a remittance that no credit has answered."""
        due_on = remittance.paid_on + timedelta(days=self.rules.credit_lag_days)
        return self._state(remittance.account, due_on)

    def of_refund(self, refund: Refund) -> State:
        """Return the state of a refund that no debit has answered."""
        due_on = refund.told_on + timedelta(days=self.rules.credit_lag_days)
        return self._state(refund.account, due_on)

    def _state(self, account: str, due_on: date) -> State:
        """Judge what was due on a day.

        The last day of a statement may be incomplete, so only days before it are known.
        """
        until = self.statement_until.get(account)
        if until is not None and due_on < until:
            return State.MISSING
        return State.LATE if bank_day(self.now) > due_on else State.EXPECTED


OPEN_REASONS = {
    State.EXPECTED: "The bank notified it; the statement is not due to show it yet.",
    State.LATE: "The statement of the day by which it was due has not been imported.",
    State.MISSING: "The statement of the day by which it was due does not show it.",
}
