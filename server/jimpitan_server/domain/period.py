"""Holding periods: from one collection to the next, told by the order of records alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from jimpitan_server.domain.expectation import NO_MOMENTS, Moments
from jimpitan_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, order=True)
class EdgeEvent:
    """A lid opening, or the opening or closing of a collection, at its place in the order."""

    seq: int
    kind: int


@dataclass(frozen=True, slots=True)
class Period:
    """What fell into the box after the lid opening at `seq_from` and before that at `seq_to`.

    The first period of a box begins at 0; the present one has no end yet.
    """

    seq_from: int
    seq_to: int | None
    deposits: int = 0
    moments: Moments = NO_MOMENTS


@dataclass(frozen=True, slots=True)
class PeriodSum:
    """What records add to a holding period: deposits, and what was weighed of them."""

    deposits: int = 0
    moments: Moments = NO_MOMENTS

    def __add__(self, other: "PeriodSum") -> "PeriodSum":
        """Return both together."""
        return PeriodSum(self.deposits + other.deposits, self.moments + other.moments)


def period_edges(events: Iterable[EdgeEvent], declared: Iterable[int] = ()) -> list[int]:
    """Return the sequence numbers of the lid openings that end a holding period.

    That is the first lid opening of each collection. A box writes that its lid was opened and,
    if it was told of a visit, in its very next record that a collection was; older firmware may
    say so before. A lid opening outside any collection ends nothing, unless a person declared
    it to be one: then its number is in `declared`.
    """
    edges = set(declared)
    is_collecting, opened = False, None
    for event in sorted(events):
        if event.kind == RecordKind.COLLECTION_OPENED:
            is_collecting = opened != event.seq - 1
            if opened is not None and not is_collecting:
                edges.add(opened)
        elif event.kind == RecordKind.COLLECTION_CLOSED:
            is_collecting = False
        elif event.kind == RecordKind.LID_OPENED:
            opened = event.seq
            if is_collecting:
                edges.add(event.seq)
                is_collecting = False
    return sorted(edges)


def periods_between(edges: list[int]) -> list[Period]:
    """Return the empty periods that these edges part, the present one last."""
    starts = [0, *edges]
    ends: list[int | None] = [*edges, None]
    return [Period(start, end) for start, end in zip(starts, ends, strict=True)]


def period_start(starts: list[int], seq: int) -> int:
    """Return the start of the period that a record at `seq` lies in; `starts` rises from 0."""
    found = 0
    for start in starts:
        if start >= seq:
            break
        found = start
    return found
