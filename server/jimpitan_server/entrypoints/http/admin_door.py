"""The admin's pages: live totals, boxes and how they are."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from jimpitan_server.adapters.database.box_reading import box_rows_all
from jimpitan_server.domain.container import Tier
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.box_status import BoxStatus, status_of, status_of_can
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.ports_cases import CaseFilter, Order

router = APIRouter(prefix="/admin", tags=["admin"], default_response_class=HTMLResponse)
Looking = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
BOXES_SHOWN = 5_000
STATES = ("act", "watch", "good")


async def _boxes(program: TheProgram) -> list[BoxStatus]:
    async with program.database.read() as connection:
        rows = await box_rows_all(connection, limit=BOXES_SHOWN)
    now, stale = program.clock.now(), timedelta(seconds=program.settings.stale_after_s)
    containers = await program.visits.containers()
    site_by_box = {one.box: one.site for one in containers}
    found = [
        replace(
            status_of(row, now=now, stale_after=stale), site=site_by_box.get(row["box_id"], "")
        )
        for row in rows
    ]
    found += [status_of_can(one) for one in containers if one.tier is Tier.CAN]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.box))


@router.get("")
async def get_overview(request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show the live totals, and what needs a look first."""
    boxes = [one for one in await _boxes(program) if one.tier == Tier.SENSOR]
    findings = await program.cases.page(CaseFilter(), order=Order.AGE, limit=1)
    return page(
        request,
        program,
        "admin.html",
        totals=await program.live.latest(),
        boxes=boxes,
        findings=findings,
        states=[(state, sum(one.state == state for one in boxes)) for state in STATES],
    )


@router.get("/kotak")
async def get_boxes(request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """List the boxes, those that need somebody first."""
    return page(request, program, "kotak.html", boxes=await _boxes(program))
