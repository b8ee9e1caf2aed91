"""Puts a lane of batches and credits in order where rules that take the first fit led astray.

A lost notification can make two batches of a terminal equal in sum. Then the credit of one is
taken for the other, another credit stays alone at the end of the chain, and what it brings would
be given to its box a second time.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from jimpitan_server.domain.alignment import Alignment, Arrived, Due, align, cost_of, is_late
from jimpitan_server.domain.batch import (
    Batch,
    Link,
    link_of_differing,
    link_of_equal,
    link_of_run,
)
from jimpitan_server.domain.books import Credit, Rules
from jimpitan_server.domain.match import State
from jimpitan_server.domain.pairing import PAIRINGS_MAX
from jimpitan_server.domain.settlement import SettlementProfile

# A batch and a credit that lie further apart have nothing to do with each other: it would take
# a wrong link on every day between them.
_APART_DAYS_MAX = 62
# What orders batches and credits of one lane.
BatchKey = tuple[date, int]
CreditKey = tuple[date, str]


@dataclass(slots=True)
class Lane:
    """What one terminal (or an account that settles by the day) was told of and was paid.

    `answered` are the credits that pay one whole batch or several; refunds and parts are in none.
    Of those batches the `doubtful_batches` got less than they should, or got it late. The account
    has lines until `told_until`; what is due later may still come.
    """

    told_until: date
    doubtful_batches: list[Batch] = field(default_factory=list)
    open_batches: list[Batch] = field(default_factory=list)
    open_credits: list[Credit] = field(default_factory=list)
    answered: list[tuple[Credit, tuple[Batch, ...]]] = field(default_factory=list)


def in_order(
    links: list[Link], lanes: Iterable[Lane], profile: SettlementProfile, rules: Rules
) -> list[Link]:
    """Return the links, those of lanes with something alone on both sides put in order."""
    mended: dict[str, Link | None] = {}
    for lane in lanes:
        mended |= _Mender(lane, profile, rules).mended()
    if not mended:
        return links
    kept = [one for one in links if one.credits[0].credit_id not in mended]
    return kept + [link for link in mended.values() if link is not None]


def is_doubtful(run: Sequence[Batch], credit: Credit, state: State) -> bool:
    """Say whether a link is so unlikely that another credit may be the right one."""
    last, youngest = run[0].last_on.toordinal(), run[-1].last_on.toordinal()
    return state is State.UNDER or is_late(last, youngest, credit.booked_on.toordinal())


class _Mender:
    """One lane while it is put in order, part by part."""

    def __init__(self, lane: Lane, profile: SettlementProfile, rules: Rules) -> None:
        self._open_batches = {_batch_key(one): one for one in lane.open_batches}
        self._open_credits = {_credit_key(one): one for one in lane.open_credits}
        self._answered = {_credit_key(one): (one, run) for one, run in lane.answered}
        # Batches that got nothing, less than the bank told, or got it late.
        self._told_until = lane.told_until
        overdue = [one for one in lane.open_batches if one.last_on < lane.told_until]
        self._doubtful = {_batch_key(one) for one in (*overdue, *lane.doubtful_batches)}
        self._slack_days = rules.clock_slack_days
        self._margin = timedelta(days=profile.reach_days + rules.clock_slack_days)
        self._latest_days = profile.reach_days + rules.credit_search_days

    def mended(self) -> dict[str, Link | None]:
        """Return the new link of each credit that has another one now, or none any more."""
        found: dict[str, Link | None] = {}
        for batch, credit in self._suspects():
            if batch in self._doubtful and credit in self._open_credits:
                found |= self._mend_between(*self._reach(batch, credit))
        return found

    def _reach(self, batch: BatchKey, credit: CreditKey) -> tuple[date, date]:
        """Return the days from a batch to a credit, with whatever pays the batch now."""
        days = [batch[0], credit[0]]
        for paying, run in self._answered.values():
            if batch in map(_batch_key, run):
                days += (run[0].closes_on, paying.booked_on)
        return min(days), max(days)

    def _suspects(self) -> list[tuple[BatchKey, CreditKey]]:
        """Return doubtful batches with the credits alone around them, nearest first."""
        keys = sorted(self._open_credits)
        near: list[tuple[int, BatchKey, CreditKey]] = []
        for key in self._doubtful:
            place = bisect(keys, (key[0], ""))
            for other in keys[max(place - 1, 0) : place + 1]:
                apart_days = abs((other[0] - key[0]).days)
                if apart_days <= _APART_DAYS_MAX:
                    near.append((apart_days, key, other))
        return [(batch, credit) for _, batch, credit in sorted(near)]

    def _mend_between(self, start: date, end: date) -> dict[str, Link | None]:
        """Align all from one day to the other, and take it over where it is better."""
        first, last = start - self._margin, end + self._margin
        linked = [
            (credit, run)
            for credit, run in self._answered.values()
            if first <= min(run[0].closes_on, credit.booked_on)
            and max(run[-1].closes_on, credit.booked_on) <= last
        ]
        batches = [batch for _, run in linked for batch in run]
        batches += [one for one in self._open_batches.values() if first <= one.closes_on <= last]
        credits_ = [credit for credit, _ in linked]
        credits_ += [one for one in self._open_credits.values() if first <= one.booked_on <= last]
        batches.sort(key=_batch_key)
        credits_.sort(key=_credit_key)
        due = [self._due(one) for one in batches]
        pairs = (([self._due(one) for one in run], _arrived(credit)) for credit, run in linked)
        now = cost_of(pairs, due, lines=len(credits_))
        found = align(due, [_arrived(one) for one in credits_], below=now)
        if found is None:
            return {}
        return self._taken_over(found, batches, credits_)

    def _taken_over(
        self, found: Alignment, batches: list[Batch], credits_: list[Credit]
    ) -> dict[str, Link | None]:
        links: dict[str, Link | None] = {}
        for credit in credits_:
            links[credit.credit_id] = None
            self._answered.pop(_credit_key(credit), None)
            self._open_credits[_credit_key(credit)] = credit
        self._open_batches |= {_batch_key(batch): batch for batch in batches}
        self._doubtful |= self._open_batches.keys()
        for pair in found.pairs:
            credit, run = credits_[pair.line], tuple(batches[pair.start : pair.end])
            link = _link(run, credit)
            links[credit.credit_id] = link
            if pair.line in found.open_lines:
                links[credit.credit_id] = _one_of(found.ways, link)
            del self._open_credits[_credit_key(credit)]
            for batch in run:
                del self._open_batches[_batch_key(batch)]
            if not is_doubtful(run, credit, link.state):
                self._doubtful.difference_update(map(_batch_key, run))
            self._answered[_credit_key(credit)] = credit, run
        return links

    def _due(self, batch: Batch) -> Due:
        closes_on = batch.closes_on.toordinal()
        return Due(
            amount_idr=batch.due.amount,
            earliest=closes_on - self._slack_days,
            first=batch.first_on.toordinal(),
            last=batch.last_on.toordinal(),
            latest=closes_on + self._latest_days,
            is_overdue=batch.last_on < self._told_until,
        )


def _arrived(credit: Credit) -> Arrived:
    return Arrived(credit.amount.amount, credit.booked_on.toordinal())


def _batch_key(batch: Batch) -> BatchKey:
    return batch.closes_on, batch.number


def _credit_key(credit: Credit) -> CreditKey:
    return credit.booked_on, credit.credit_id


def _link(run: tuple[Batch, ...], credit: Credit) -> Link:
    if len(run) > 1:
        return link_of_run(run, credit)
    if run[0].due == credit.amount:
        return link_of_equal(run[0], credit)
    return link_of_differing(run[0], credit, names_it=bool(run[0].terminal))


def _one_of(ways: int, link: Link) -> Link:
    """Return a link that is one of several as good; the sum of the lane is proven all the same."""
    evidence = dict(link.evidence) | {"equally_good": ways if ways <= PAIRINGS_MAX else None}
    reason = f"{link.reason} Other pairs of this time are as good: which is whose stays open."
    return link._replace(state=State.AMBIGUOUS, reason=reason, evidence=evidence)
