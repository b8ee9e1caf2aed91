"""What the services of cases need of a database, and what people look for and find there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from jimpitan_server.domain.case import Case, CaseEvent, CaseState
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.user import Role

PAGE_LENGTH = 50


class Order(StrEnum):
    """In which order cases are listed; those that are alike by their number."""

    NUMBER = "number"
    DUE = "due"
    """What is due first, first."""
    AMOUNT = "amount"
    """The most rupiah at stake first; what has no sum last."""
    AGE = "age"
    """The oldest first."""


class StateFilter(StrEnum):
    """Which states are wanted, in one word."""

    UNRESOLVED = "unresolved"
    """What still needs a person: open, or waiting for approval."""
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    ALL = "all"

    @property
    def states(self) -> frozenset[CaseState]:
        """Return the states that are meant."""
        if self is StateFilter.ALL:
            return frozenset(CaseState)
        if self is StateFilter.UNRESOLVED:
            return frozenset({CaseState.OPEN, CaseState.WAITING})
        return frozenset({CaseState(self.value)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are wanted; what is None does not matter.

    `owner` is the id of a person, or empty for cases that nobody owns.
    """

    states: frozenset[CaseState] = StateFilter.UNRESOLVED.states
    severity: Severity | None = None
    kind: str | None = None
    owner: str | None = None
    box: str | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case as it is listed: `severity` is the present one, `severity_raised` history."""

    number: int
    kind: str
    subject: str
    state: CaseState
    severity: Severity
    severity_raised: Severity
    box: str | None
    owner: str | None
    owner_name: str | None
    found_at: datetime
    due_at: datetime
    is_overdue: bool
    age_days: int
    at_stake: Rupiah | None
    seq_from: int | None
    seq_to: int | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution_code: str | None
    resolution_reason: str | None
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Some cases, how many there are in all, and where the next page begins."""

    cases: tuple[CaseView, ...]
    count: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """One case with all its events, and the names of the people in them."""

    view: CaseView
    case: Case
    events: tuple[CaseEvent, ...]
    name_by_id: Mapping[str, str]


class CaseStore(Protocol):
    """One open transaction on the cases."""

    async def lock_cases(self, numbers: Sequence[int]) -> dict[int, Case]:
        """Return those of these cases that exist, and let nobody else act on them until then."""
        ...

    async def add_events(self, events: Sequence[tuple[Case, CaseEvent]]) -> None:
        """Append one event to each of these cases, and bring their rows in line."""
        ...

    async def role_of(self, user_id: str) -> Role | None:
        """Return the role of a person who may log in, or None."""
        ...
