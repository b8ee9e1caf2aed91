"""The cash chain inside the house: lid openings, what was sensed, what was counted, paid in."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from jimpitan_server.domain.books import Books, Collection, LidOpening, Remittance, Rules
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_sensed import compare_count
from jimpitan_server.domain.rupiah import NOTHING, total

_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Visit:
    """Lid openings of one box that follow each other so closely that they are one visit."""

    openings: tuple[LidOpening, ...]

    @property
    def box(self) -> BoxId:
        """The box that was opened."""
        return self.openings[0].box

    @property
    def key(self) -> str:
        """What names the visit: its box and the sequence number of its first opening."""
        return f"{self.box}/{self.openings[0].seq}"

    @property
    def first_at(self) -> datetime:
        """When the lid was first opened."""
        return self.openings[0].at

    def distance(self, moment: datetime) -> timedelta:
        """Return how far `moment` certainly is from the visit."""
        if len(self.openings) == 1:  # as nearly every visit
            opening = self.openings[0]
            return max(abs(moment - opening.at) - opening.uncertainty, _NO_TIME)
        gaps = (abs(moment - opening.at) - opening.uncertainty for opening in self.openings)
        return max(min(gaps), _NO_TIME)


def match_cash(books: Books, rules: Rules) -> list[Match]:
    """Return every match of openings, counts and remittances."""
    visits = _visits(books.openings, rules)
    visit_of = _visits_by_collection(visits, books.collections, rules)
    matches = list(_lid_counts(books, rules, visits, visit_of))
    matches += _sensor_counts(books, rules, visit_of)
    matches += _count_remittances(books, rules)
    return matches


def _visits(openings: Iterable[LidOpening], rules: Rules) -> list[Visit]:
    by_box: dict[BoxId, list[LidOpening]] = defaultdict(list)
    for opening in openings:
        by_box[opening.box].append(opening)
    visits: list[Visit] = []
    for box in sorted(by_box):
        part: list[LidOpening] = []
        for opening in sorted(by_box[box], key=lambda opening: (opening.at, opening.seq)):
            if part and opening.at - part[-1].at > rules.visit_gap:
                visits.append(Visit(tuple(part)))
                part = []
            part.append(opening)
        visits.append(Visit(tuple(part)))
    return visits


def _visits_by_collection(
    visits: list[Visit], collections: Iterable[Collection], rules: Rules
) -> dict[str, Visit]:
    """Give each collection the nearest visit within tolerance, each visit to one collection."""
    visits_by_box: dict[BoxId, _Visits] = {}
    for box, of_box in groupby(visits, key=_box_of):
        visits_by_box[box] = _Visits.of(list(of_box))
    near: list[tuple[timedelta, timedelta, str, str, Visit]] = []
    for one in collections:
        of_box_ = visits_by_box.get(one.box)
        for visit in of_box_.around(one.lid_at, rules.lid_tolerance) if of_box_ else ():
            distance = visit.distance(one.lid_at)
            if distance <= rules.lid_tolerance:
                away = abs(visit.first_at - one.lid_at)
                near.append((distance, away, one.collection_id, visit.key, visit))
    near.sort(key=itemgetter(0, 1, 2, 3))
    found: dict[str, Visit] = {}
    taken: set[str] = set()
    for _, _, collection_id, visit_key, visit in near:
        if collection_id not in found and visit_key not in taken:
            found[collection_id] = visit
            taken.add(visit_key)
    return found


def _box_of(visit: Visit) -> BoxId:
    return visit.box


@dataclass(frozen=True, slots=True)
class _Visits:
    """The visits of one box in the order of their first opening, found by time."""

    visits: list[Visit]
    firsts: list[datetime]
    reach: timedelta  # how far from its first opening a visit may still be near

    @classmethod
    def of(cls, visits: list[Visit]) -> "_Visits":
        """Return visits that are in order."""
        reach = max(
            visit.openings[-1].at
            - visit.first_at
            + max(opening.uncertainty for opening in visit.openings)
            for visit in visits
        )
        return cls(visits, [visit.first_at for visit in visits], reach)

    def around(self, moment: datetime, tolerance: timedelta) -> list[Visit]:
        """Return those that may be within the tolerance of a moment, and some more."""
        start = bisect_left(self.firsts, moment - tolerance - self.reach)
        end = bisect_right(self.firsts, moment + tolerance + self.reach)
        return self.visits[start:end]


def _lid_counts(
    books: Books, rules: Rules, visits: list[Visit], visit_of: dict[str, Visit]
) -> Iterator[Match]:
    counted = {visit.key for visit in visit_of.values()}
    for one in _in_order(books.collections):
        visit = visit_of.get(one.collection_id)
        if visit is not None:
            yield _lid_count(State.MATCHED, visit, one, "The lid was opened where it was counted.")
        elif one.sensed:
            due = one.lid_at + rules.records_due
            state = State.EXPECTED if books.now <= due else State.MISSING
            yield _lid_count(state, None, one, "No lid opening of this box near the count.")
    for visit in visits:
        if visit.key not in counted:
            due = visit.first_at + rules.count_due
            state = State.EXPECTED if books.now <= due else State.MISSING
            yield _lid_count(state, visit, None, "The lid was opened and no count has come.")


def _lid_count(
    state: State, visit: Visit | None, collection: Collection | None, reason: str
) -> Match:
    counted = collection.total if collection else NOTHING
    named = visit or collection
    assert named is not None
    return Match(
        relation=Relation.LID_COUNT,
        state=state,
        left=(visit.key,) if visit else (),
        right=(collection.collection_id,) if collection else (),
        left_total=counted,
        right_total=counted,
        reason=reason,
        box=named.box,
        evidence={"opened_at": visit.first_at.isoformat()} if visit else {},
    )


def _sensor_counts(books: Books, rules: Rules, visit_of: dict[str, Visit]) -> Iterator[Match]:
    """Compare each count with the interval that its holding period's deposits lead to.

    A sensor never makes money wrong: below and above are evidence, and say so.
    """
    sensed = {(one.box, one.lid_seq): one for one in books.expectations}
    for one in _in_order(books.collections):
        visit = visit_of.get(one.collection_id)
        ended = [sensed.get((one.box, opening.seq)) for opening in visit.openings] if visit else []
        known = [expectation for expectation in ended if expectation is not None]
        if known:
            yield compare_count(one, known, low=rules.deposit_low, high=rules.deposit_high)


def _count_remittances(books: Books, rules: Rules) -> Iterator[Match]:
    collection_by_id = {one.collection_id: one for one in books.collections}
    taken: set[str] = set()
    for remittance in sorted(books.remittances, key=lambda one: (one.paid_at, one.remittance_id)):
        yield _count_remittance(remittance, collection_by_id, taken)
        taken.update(remittance.collection_ids)
    for one in _in_order(books.collections):
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


def _count_remittance(
    remittance: Remittance, collection_by_id: dict[str, Collection], taken: set[str]
) -> Match:
    named = sorted(set(remittance.collection_ids))
    fresh = [
        collection_by_id[one] for one in named if one in collection_by_id and one not in taken
    ]
    repeated = [one for one in named if one in taken]
    counted = total(one.total for one in fresh)
    state, reason = State.MATCHED, "Paid in as counted."
    if repeated:
        state, reason = State.DUPLICATE, "A count that an earlier remittance already paid in."
    elif not fresh:
        state, reason = State.ORPHAN, "Paid in for no count that we hold."
    elif remittance.amount > counted:
        state, reason = State.OVER, "More was paid in than was counted."
    elif remittance.amount < counted:
        state, reason = State.UNDER, "Less was paid in than was counted."
    return Match(
        relation=Relation.COUNT_REMITTANCE,
        state=state,
        left=tuple(one.collection_id for one in fresh),
        right=(remittance.remittance_id,),
        left_total=counted,
        right_total=remittance.amount,
        reason=reason,
        box=fresh[0].box if len({one.box for one in fresh}) == 1 else None,
        evidence={"counted_before": repeated} if repeated else {},
    )


def _in_order(collections: Iterable[Collection]) -> list[Collection]:
    return sorted(collections, key=lambda one: (one.lid_at, one.collection_id))
