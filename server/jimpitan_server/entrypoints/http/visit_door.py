"""The doors for scripts about containers and planned visits."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from jimpitan_server.domain.container import Container
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.domain.visit_plan import JUMAT_MANIS, PlannedVisit, Rhythm, VisitPlan
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.box_door import BoxPath
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.services.containers import NewPlan

router = APIRouter(prefix="/api/v1", tags=["visits"])
Looking = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
Collecting = Annotated[Session, Depends(allow(*Role))]
Admin = Annotated[Session, Depends(allow(Role.ADMIN))]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Json = dict[str, object]


class CanIn(BaseModel):
    """A plain can with the id on its sticker, and where it stands."""

    model_config = ConfigDict(extra="forbid")

    box: Annotated[str, Field(max_length=32)]
    site: Text = ""
    host: Text = ""


class PlaceIn(BaseModel):
    """Where a container stands from now on."""

    model_config = ConfigDict(extra="forbid")

    site: Text
    host: Text = ""


class PlanIn(BaseModel):
    """When a container is visited; the collector is named by login."""

    model_config = ConfigDict(extra="forbid")

    box: Annotated[str, Field(max_length=32)]
    rhythm: Rhythm
    weekday: Annotated[StrictInt, Field(ge=0, le=6)] = 4
    nth: Annotated[StrictInt, Field(ge=1, le=5)] = 1
    anchor: date = JUMAT_MANIS
    starts_on: date | None = None
    tolerance_days: Annotated[StrictInt, Field(ge=0, le=30)] = 2
    collector: Annotated[str, Field(max_length=32)] | None = None
    stop: Annotated[StrictInt, Field(ge=0, le=9_999)] = 0


def of_container(one: Container) -> Json:
    """Return a container as scripts see it."""
    return {"box": one.box, "tier": one.tier, "site": one.site, "host": one.host}


def of_plan(plan: VisitPlan) -> Json:
    """Return a plan as scripts see it."""
    return {
        "plan_id": plan.plan_id,
        "box": plan.box,
        "rhythm": plan.rhythm,
        "weekday": plan.weekday,
        "nth": plan.nth,
        "anchor": plan.anchor.isoformat(),
        "starts_on": plan.starts_on.isoformat(),
        "tolerance_days": plan.tolerance_days,
        "collector": plan.collector,
        "stop": plan.stop,
    }


def of_visit(visit: PlannedVisit) -> Json:
    """Return a planned visit as scripts see it."""
    return {
        "box": visit.plan.box,
        "plan_id": visit.plan.plan_id,
        "day": visit.day.isoformat(),
        "state": visit.state,
        "made_on": visit.made_on.isoformat() if visit.made_on else None,
        "collector": visit.plan.collector,
        "stop": visit.plan.stop,
    }


@router.get("/containers")
async def get_containers(program: TheProgram, _: Looking) -> Json:
    """List the sensor boxes and plain cans, and where they stand."""
    return {"containers": [of_container(one) for one in await program.visits.containers()]}


@router.post("/cans", status_code=201)
async def post_can(can: CanIn, program: TheProgram, session: Admin) -> Json:
    """Make a plain can known."""
    made = await program.visits.add_can(
        can.box, site=can.site, host=can.host, actor=session.user_id
    )
    return of_container(made)


@router.put("/boxes/{box}/place")
async def put_place(box: BoxPath, place: PlaceIn, program: TheProgram, session: Admin) -> Json:
    """Say where a container stands from now on."""
    placed = await program.visits.place(
        box, site=place.site, host=place.host, actor=session.user_id
    )
    return of_container(placed)


@router.get("/plans")
async def get_plans(program: TheProgram, _: Looking) -> Json:
    """List the plans that go on."""
    plans, _names = await program.visits.plans()
    return {"plans": [of_plan(one) for one in plans]}


@router.post("/plans", status_code=201)
async def post_plan(wish: PlanIn, program: TheProgram, session: Admin) -> Json:
    """Keep a plan of visits."""
    plan = VisitPlan(
        plan_id="",
        box=BoxId(wish.box),
        rhythm=wish.rhythm,
        weekday=wish.weekday,
        nth=wish.nth,
        anchor=wish.anchor,
        starts_on=wish.starts_on or program.visits.today,
        tolerance_days=wish.tolerance_days,
        stop=wish.stop,
    )
    return of_plan(await program.visits.plan(NewPlan(plan, wish.collector), actor=session.user_id))


@router.post("/plans/{plan_id}/end")
async def post_plan_end(plan_id: UUID, program: TheProgram, session: Admin) -> Json:
    """Let a plan have no more days from today."""
    await program.visits.end_plan(str(plan_id), actor=session.user_id)
    return {"plan_id": str(plan_id), "ends_on": program.visits.today.isoformat()}


@router.get("/visits")
async def get_visits(
    program: TheProgram,
    session: Collecting,
    ahead_days: Annotated[int, Query(ge=0, le=366)] = 35,
    back_days: Annotated[int, Query(ge=0, le=1098)] = 35,
) -> Json:
    """Return planned visits of late and to come; a collector's are his own and everybody's."""
    first = program.visits.today - timedelta(days=back_days)
    visits = [
        one
        for one in await program.visits.planned(ahead=timedelta(days=ahead_days))
        if one.day >= first
        and (session.role != Role.COLLECTOR or one.plan.collector in (None, session.user_id))
    ]
    return {"visits": [of_visit(one) for one in visits]}
