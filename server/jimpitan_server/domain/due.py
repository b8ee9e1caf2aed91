"""When something should have reached the account, and whether the statement could show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.match import State


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDates:
    """Judges what has not arrived: not due, overdue, or known not to have come."""

    now: datetime
    lag_days: int
    statement_until: Mapping[str, date]

    @classmethod
    def of(cls, books: Books, rules: Rules) -> "DueDates":
        """Return the judgement that these books and rules allow."""
        return cls(
            now=books.now,
            lag_days=rules.credit_lag_days,
            statement_until=books.statement_until,
        )

    def state(self, account: str, paid_on: date) -> State:
        """Return the state of money paid on a day that no credit has answered.

        The last day of a statement may be incomplete, so only days before it are known.
        """
        due_on = paid_on + timedelta(days=self.lag_days)
        until = self.statement_until.get(account)
        if until is not None and due_on < until:
            return State.MISSING
        return State.LATE if bank_day(self.now) > due_on else State.EXPECTED


OPEN_REASONS = {
    State.EXPECTED: "The bank notified it; the statement is not due to show it yet.",
    State.LATE: "The statement of the day by which it was due has not been imported.",
    State.MISSING: "The statement of the day by which it was due does not show it.",
}
