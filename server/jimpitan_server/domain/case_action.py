"""What people may do about a case: each wish becomes one event, or a refusal with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.case import Case, CaseEvent, CaseState, EventKind
from jimpitan_server.domain.errors import Conflict, Malformed, NotAllowed
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.user import Role

TEXT_LENGTH_MAX = 1000
REASON_LENGTH_MIN = 3
# A case is a conversation of a few people; who needs more writes minutes and names them here.
EVENTS_MAX = 500
DUE_WITHIN = timedelta(days=366)
COMMENTING = frozenset({Role.ADMIN, Role.TREASURER, Role.AUDITOR})
ACTING = frozenset({Role.ADMIN, Role.TREASURER})


@dataclass(frozen=True, slots=True)
class Comment:
    """Say something about the case."""

    text: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Make somebody its owner, or nobody."""

    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDue:
    """Give it more or less time."""

    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Say how it ended."""

    code: ResolutionCode
    reason: str


@dataclass(frozen=True, slots=True)
class Approve:
    """Agree with how another person says it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Undo its end, or do not agree with the proposal."""

    reason: str


Action = Comment | Assign | MoveDue | Resolve | Approve | Reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts, and by which right."""

    user_id: str
    role: Role


def decide(
    case: Case, action: Action, *, by: Person, now: datetime, approval_above: Rupiah
) -> CaseEvent | None:
    """Return the event that this action is; None when the case stands so already.

    The same comment twice in a row, an owner or a day that it has already: nothing happens, so
    that a form which is sent twice says nothing twice.
    """
    if by.role not in (COMMENTING if isinstance(action, Comment) else ACTING):
        raise NotAllowed("Auditors read and comment; a treasurer or an admin acts on a case.")
    if case.events >= EVENTS_MAX:
        raise Conflict(
            f"This case has {EVENTS_MAX} entries, which is as many as one may have.",
            code="events_many",
        )
    if _stands_already(case, action):
        return None
    kind, detail = _event_of(case, action, by=by, now=now, approval_above=approval_above)
    last = case.last
    if last is not None and (last.kind, last.actor, dict(last.detail)) == (
        kind,
        by.user_id,
        detail,
    ):
        return None
    return CaseEvent(number=case.events + 1, at=now, actor=by.user_id, kind=kind, detail=detail)


def _stands_already(case: Case, action: Action) -> bool:
    match action:
        case Assign(owner):
            return owner == case.owner
        case MoveDue():
            return action.due_at == case.due_at
        case _:
            return False


def _event_of(
    case: Case, action: Action, *, by: Person, now: datetime, approval_above: Rupiah
) -> tuple[EventKind, dict[str, object]]:
    match action:
        case Comment(text):
            return EventKind.COMMENTED, {"text": _said(text, length_min=1)}
        case Assign(owner):
            return EventKind.ASSIGNED, {"owner": owner}
        case MoveDue():
            return EventKind.DUE_CHANGED, _due(case, action, now)
        case Resolve():
            return EventKind.RESOLVED, _resolved(case, action, approval_above)
        case Approve():
            return EventKind.APPROVED, _approved(case, by)
        case Reopen():
            return EventKind.REOPENED, _reopened(case, action)


def _due(case: Case, action: MoveDue, now: datetime) -> dict[str, object]:
    _need_unresolved(case)
    if not now < action.due_at <= now + DUE_WITHIN:
        raise Malformed("A case is due in the future, within a year.", code="due_unsound")
    return {
        "due_at": action.due_at.isoformat(),
        "was": case.due_at.isoformat(),
        "reason": _said(action.reason),
    }


def _resolved(case: Case, action: Resolve, approval_above: Rupiah) -> dict[str, object]:
    _need_unresolved(case)
    if case.state is CaseState.WAITING:
        raise Conflict(
            "Somebody has said how it ended; approve that, or reopen the case first.",
            code="case_waiting",
        )
    return {
        "code": action.code.value,
        "reason": _said(action.reason),
        "needs_approval": needs_approval(case, approval_above),
    }


def needs_approval(case: Case, approval_above: Rupiah) -> bool:
    """Tell whether a second person must agree with how this case ended."""
    return case.at_stake is not None and case.at_stake > approval_above


def _approved(case: Case, by: Person) -> dict[str, object]:
    if case.state is not CaseState.WAITING or case.ending is None:
        raise Conflict("Nobody waits for an approval of this case.", code="case_not_waiting")
    if case.ending.by == by.user_id:
        raise NotAllowed(
            "Who says how a case ended cannot approve it: ask another treasurer or admin.",
            code="own_proposal",
        )
    return {"code": case.ending.code}


def _reopened(case: Case, action: Reopen) -> dict[str, object]:
    if case.state is CaseState.OPEN:
        raise Conflict("This case is open.", code="case_open")
    return {"reason": _said(action.reason)}


def _need_unresolved(case: Case) -> None:
    if case.state is CaseState.RESOLVED:
        raise Conflict("This case has ended; reopen it first.", code="case_resolved")


def _said(text: str, *, length_min: int = REASON_LENGTH_MIN) -> str:
    said = text.strip()
    if not length_min <= len(said) <= TEXT_LENGTH_MAX or "\0" in said:
        raise Malformed(f"Write {length_min} to {TEXT_LENGTH_MAX} characters.")
    return said
