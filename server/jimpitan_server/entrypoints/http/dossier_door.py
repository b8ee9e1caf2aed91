"""The page of one container's dossier: each count from the plan to the account."""

from collections import Counter
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from jimpitan_server.domain.container import Container, Tier
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.visit_plan import VisitState
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.services.ports_cases import CaseFilter, Order

router = APIRouter(prefix="/admin", tags=["dossier"], default_response_class=HTMLResponse)
AHEAD = timedelta(days=35)
CASES_SHOWN = 10


@router.get("/berkas/{box}")
async def get_dossier(box: str, request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show both chains of a container, count by count; collectors are not shown it."""
    if not is_box_id(box):
        raise NotFound("Kotak ini tidak dikenal.", code="box_unknown")
    container = await program.visits.container(BoxId(box))
    dossier = await program.money.dossier(BoxId(box))
    if container is None and not dossier.collections:
        raise NotFound("Kotak ini tidak dikenal.", code="box_unknown")
    # Cans that were counted before they were registered have a dossier too.
    container = container or Container(box=BoxId(box), tier=Tier.CAN)
    journeys = await program.visits.journeys(container, dossier)
    planned = await program.visits.planned(container.box, ahead=AHEAD)
    return page(
        request,
        program,
        "berkas.html",
        container=container,
        dossier=dossier,
        journeys=journeys,
        tallies=[Counter(step.state.value for step in one.steps) for one in journeys],
        late=[one for one in planned if one.state in (VisitState.MISSED, VisitState.DUE)][-5:],
        coming=[one for one in planned if one.state is VisitState.AHEAD][:3],
        cases=await program.cases.page(
            CaseFilter(box=container.box), order=Order.DUE, limit=CASES_SHOWN
        ),
    )
