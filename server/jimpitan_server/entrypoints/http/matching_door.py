"""The doors of matching: what was found and why, what other rules would find, links by hand."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from jimpitan_server.adapters.database.match_reading import PAGE, MatchWish
from jimpitan_server.adapters.rule_desk import RuleDesk
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.domain.what_if import CHANGES_MAX
from jimpitan_server.entrypoints.http import matching_answers
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.services.link import REASON_LENGTH_MAX, SIDE_MAX, Wish
from jimpitan_server.services.set_rule import DEFAULT

router = APIRouter(prefix="/api/v1", tags=["matching"])
Looking = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
Linking = Annotated[Session, Depends(allow(Role.TREASURER, Role.ADMIN))]
PaperId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
RuleName = Annotated[str, Field(max_length=80)]


class LinkIn(BaseModel):
    """What belongs together; the id was made where the person sits."""

    model_config = ConfigDict(extra="forbid")

    link_id: UUID
    relation: Relation
    left: Annotated[list[PaperId], Field(min_length=1, max_length=SIDE_MAX)]
    right: Annotated[list[PaperId], Field(min_length=1, max_length=SIDE_MAX)]
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX, pattern=r"^[^\x00]*$")]
    force: bool = False


class EndIn(BaseModel):
    """Why a link is ended."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX, pattern=r"^[^\x00]*$")]


class WhatIfIn(BaseModel):
    """Rules set otherwise, by name."""

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[
        dict[RuleName, Annotated[str, Field(max_length=80)]], Field(max_length=CHANGES_MAX)
    ]


class RuleIn(BaseModel):
    """A rule that a person sets; without a value it is given back to the program."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleName
    value: Annotated[str, Field(max_length=20)] | None = None
    reason: Annotated[str, Field(max_length=500)]


@router.get("/matches")
async def get_matches(
    program: TheProgram,
    _: Looking,
    relation: Relation | None = None,
    state: State | None = None,
    box: Annotated[str | None, Query(max_length=32)] = None,
    after: Annotated[str, Query(max_length=200)] = "",
) -> dict[str, object]:
    """Return a page of matches with their reasons; `next` goes into `after` for the next page."""
    wish = MatchWish(relation=relation, state=state, box=box, after=after)
    found = await program.money.matches(wish)
    return {
        "matches": [matching_answers.of_match(match) for match in found],
        "next": found[-1].key if len(found) == PAGE else None,
    }


@router.post("/reconcile/what-if")
async def post_what_if(body: WhatIfIn, program: TheProgram, _: Looking) -> dict[str, object]:
    """Say what other rules would make of all that stands; nothing is kept."""
    found = await program.money.what_if(body.rules)
    return matching_answers.of_difference(found.difference)


@router.get("/rules")
async def get_rules(program: TheProgram, _: Looking) -> dict[str, object]:
    """Return the rules by which matching goes, and who set which of them why."""
    return matching_answers.of_rules(await RuleDesk(program.money).view())


@router.post("/rules")
async def post_rule(body: RuleIn, program: TheProgram, session: Linking) -> dict[str, object]:
    """Set a rule from now on, or give it back without a value."""
    desk = RuleDesk(program.money)
    value = body.value or DEFAULT
    is_new = await desk.set_rule(body.rule, value, reason=body.reason, actor=session.user_id)
    return {"rule": body.rule, "value": body.value, "is_new": is_new}


@router.get("/links")
async def get_links(program: TheProgram, _: Looking) -> dict[str, object]:
    """Return the links by hand that stand."""
    links = await program.money.links()
    return {"links": [matching_answers.of_link(one) for one in links]}


@router.post("/links", status_code=201)
async def post_link(body: LinkIn, program: TheProgram, session: Linking) -> JSONResponse:
    """Link papers; 201 the first time, 200 when the same comes again."""
    wish = Wish(
        link_id=str(body.link_id),
        relation=body.relation,
        left=tuple(body.left),
        right=tuple(body.right),
        reason=body.reason,
        force=body.force,
        actor=session.user_id,
    )
    linked = await program.money.link(wish)
    return JSONResponse(matching_answers.of_linked(linked), 201 if linked.is_new else 200)


@router.post("/links/{link_id}/end")
async def post_link_end(
    link_id: UUID, body: EndIn, program: TheProgram, session: Linking
) -> dict[str, str]:
    """End a link; what it held together is matched by the rules again."""
    await program.money.end_link(str(link_id), reason=body.reason, actor=session.user_id)
    return {"link_id": str(link_id), "state": "ended"}
