"""A settlement batch, and the link between payments and the credits that answer them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from jimpitan_server.domain.books import Credit, Payment, Refund
from jimpitan_server.domain.fees import rate_of
from jimpitan_server.domain.match import NO_EVIDENCE, State
from jimpitan_server.domain.rupiah import Rupiah, total


class Link(NamedTuple):
    """Payments and the credits that answer them, before it is known whose money each was.

    `refunds` were kept back from the credits. Of a batch (`is_batch`) payments may be lost, so
    that what the credits bring beyond it is none of its payments'. `due` is what should come for
    the payments, where it was added up before. (A named tuple: a country's year has a million.)
    """

    payments: tuple[Payment, ...]
    credits: tuple[Credit, ...]
    state: State
    reason: str
    evidence: Mapping[str, object] = NO_EVIDENCE
    refunds: tuple[Refund, ...] = ()
    is_batch: bool = False
    due: Rupiah | None = None


def due_of(payments: Iterable[Payment]) -> Rupiah:
    """Return what should reach the account for these payments."""
    return Rupiah(sum([one.amount.amount - one.fee.amount for one in payments]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """The payments of one batch, or of one batch and terminal, and what should arrive for them.

    `number` counts the batches that close on one day; the credit should come between `first_on`
    and `last_on`.
    """

    closes_on: date
    number: int
    terminal: str
    payments: tuple[Payment, ...]
    due: Rupiah
    first_on: date
    last_on: date

    @property
    def name(self) -> str:
        """How reasons call it."""
        return self.closes_on.isoformat() + (f" no. {self.number + 1}" if self.number else "")


def link_of_equal(batch: Batch, credit: Credit) -> Link:
    """Return that a credit brings exactly what one batch should."""
    reason = f"The {len(batch.payments)} payments of {batch.name} have this sum."
    if credit.booked_on > batch.last_on:
        reason += f" It was due by {batch.last_on.isoformat()}."
    return Link(batch.payments, (credit,), State.MATCHED, reason, due=batch.due)


def link_of_run(run: Sequence[Batch], credit: Credit) -> Link:
    """Return that a credit brings exactly what several batches should."""
    return Link(
        payments=tuple(payment for batch in run for payment in batch.payments),
        credits=(credit,),
        state=State.MATCHED,
        reason=f"{run[0].name} to {run[-1].name} as one credit.",
        due=total(batch.due for batch in run),
    )


def link_of_differing(batch: Batch, credit: Credit, *, names_it: bool) -> Link:
    """Return that a credit can only be a batch's, and how its sum differs.

    What it brings beyond the payments is the terminal's when the bank `names_it`.
    """
    evidence: dict[str, object] = {}
    if credit.amount > batch.due:
        state = State.OVER
        reason = f"More than the payments notified for {batch.name}: some were lost."
        if names_it:
            evidence = {"surplus_terminal": batch.terminal}
    else:
        state = State.UNDER
        reason = f"Less than the payments notified for {batch.name}."
        fee = batch.due - credit.amount
        fee_bp = rate_of((one.amount for one in batch.payments), fee)
        if fee_bp is not None:
            reason = f"{reason[:-1]}, by a fee of {fee_bp / 100:g} %."
            evidence = {"fee_bp": fee_bp, "fee_idr": fee.amount}
    return Link(
        payments=batch.payments,
        credits=(credit,),
        state=state,
        reason=reason,
        evidence=evidence,
        is_batch=True,
        due=batch.due,
    )
