"""Acts on cases: one, or many at once of which either all are acted on or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.case import Case, CaseEvent, after
from jimpitan_server.domain.case_action import (
    ACTING,
    Action,
    Assign,
    Person,
    Resolve,
    decide,
    needs_approval,
)
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound, ServerError, TooLarge
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_cases import CaseStore

# A page has 50; more than a few pages at once nobody has looked at.
BULK_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A case after an action; `event` is None where it stood so already."""

    case: Case
    event: CaseEvent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why one of many cases cannot be acted on."""

    number: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActedOnMany:
    """What an action on many cases did: either `refusals` is empty or nothing was done."""

    acted: tuple[Acted, ...]
    refusals: tuple[Refusal, ...]


async def act_on_case(
    store: CaseStore,
    number: int,
    action: Action,
    *,
    by: Person,
    now: datetime,
    approval_above: Rupiah,
    events_seen: int | None = None,
) -> Acted:
    """Act on one case; with `events_seen` only if nothing has happened to it since."""
    case = (await store.lock_cases([number])).get(number)
    if case is None:
        raise _unknown(number)
    await _need_owner(store, action)
    if events_seen is not None and events_seen != case.events:
        raise Conflict(
            "Something has happened to this case since you looked at it: look again.",
            code="case_changed",
        )
    event = decide(case, action, by=by, now=now, approval_above=approval_above)
    if event is None:
        return Acted(case=case, event=None)
    await store.add_events([(case, event)])
    return Acted(case=after(case, event), event=event)


async def act_on_many(
    store: CaseStore,
    numbers: Sequence[int],
    action: Action,
    *,
    by: Person,
    now: datetime,
    approval_above: Rupiah,
) -> ActedOnMany:
    """Act on all of these cases, or on none and say for each that cannot why."""
    wanted = sorted(set(numbers))
    if not wanted:
        raise Malformed("Choose at least one case.")
    if len(wanted) > BULK_MAX:
        raise TooLarge(f"At most {BULK_MAX} cases at once.")
    found = await store.lock_cases(wanted)
    await _need_owner(store, action)
    acted, refusals = _decided(
        wanted, found, action, by=by, now=now, approval_above=approval_above
    )
    if refusals:
        return ActedOnMany(acted=(), refusals=tuple(refusals))
    events = [(found[one.case.discrepancy], one.event) for one in acted if one.event is not None]
    await store.add_events(events)
    return ActedOnMany(acted=tuple(acted), refusals=())


def _decided(
    numbers: Sequence[int],
    cases: Mapping[int, Case],
    action: Action,
    *,
    by: Person,
    now: datetime,
    approval_above: Rupiah,
) -> tuple[list[Acted], list[Refusal]]:
    acted, refusals = [], []
    for number in numbers:
        try:
            case = cases.get(number)
            if case is None:
                raise _unknown(number)
            event = decide(case, action, by=by, now=now, approval_above=approval_above)
            _need_no_approval(case, action, approval_above)
        except Malformed:
            raise  # the action itself is wrong, whatever the case
        except ServerError as error:
            refusals.append(Refusal(number=number, code=error.code, sentence=error.sentence))
            continue
        acted.append(Acted(case=case if event is None else after(case, event), event=event))
    return acted, refusals


def _need_no_approval(case: Case, action: Action, approval_above: Rupiah) -> None:
    """Refuse to end with many others a case that two people must look at."""
    if isinstance(action, Resolve) and needs_approval(case, approval_above):
        raise Conflict(
            "So much is at stake that a second person must approve: resolve it by itself.",
            code="needs_approval",
        )


def _unknown(number: int) -> NotFound:
    return NotFound(f"There is no discrepancy {number}.", code="discrepancy_unknown")


async def _need_owner(store: CaseStore, action: Action) -> None:
    """Refuse an owner who could not act."""
    if isinstance(action, Assign) and action.owner is not None:
        role = await store.role_of(action.owner)
        if role not in ACTING:
            raise Malformed(
                "A case is owned by a treasurer or an admin who may log in.", code="owner_unknown"
            )
