"""A case: one discrepancy with everything that was done about it, as events that only grow.

The state of a case is nothing but its events, one after the other. Above a limit one person
proposes how a case ended and another approves it; until then it stays open in every count.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.ledger import chained
from jimpitan_server.domain.rupiah import Rupiah

# Matching writes under this name; it is no person, so it neither proposes nor approves.
MATCHER = "matching"


class CaseState(StrEnum):
    """How a case stands."""

    OPEN = "open"
    """Somebody must look at it."""
    WAITING = "waiting"
    """Somebody proposed how it ended; a second person must approve."""
    RESOLVED = "resolved"
    """It has ended."""


class EventKind(StrEnum):
    """What can happen to a case."""

    COMMENTED = "commented"
    """Something was said, or matching found other numbers."""
    ASSIGNED = "assigned"
    """It has an owner, or none any more."""
    DUE_CHANGED = "due_changed"
    """It is due on another day, with a reason."""
    RESOLVED = "resolved"
    """A person said how it ended, or matching found that it is explained."""
    APPROVED = "approved"
    """A second person agreed with how it ended."""
    REOPENED = "reopened"
    """It goes on: an end was undone or a proposal not agreed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One thing that happened to a case; `number` counts from 1 within the case."""

    number: int
    at: datetime
    actor: str
    kind: EventKind
    detail: Mapping[str, object] = field(default_factory=dict)

    def chain(self, before: bytes, *, discrepancy: int) -> bytes:
        """Return the hash that binds this event to its case and to all events before it."""
        content = [discrepancy, self.number, self.at.isoformat(), self.actor, self.kind.value]
        line = json.dumps([*content, dict(self.detail)], sort_keys=True)
        return chained(before, line.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How somebody says that a case ended."""

    by: str
    at: datetime
    code: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case after its first `events` events."""

    discrepancy: int
    at_stake: Rupiah | None
    due_at: datetime
    state: CaseState = CaseState.OPEN
    owner: str | None = None
    ending: Ending | None = None
    approved_by: str | None = None
    resolved_at: datetime | None = None
    events: int = 0
    last: CaseEvent | None = None


def after(case: Case, event: CaseEvent) -> Case:
    """Return the case after one more event."""
    assert event.number == case.events + 1, "the events of a case are counted without a gap"
    seen = replace(case, events=event.number, last=event)
    detail = event.detail
    match event.kind:
        case EventKind.COMMENTED:
            return seen
        case EventKind.ASSIGNED:
            owner = detail["owner"]
            return replace(seen, owner=None if owner is None else str(owner))
        case EventKind.DUE_CHANGED:
            return replace(seen, due_at=datetime.fromisoformat(str(detail["due_at"])))
        case EventKind.RESOLVED:
            return _ended(seen, event)
        case EventKind.APPROVED:
            return replace(
                seen, state=CaseState.RESOLVED, approved_by=event.actor, resolved_at=event.at
            )
        case EventKind.REOPENED:
            return replace(
                seen, state=CaseState.OPEN, ending=None, approved_by=None, resolved_at=None
            )


def _ended(case: Case, event: CaseEvent) -> Case:
    reason = event.detail.get("reason")
    ending = Ending(
        by=event.actor,
        at=event.at,
        code=str(event.detail["code"]),
        reason=None if reason is None else str(reason),
    )
    if event.detail.get("needs_approval"):
        return replace(case, state=CaseState.WAITING, ending=ending)
    return replace(case, state=CaseState.RESOLVED, ending=ending, resolved_at=event.at)


def after_all(case: Case, events: Iterable[CaseEvent]) -> Case:
    """Return the case after all of these events."""
    for event in events:
        case = after(case, event)
    return case


# What matching compares: the sums of a case. Ids and reasons may change without any meaning.
NUMBERS = ("expected_idr", "arrived_idr", "fee_idr", "amount_idr")


def numbers_changed(
    before: Mapping[str, object], now: Mapping[str, object]
) -> dict[str, list[object]]:
    """Return each sum of the evidence that is another now, with what it was and what it is."""
    return {
        name: [before.get(name), now.get(name)]
        for name in NUMBERS
        if before.get(name) != now.get(name)
    }


def matched_again(state: CaseState, ended_by: str | None, *, changed: bool) -> EventKind | None:
    """Return what happens to a case that matching finds again, or None.

    What a person has ended stays so while its numbers are the same. What matching itself had
    taken for explained goes on, whatever its numbers.
    """
    if state is CaseState.OPEN:
        return EventKind.COMMENTED if changed else None
    if changed or (state is CaseState.RESOLVED and ended_by == MATCHER):
        return EventKind.REOPENED
    return None
