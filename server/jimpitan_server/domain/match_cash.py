"""The cash chain inside the house: lid openings, what was sensed, what was counted, paid in."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import NamedTuple

from jimpitan_server.domain.books import (
    Books,
    Collection,
    Expectation,
    LidOpening,
    Remittance,
    Rules,
)
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State, match_of
from jimpitan_server.domain.match_sensed import compare_count
from jimpitan_server.domain.rupiah import NOTHING, Rupiah

_NO_TIME = timedelta(0)


class Visit(NamedTuple):
    """Lid openings of one box that follow each other so closely that they are one visit.

    `names` has its one name as matches hold it: its box and the number of its first opening.
    """

    names: tuple[str]
    box: BoxId
    first_at: datetime
    openings: tuple[LidOpening, ...]

    def distance(self, moment: datetime) -> timedelta:
        """Return how far `moment` certainly is from the visit."""
        if len(self.openings) == 1:  # as nearly every visit
            gap = abs(moment - self.first_at) - self.openings[0].uncertainty
        else:
            gap = min(abs(moment - opening.at) - opening.uncertainty for opening in self.openings)
        return gap if gap > _NO_TIME else _NO_TIME


def match_cash(books: Books, rules: Rules) -> list[Match]:
    """Return every match of openings, counts and remittances."""
    matches: list[Match] = []
    for papers in _by_box(books):
        visits = _visits(papers.openings, rules)
        visit_of = _visits_by_collection(visits, papers.collections, rules)
        matches += _box_counts(papers, visits, visit_of, rules, books.now)
    matches += _count_remittances(books, rules)
    return matches


class _BoxPapers(NamedTuple):
    """What is known of one box: its openings and counts in order of time, and what it sensed."""

    openings: list[LidOpening]
    collections: list[Collection]
    expectations: list[Expectation]


def _by_box(books: Books) -> Iterator[_BoxPapers]:
    """Part the papers by their boxes, in the order of these: nothing here joins two boxes."""
    by_box: dict[BoxId, _BoxPapers] = defaultdict(lambda: _BoxPapers([], [], []))
    for opening in books.openings:
        by_box[opening.box].openings.append(opening)
    for collection in books.collections:
        by_box[collection.box].collections.append(collection)
    for expectation in books.expectations:
        by_box[expectation.box].expectations.append(expectation)
    for box in sorted(by_box):
        papers = by_box[box]
        papers.openings.sort(key=_OPENING_ORDER)
        papers.collections.sort(key=_COUNT_ORDER)
        yield papers


def _visits(openings: list[LidOpening], rules: Rules) -> list[Visit]:
    parts: list[list[LidOpening]] = []
    until: datetime | None = None
    for opening in openings:
        if until is None or opening.at > until:
            parts.append([opening])
        else:
            parts[-1].append(opening)
        until = opening.at + rules.visit_gap
    return [Visit((_name_of(part[0]),), part[0].box, part[0].at, tuple(part)) for part in parts]


def _name_of(opening: LidOpening) -> str:
    return f"{opening.box}/{opening.seq}"


def _visits_by_collection(
    visits: list[Visit], counted: list[Collection], rules: Rules
) -> dict[str, Visit]:
    """Give each collection the nearest visit within tolerance, each visit to one collection."""
    if not visits or not counted:
        return {}
    opened = _Visits.of(visits)
    plain = _only_ones(counted, opened, rules)
    return _assigned(_near(counted, opened, rules)) if plain is None else plain


def _only_ones(
    counted: list[Collection], opened: "_Visits", rules: Rules
) -> dict[str, Visit] | None:
    """Return the visit of each collection where each may have one only, as at nearly every box;
    None where it takes comparing. Collections and visits are in order of time.
    """
    found: dict[str, Visit] = {}
    firsts, at, end, taken = opened.firsts, 0, len(opened.firsts), -1
    margin = rules.lid_tolerance + opened.reach
    for one in counted:
        lid_at = one.lid_at
        after, before = lid_at - margin, lid_at + margin
        while at < end and firsts[at] < after:
            at += 1
        if at == end:
            break
        if firsts[at] > before:
            continue
        if at == taken or (at + 1 < end and firsts[at + 1] <= before):
            return None
        taken = at
        visit = opened.visits[at]
        if visit.distance(lid_at) <= rules.lid_tolerance:
            found[one.collection_id] = visit
    return found


_Near = tuple[timedelta, timedelta, str, str, Visit]


def _near(counted: Iterable[Collection], visits: "_Visits", rules: Rules) -> list[_Near]:
    """Return the visits within tolerance of each collection, with how near they are."""
    near: list[_Near] = []
    for one in counted:
        for visit in visits.around(one.lid_at, rules.lid_tolerance):
            distance = visit.distance(one.lid_at)
            if distance <= rules.lid_tolerance:
                away = abs(visit.first_at - one.lid_at)
                near.append((distance, away, one.collection_id, visit.names[0], visit))
    return near


def _assigned(near: list[_Near]) -> dict[str, Visit]:
    """Give the nearest pairs to each other first, each collection and each visit once."""
    found: dict[str, Visit] = {}
    taken: set[str] = set()
    for _, _, collection_id, visit_key, visit in sorted(near, key=_NEAREST):
        if collection_id not in found and visit_key not in taken:
            found[collection_id] = visit
            taken.add(visit_key)
    return found


_OPENING_ORDER = attrgetter("at", "seq")
_COUNT_ORDER = attrgetter("lid_at", "collection_id")
_NEAREST = itemgetter(0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class _Visits:
    """The visits of one box in the order of their first opening, found by time."""

    visits: list[Visit]
    firsts: list[datetime]
    reach: timedelta  # how far from its first opening a visit may still be near

    @classmethod
    def of(cls, visits: list[Visit]) -> "_Visits":
        """Return visits that are in order."""
        reach = max([_reach_of(visit) for visit in visits])
        return cls(visits, [visit.first_at for visit in visits], reach)

    def around(self, moment: datetime, tolerance: timedelta) -> list[Visit]:
        """Return those that may be within the tolerance of a moment, and some more."""
        start = bisect_left(self.firsts, moment - tolerance - self.reach)
        end = bisect_right(self.firsts, moment + tolerance + self.reach)
        return self.visits[start:end]


def _reach_of(visit: Visit) -> timedelta:
    openings = visit.openings
    if len(openings) == 1:  # as nearly every visit
        return openings[0].uncertainty
    return openings[-1].at - visit.first_at + max([one.uncertainty for one in openings])


def _box_counts(
    papers: _BoxPapers,
    visits: list[Visit],
    visit_of: dict[str, Visit],
    rules: Rules,
    now: datetime,
) -> Iterator[Match]:
    """Compare each count with the lid's openings, and with the deposits sensed before these.

    A sensor never makes money wrong: below and above are evidence, and say so.
    """
    sensed = {one.lid_seq: one for one in papers.expectations}
    low, high = rules.deposit_low, rules.deposit_high
    counted: set[str] = set()
    for one in papers.collections:
        visit, total, right = visit_of.get(one.collection_id), one.total, (one.collection_id,)
        if visit is not None:
            counted.add(visit.names[0])
            yield _lid_count(State.MATCHED, visit, right, total, _COUNTED)
            known, left = _known(visit, sensed)
            if known:
                yield compare_count(one, known, left=left, right=right, low=low, high=high)
        elif one.sensed:
            due = one.lid_at + rules.records_due
            state = State.EXPECTED if now <= due else State.MISSING
            yield _count_alone(state, one)
    for visit in visits if len(counted) < len(visits) else ():
        if visit.names[0] not in counted:
            due = visit.first_at + rules.count_due
            state = State.EXPECTED if now <= due else State.MISSING
            yield _lid_count(state, visit, (), NOTHING, _NOT_COUNTED)


_COUNTED = "The lid was opened where it was counted."
_NOT_COUNTED = "The lid was opened and no count has come."


def _lid_count(
    state: State, visit: Visit, right: tuple[str, ...], counted: Rupiah, reason: str
) -> Match:
    return match_of(
        (
            Relation.LID_COUNT,
            state,
            visit.names,
            right,
            counted,
            counted,
            reason,
            visit.box,
            {"opened_at": visit.first_at},
        )
    )


def _count_alone(state: State, collection: Collection) -> Match:
    return Match(
        relation=Relation.LID_COUNT,
        state=state,
        left=(),
        right=(collection.collection_id,),
        left_total=collection.total,
        right_total=collection.total,
        reason="No lid opening of this box near the count.",
        box=collection.box,
    )


def _known(
    visit: Visit, sensed: Mapping[int, Expectation]
) -> tuple[list[Expectation], tuple[str, ...]]:
    """Return what was sensed in the holding periods that a visit ended, and their openings."""
    openings = visit.openings
    if len(openings) == 1:  # as nearly every visit
        only = sensed.get(openings[0].seq)
        return ([only] if only is not None else []), visit.names
    ended = [opening for opening in openings if opening.seq in sensed]
    return [sensed[one.seq] for one in ended], tuple([_name_of(one) for one in ended])


def _count_remittances(books: Books, rules: Rules) -> Iterator[Match]:
    collection_by_id = {one.collection_id: one for one in books.collections}
    taken: set[str] = set()
    for remittance in sorted(books.remittances, key=lambda one: (one.paid_at, one.remittance_id)):
        yield _count_remittance(remittance, collection_by_id, taken, rules)
        taken.update(remittance.collection_ids)
    if len(taken) == len(collection_by_id) and taken == collection_by_id.keys():
        return
    for one in books.collections:
        if one.collection_id in taken:
            continue
        due = one.lid_at + rules.remittance_due
        state, reason = State.MISSING, "Counted, due, and not paid in."
        if not one.total:
            state, reason = State.MATCHED, "Nothing was counted, so nothing is to be paid in."
        elif books.now <= due:
            state, reason = State.EXPECTED, "Counted, and not due at the bank yet."
        yield Match(
            relation=Relation.COUNT_REMITTANCE,
            state=state,
            left=(one.collection_id,),
            right=(),
            left_total=one.total,
            right_total=NOTHING,
            reason=reason,
            box=one.box,
        )


def _is_tolerated(difference: Rupiah, rules: Rules) -> bool:
    """Tell whether a difference is some whole steps of a note, and few enough."""
    steps, rest = divmod(abs(difference.amount), max(rules.note_step.amount, 1))
    return rest == 0 and steps <= rules.remittance_tolerance_steps


def _count_remittance(
    remittance: Remittance,
    collection_by_id: dict[str, Collection],
    taken: set[str],
    rules: Rules,
) -> Match:
    named = sorted(set(remittance.collection_ids))
    repeated = [] if taken.isdisjoint(named) else [one for one in named if one in taken]
    known = [collection_by_id[one] for one in named if one in collection_by_id]
    fresh = [one for one in known if one.collection_id not in taken] if repeated else known
    counted = Rupiah(sum([one.total.amount for one in fresh]))
    state, reason = State.MATCHED, "Paid in as counted."
    if repeated:
        state, reason = State.DUPLICATE, "A count that an earlier remittance already paid in."
    elif not fresh:
        state, reason = State.ORPHAN, "Paid in for no count that we hold."
    elif remittance.amount != counted and _is_tolerated(remittance.amount - counted, rules):
        state = State.WITHIN_TOLERANCE
        reason = "Paid in with a difference of so few notes that the programme lets it pass."
    elif remittance.amount > counted:
        state, reason = State.OVER, "More was paid in than was counted."
    elif remittance.amount < counted:
        state, reason = State.UNDER, "Less was paid in than was counted."
    return Match(
        relation=Relation.COUNT_REMITTANCE,
        state=state,
        left=tuple([one.collection_id for one in fresh]),
        right=(remittance.remittance_id,),
        left_total=counted,
        right_total=remittance.amount,
        reason=reason,
        box=fresh[0].box if len({one.box for one in fresh}) == 1 else None,
        evidence={"counted_before": repeated} if repeated else {},
    )
