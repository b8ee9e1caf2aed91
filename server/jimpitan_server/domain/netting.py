"""Refunds that an acquirer keeps back from a later settlement instead of debiting the account."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from jimpitan_server.domain.books import Debit, Payment, Refund
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.mentions import Mentions, plain
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total

# A refund that was told longer ago than two weeks is kept back from no settlement of today:
# acquirers settle daily, and the longest run of closed days is shorter.
_KEPT_BACK_WITHIN = timedelta(days=14)


def in_parts(refunds: Iterable[Refund], payment_by_id: Mapping[str, Payment]) -> list[Refund]:
    """Return the refunds of payments that stand, in the order in which they were told.

    A payment may be given back in parts. All parts together are never more than was paid: a
    later message that says more (the whole after a part) adds what is left, or nothing.
    """
    found: list[Refund] = []
    left: dict[str, Rupiah] = {}
    for one in sorted(refunds, key=lambda refund: (refund.told_at, refund.refund_id)):
        payment = payment_by_id.get(one.payment_id)
        if payment is None:
            continue
        part = min(one.amount, left.get(one.payment_id, payment.amount))
        left[one.payment_id] = left.get(one.payment_id, payment.amount) - part
        if part:
            found.append(replace(one, amount=part))
    return found


def debits_by_name(
    refunds: Iterable[Refund], debits: Iterable[Debit], payment_by_id: Mapping[str, Payment]
) -> dict[str, Debit]:
    """Return the debit of each refund whose payment its text names; each debit serves once.

    Such a refund left the account by itself and was kept back from no settlement.
    """
    free = {debit.debit_id: debit for debit in debits}
    mentions = Mentions((debit.debit_id, debit.text) for debit in free.values())
    found: dict[str, Debit] = {}
    for refund in refunds:
        names = [plain(one) for one in payment_by_id[refund.payment_id].references]
        for debit_id in sorted({each for one in names for each in mentions.ids_of(one)}):
            debit = free.get(debit_id)
            if debit and debit.account == refund.account and debit.amount == refund.amount:
                found[refund.refund_id] = free.pop(debit_id)
                break
    return found


@dataclass(frozen=True, slots=True)
class KeptBack:
    """The refunds that explain why a credit is smaller, and how surely."""

    refunds: tuple[Refund, ...]
    state: State
    reason: str
    evidence: Mapping[str, object]


def given_back(refunds: Sequence[Refund], state: State, reason: str) -> Match:
    """Return that these refunds of one payment went back before or instead of its credit."""
    amount = total(one.amount for one in refunds)
    return Match(
        relation=Relation.PAYMENT_REFUND,
        state=state,
        left=(refunds[0].payment_id,),
        right=tuple(one.refund_id for one in refunds),
        left_total=amount,
        right_total=amount,
        reason=reason,
    )


class Netting:
    """The refunds of one account that no settlement was reduced by yet."""

    def __init__(self, refunds: Iterable[Refund]) -> None:
        """Take refunds of one account, in any order."""
        self._open = {
            one.refund_id: one for one in sorted(refunds, key=lambda r: (r.told_at, r.refund_id))
        }

    @property
    def is_empty(self) -> bool:
        """Tell whether no refund is left."""
        return not self._open

    def take(
        self, payments: Sequence[Payment], gap: Rupiah, closes_on: date, booked_on: date
    ) -> KeptBack | None:
        """Return, and use up, the refunds that make up `gap` of a batch, or None.

        First those of the batch's own payments; else the only one of that amount; else all that
        were told since the batch closed. Never a choice among several: some would add up to
        nearly anything.
        """
        if gap <= NOTHING or not self._open:
            return None
        told = [
            one
            for one in self._open.values()
            if booked_on - _KEPT_BACK_WITHIN <= one.told_on <= booked_on
        ]
        ids = {one.payment_id for one in payments} if told else set()
        own = [one for one in told if one.payment_id in ids]
        since = [one for one in told if one.told_on >= closes_on]
        equal = [one for one in told if one.amount == gap]
        if own and total(one.amount for one in own) == gap:
            return self._used(own, "refunds of these payments.")
        if equal:
            return self._one_of(equal)
        if since and total(one.amount for one in since) == gap:
            return self._used(since, "all refunds that were told since it closed.")
        return None

    def _one_of(self, equal: list[Refund]) -> KeptBack:
        if len(equal) == 1:
            return self._used(equal, "a refund of this amount.")
        reason = f"one of {len(equal)} refunds of this amount: which one stays open."
        return self._used(equal[:1], reason, equally_good=len(equal))

    def _used(self, refunds: list[Refund], reason: str, *, equally_good: int = 1) -> KeptBack:
        for one in refunds:
            del self._open[one.refund_id]
        evidence: dict[str, object] = {
            "refunded_idr": total(one.amount for one in refunds).amount,
            "refunds": [one.refund_id for one in refunds],
        }
        if equally_good > 1:
            evidence["equally_good"] = equally_good
        state = State.AMBIGUOUS if equally_good > 1 else State.MATCHED
        return KeptBack(tuple(refunds), state, reason, evidence)
