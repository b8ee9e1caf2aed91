"""The door of the cases for scripts: find them, act on one or on many, figures over them."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jimpitan_server.domain.case import EventKind
from jimpitan_server.domain.case_action import (
    TEXT_LENGTH_MAX,
    Action,
    Approve,
    Assign,
    Comment,
    MoveDue,
    Person,
    Reopen,
    Resolve,
)
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.errors import Conflict, Malformed, NotAllowed, NotFound
from jimpitan_server.domain.ids import BOX_PATTERN
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import case_answers
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.box_door import Deciding, Looking, NumberPath
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.services.act_on_case import BULK_MAX
from jimpitan_server.services.ports_cases import CaseFilter, Order, StateFilter

router = APIRouter(prefix="/api/v1/discrepancies", tags=["discrepancies"])
PAGE_MAX = 1000
Value = TypeVar("Value")
NUMBER_MAX = 2**53
# The key and number of the last case seen; a number alone is enough in order of numbers.
CURSOR_PATTERN = r"^(-?[0-9]{1,17}\.)?[0-9]{1,16}$"
MINE, NOBODY = "me", "none"

Counting = Annotated[Session, Depends(allow(Role.ADMIN, Role.COLLECTOR))]
Said = Annotated[str, Field(max_length=TEXT_LENGTH_MAX, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(min_length=3, max_length=TEXT_LENGTH_MAX, pattern=r"^[^\x00]*$")]
PersonId = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]


class ResolutionIn(BaseModel):
    """How a discrepancy ended, and why."""

    model_config = ConfigDict(extra="forbid")

    code: ResolutionCode
    reason: Reason


class ActionIn(BaseModel):
    """What somebody does about cases; which fields are needed depends on the event."""

    model_config = ConfigDict(extra="forbid")

    event: EventKind
    text: Said | None = None
    owner: PersonId | None = None
    due_at: AwareDatetime | None = None
    code: ResolutionCode | None = None
    reason: Said | None = None

    def action(self) -> Action:
        """Return the action that this is, or refuse it for what is missing."""
        if self.event is EventKind.COMMENTED:
            return Comment(_need("text", self.text))
        if self.event is EventKind.ASSIGNED:
            return Assign(self.owner)
        if self.event is EventKind.DUE_CHANGED:
            due_at: datetime = _need("due_at", self.due_at)
            return MoveDue(due_at=due_at, reason=_need("reason", self.reason))
        if self.event is EventKind.RESOLVED:
            code: ResolutionCode = _need("code", self.code)
            return Resolve(code=code, reason=_need("reason", self.reason))
        if self.event is EventKind.REOPENED:
            return Reopen(reason=_need("reason", self.reason))
        return Approve()


class EventIn(ActionIn):
    """What somebody does about one case, of which this many events were seen."""

    events_seen: Annotated[int, Field(ge=0, le=NUMBER_MAX)] | None = None


class BulkEventIn(ActionIn):
    """What somebody does about many cases at once."""

    event: Literal[EventKind.COMMENTED, EventKind.ASSIGNED, EventKind.RESOLVED]
    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=NUMBER_MAX)]], Field(min_length=1, max_length=BULK_MAX)
    ]


def _need(name: str, value: Value | None) -> Value:
    if value is None:
        raise Malformed(f"This event needs the field {name}.")
    return value


def person_of(session: Session) -> Person:
    """Return who acts in this session."""
    return Person(user_id=session.user_id, role=session.role)


def cursor_of(text: str) -> tuple[int, int]:
    """Return the key and number that a cursor names."""
    key, _, number = text.rpartition(".")
    return int(key or 0), int(number)


@router.get("")
async def get_discrepancies(
    program: TheProgram,
    session: Looking,
    *,
    after: Annotated[str, Query(pattern=CURSOR_PATTERN)] = "0",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 200,
    state: StateFilter = StateFilter.UNRESOLVED,
    severity: Severity | None = None,
    kind: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    owner: Annotated[str | None, Query(pattern=r"^[^\x00]{1,64}$")] = None,
    box: Annotated[str | None, Query(pattern=BOX_PATTERN)] = None,
    overdue: bool = False,
    order: Order = Order.NUMBER,
) -> dict[str, object]:
    """List cases; without a filter what still needs a person."""
    people = {MINE: str(session.user_id), NOBODY: ""}
    wanted = CaseFilter(
        states=state.states,
        severity=severity,
        kind=kind,
        owner=None if owner is None else people.get(owner, owner),
        box=box,
        overdue=overdue,
    )
    begins = None if after == "0" else cursor_of(after)
    return case_answers.of_page(
        await program.cases.page(wanted, order=order, after=begins, limit=limit)
    )


@router.get("/statistics")
async def get_statistics(
    program: TheProgram,
    _: Looking,
    after: Annotated[str, Query(pattern=r"^[a-z0-9-]{0,32}$")] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 200,
) -> dict[str, object]:
    """Return figures over the programme's cases, and of each box page by page."""
    return case_answers.of_all_figures(await program.cases.figures(), after=after, limit=limit)


@router.get("/statistics/hosts")
async def get_host_statistics(
    program: TheProgram,
    _: Looking,
    after: Annotated[str, Query(pattern=r"^[^\x00]{0,120}$")] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 200,
) -> dict[str, object]:
    """Return figures of each institution over a year, page by page in the order of names."""
    found = await program.cases.figures_by_host()
    return case_answers.of_hosts(found, after=after, limit=limit)


@router.get("/statistics/collectors/{collector}")
async def get_collector_statistics(
    collector: Annotated[str, Path(pattern=r"^[^\x00]{1,64}$")],
    program: TheProgram,
    session: Counting,
) -> dict[str, object]:
    """Return figures over one person's collections: for that person, and for admins."""
    wanted = str(session.user_id) if collector == MINE else collector
    if session.role is not Role.ADMIN and wanted != session.user_id:
        raise NotAllowed("These figures are for the collector and for admins.")
    found = await program.cases.figures_of_collector(wanted)
    return case_answers.of_collector(wanted, found)


@router.post("/bulk", status_code=201)
async def post_bulk(body: BulkEventIn, program: TheProgram, session: Looking) -> JSONResponse:
    """Act on many cases: on all of them, or on none and say for each that cannot why."""
    done = await program.cases.act_on_many(body.numbers, body.action(), by=person_of(session))
    if done.refusals:
        return JSONResponse(case_answers.of_refusals(done.refusals), Conflict.status)
    return JSONResponse({"cases": [case_answers.of_acted(one) for one in done.acted]}, 201)


@router.get("/{number}")
async def get_discrepancy(
    number: NumberPath, program: TheProgram, _: Looking
) -> dict[str, object]:
    """Return one case with everything that was done about it."""
    return case_answers.of_history(await program.cases.history(number))


@router.post("/{number}/events", status_code=201)
async def post_event(
    number: NumberPath, body: EventIn, program: TheProgram, session: Looking
) -> JSONResponse:
    """Do something about one case; 200 when it stood so already."""
    acted = await program.cases.act(
        number, body.action(), by=person_of(session), events_seen=body.events_seen
    )
    return JSONResponse(case_answers.of_acted(acted), 200 if acted.event is None else 201)


@router.post("/{number}/resolution", status_code=201)
async def post_resolution(
    number: NumberPath, resolution: ResolutionIn, program: TheProgram, session: Deciding
) -> dict[str, object]:
    """Say how a discrepancy ended; `state` tells whether a second person must approve."""
    action = Resolve(code=resolution.code, reason=resolution.reason)
    try:
        acted = await program.cases.act(number, action, by=person_of(session))
    except Conflict as error:
        if error.code != "case_resolved":
            raise
        raise NotFound("There is no open discrepancy of this number.") from None
    return {"discrepancy": number, "code": resolution.code, "state": acted.case.state}
