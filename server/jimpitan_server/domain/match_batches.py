"""Settlement batches: payments that reach the account as one credit for a batch or a terminal."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter

from jimpitan_server.domain.alignment import RUN_LENGTH_MAX
from jimpitan_server.domain.bank_habits import UNSEEN, BankHabits, labels_in
from jimpitan_server.domain.batch import (
    Batch,
    Link,
    due_of,
    link_of_differing,
    link_of_equal,
    link_of_run,
)
from jimpitan_server.domain.batch_order import Lane, in_order, is_doubtful
from jimpitan_server.domain.books import Credit, Payment, Refund, Rules
from jimpitan_server.domain.match import State
from jimpitan_server.domain.mentions import plain_all, shape
from jimpitan_server.domain.netting import Netting
from jimpitan_server.domain.rupiah import total
from jimpitan_server.domain.settlement import Settlement, SettlementProfile

# A batch that is paid in parts is paid in few: by merchant number, or by two limits of a day.
_PARTS_MAX = 6


class _Batches:
    """The batches that no credit has answered yet, by the day on which they closed."""

    def __init__(
        self,
        payments: Iterable[Payment],
        credits_: Iterable[Credit],
        profile: SettlementProfile,
        rules: Rules,
        habits: BankHabits,
    ) -> None:
        self._by_terminal = by_terminal = profile.way is Settlement.TERMINAL_DAILY
        self._profile, self._rules = profile, rules
        # What each credit answered, where it answered whole batches.
        self.answered: dict[str, tuple[Batch, ...]] = {}
        # Of those batches that got less than they should, or got it late.
        self.doubtful: list[Batch] = []
        parts: dict[tuple[date, int, str], list[Payment]] = defaultdict(list)
        payments = list(payments)
        terminals = [""] * len(payments)
        if by_terminal:
            terminals = plain_all([one.terminal or "" for one in payments])
        closing = profile.batches_of([one.paid_at for one in payments])
        for payment, (day, number), terminal in zip(payments, closing, terminals, strict=True):
            parts[day, number, terminal].append(payment)
        self._by_ordinal: dict[int, dict[str, list[Batch]]] = defaultdict(dict)
        for (closes_on, number, terminal), part in sorted(parts.items()):
            first_on, last_on = profile.credited_between(closes_on, rules.calendar)
            batch = Batch(
                closes_on=closes_on,
                number=number,
                terminal=terminal,
                payments=tuple(sorted(part, key=_id_of)),
                due=due_of(part),
                first_on=first_on,
                last_on=last_on,
            )
            self._by_ordinal[closes_on.toordinal()].setdefault(terminal, []).append(batch)
        # The terminals that this bank is seen to name, and what such names look like.
        known = {terminal for _, _, terminal in parts if terminal}
        self._named = frozenset(
            word for one in credits_ if known for word in labels_in(one.text)
        ).intersection(known)
        if by_terminal:
            self._named |= habits.terminals
        self._shapes = frozenset(shape(terminal) for terminal in self._named)

    def take(self, answered: Iterable[Batch]) -> None:
        """Forget batches that a credit answered."""
        for batch in answered:
            self._by_ordinal[batch.closes_on.toordinal()][batch.terminal].remove(batch)

    def waiting(self) -> list[Batch]:
        """Return those that wait for a credit, oldest first."""
        return [
            batch
            for ordinal in sorted(self._by_ordinal)
            for of_terminal in self._by_ordinal[ordinal].values()
            for batch in of_terminal
        ]

    def in_reach(self, credit: Credit) -> list[Batch]:
        """Return those that a credit may pay.

        A credit that names a terminal pays no other one, whether or not we know of payments
        there; one that names none pays no terminal that this bank is seen to name.
        """
        booked = credit.booked_on.toordinal()
        slack = self._rules.clock_slack_days
        first = booked - self._profile.reach_days - self._rules.credit_search_days
        days = range(first, booked + slack + 1)
        found = [self._by_ordinal[day] for day in days if day in self._by_ordinal]
        names = self._names_in(credit)
        if names:
            named = [batch for word in names for one in found for batch in one.get(word, ())]
            return sorted(named, key=_batch_order)
        return [
            batch
            for one in found
            for terminal, part in one.items()
            if terminal not in self._named
            for batch in part
        ]

    def lanes(self, alone: Iterable[Credit], all_: Sequence[Credit]) -> list[Lane]:
        """Return the lanes in which batches are doubtful or overdue while credits stay alone.

        A lane is one terminal that the bank is seen to name, or all where it settles by the day:
        what it pays comes in order.
        """
        told_until = max((credit.booked_on for credit in all_), default=date.min)
        lanes: dict[str, Lane] = defaultdict(lambda: Lane(told_until))
        ordered = [one for one in self.waiting() if self._is_ordered(one)]
        for batch in filter(self._is_ordered, self.doubtful):
            lanes[batch.terminal].doubtful_batches.append(batch)
        overdue = {batch.terminal for batch in ordered if batch.last_on < told_until}
        for batch in ordered:
            if batch.terminal in overdue or batch.terminal in lanes:
                lanes[batch.terminal].open_batches.append(batch)
        for credit in alone if lanes else ():
            lane = lanes.get(self._lane_of(credit) or "")
            if lane is not None:
                lane.open_credits.append(credit)
        lanes = {name: lane for name, lane in lanes.items() if lane.open_credits}
        for credit in all_ if lanes else ():
            answered = self.answered.get(credit.credit_id)
            lane = lanes.get(self._lane_of(credit) or "")
            if answered and lane is not None:
                lane.answered.append((credit, answered))
        return [lanes[name] for name in sorted(lanes)]

    def _is_ordered(self, batch: Batch) -> bool:
        return batch.terminal in self._named or not self._by_terminal

    def _lane_of(self, credit: Credit) -> str | None:
        names = self._names_in(credit)
        return names[0] if len(names) == 1 else None

    def _names_in(self, credit: Credit) -> list[str]:
        """Return the words of a credit that are terminals, or look like this bank's names."""
        if not self._named:
            return []
        return [
            word
            for word in labels_in(credit.text)
            if word in self._named or shape(word) in self._shapes
        ]


_id_of = attrgetter("payment_id")


def _batch_order(batch: Batch) -> tuple[date, int, str]:
    return batch.closes_on, batch.number, batch.terminal


_NOTHING_MORE: Mapping[str, object] = {}


def match_batches(
    payments: Iterable[Payment],
    credits_: Iterable[Credit],
    profile: SettlementProfile,
    rules: Rules,
    *,
    refunds: Iterable[Refund] = (),
    habits: BankHabits = UNSEEN,
) -> list[Link]:
    """Link batches with credits: exact sums, batches paid as one, one from which refunds were
    kept back, one paid in parts, the rest; sums on their days before sums beside them.

    Where a batch and a credit of one lane stay alone after that, an equal sum may have led astray:
    then the lane is put in order. Payments without a credit and credits without a payment are
    left out, for the caller to judge.
    """
    credits_ = list(credits_)
    batches = _Batches(payments, credits_, profile, rules, habits)
    waiting = sorted(credits_, key=lambda credit: (credit.booked_on, credit.credit_id))
    links: list[Link] = []
    for step in (_exact_on_its_day, _exact, _run):
        waiting = _step(step, waiting, batches, links)
    waiting = _netted(waiting, batches, refunds, links)
    waiting = _in_parts(waiting, batches, rules, links)
    waiting = _step(_differing, waiting, batches, links)
    return in_order(links, batches.lanes(waiting, credits_), profile, rules)


_Found = tuple[list[Batch], Link]


def _step(
    step: Callable[[Credit, list[Batch]], _Found | None],
    waiting: list[Credit],
    batches: _Batches,
    links: list[Link],
) -> list[Credit]:
    """Let each credit take what it pays by one rule; return the credits that found nothing."""
    unanswered: list[Credit] = []
    for credit in waiting:
        found = step(credit, batches.in_reach(credit))
        if found is None:
            unanswered.append(credit)
            continue
        answered, link = found
        batches.take(answered)
        batches.answered[credit.credit_id] = tuple(answered)
        if is_doubtful(answered, credit, link.state):
            batches.doubtful += answered
        links.append(link)
    return unanswered


def _exact_on_its_day(credit: Credit, near: list[Batch]) -> _Found | None:
    return _exact(credit, [one for one in near if one.first_on <= credit.booked_on <= one.last_on])


def _exact(credit: Credit, near: list[Batch]) -> _Found | None:
    equal = [batch for batch in near if batch.due == credit.amount]
    if not equal:
        return None
    if len(equal) == 1:
        return equal, link_of_equal(equal[0], credit)
    # Of batches that are alike the one closed last: an older one may still be part of a
    # larger credit, booked before the younger was closed.
    closed = [one for one in equal if one.closes_on < credit.booked_on] or equal[:1]
    reason = f"{len(equal)} batches have this sum; the one closed last is taken for it."
    link = Link(
        payments=closed[-1].payments,
        credits=(credit,),
        state=State.AMBIGUOUS,
        reason=reason,
        evidence={"equally_good": len(equal)},
    )
    return [closed[-1]], link


def _run(credit: Credit, near: list[Batch]) -> _Found | None:
    """Find batches that follow each other, of one terminal or of all, paid as one credit."""
    for start in range(len(near)):
        due, end = near[start].due, start
        for end in range(start + 1, min(start + RUN_LENGTH_MAX, len(near))):
            due += near[end].due
            if due >= credit.amount:
                break
        if due == credit.amount and end > start:
            part = near[start : end + 1]
            return part, link_of_run(part, credit)
    return None


def _netted(
    waiting: list[Credit], batches: _Batches, refunds: Iterable[Refund], links: list[Link]
) -> list[Credit]:
    """Link a batch with a credit that is smaller by refunds that the bank told of."""
    told = Netting(refunds)
    if told.is_empty:
        return waiting
    unanswered: list[Credit] = []
    for credit in waiting:
        for batch in batches.in_reach(credit):
            gap = batch.due - credit.amount
            kept_back = told.take(batch.payments, gap, batch.closes_on, credit.booked_on)
            if kept_back is None:
                continue
            batches.take([batch])
            links.append(
                Link(
                    payments=batch.payments,
                    credits=(credit,),
                    state=kept_back.state,
                    reason=f"The payments of {batch.name}, less {kept_back.reason}",
                    evidence=kept_back.evidence,
                    refunds=kept_back.refunds,
                )
            )
            break
        else:
            unanswered.append(credit)
    return unanswered


def _in_parts(
    waiting: list[Credit], batches: _Batches, rules: Rules, links: list[Link]
) -> list[Credit]:
    """Link a batch with all credits of one day that nothing else explains, when they add up.

    Only all of them: among several credits some would add up to nearly anything.
    """
    taken: set[str] = set()
    open_batches = batches.waiting()
    for day, of_day in groupby(waiting, key=lambda credit: credit.booked_on):
        parts = tuple(of_day)
        if not 1 < len(parts) <= _PARTS_MAX:
            continue
        arrived = total(credit.amount for credit in parts)
        equal = [
            batch
            for batch in open_batches
            if batch.due == arrived and _is_timely(batch, day, rules)
        ]
        if len(equal) != 1 or any(equal[0] not in batches.in_reach(one) for one in parts):
            continue
        (batch,) = equal
        open_batches.remove(batch)
        batches.take([batch])
        taken.update(credit.credit_id for credit in parts)
        links.append(
            Link(
                payments=batch.payments,
                credits=parts,
                state=State.MATCHED,
                reason=f"{batch.name} in {len(parts)} parts.",
            )
        )
    return [credit for credit in waiting if credit.credit_id not in taken]


def _is_timely(batch: Batch, day: date, rules: Rules) -> bool:
    return (batch.first_on - day).days <= rules.clock_slack_days and day <= batch.last_on


def _differing(credit: Credit, near: list[Batch]) -> _Found | None:
    usual = [one for one in near if one.first_on <= credit.booked_on <= one.last_on]
    if not usual:
        return None
    names_it = bool(usual[0].terminal) and usual[0].terminal in labels_in(credit.text)
    return usual[:1], link_of_differing(usual[0], credit, names_it=names_it)
