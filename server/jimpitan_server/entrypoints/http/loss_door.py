"""The door of loss statements: for a container and an interval, or as a case has it."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from jimpitan_server.adapters.loss_pdf import loss_pdf
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.parts import TheProgram

YEARS = (2000, 2200)
router = APIRouter(prefix="/admin", tags=["dossier"])


@router.get("/berkas/{box}/kehilangan", response_class=Response)
async def get_loss(
    box: str,
    request: Request,
    program: TheProgram,
    _: Looking,
    *,
    since: Annotated[date | None, Query(alias="dari")] = None,
    until: Annotated[date | None, Query(alias="sampai")] = None,
    case: Annotated[int | None, Query(alias="temuan", ge=1, le=2**53)] = None,
) -> Response:
    """Return a loss statement as PDF; without days from the last count until now or the case."""
    del request
    if any(day and not YEARS[0] <= day.year <= YEARS[1] for day in (since, until)):
        raise Malformed("Those days are of another age.")
    zone = program.visits.zone
    found_at = None
    if case is not None:
        found = await program.cases.history(case)
        if found.view.box != box:
            raise Malformed("That case is not about this box.", code="case_other_box")
        found_at = found.view.found_at
    statement = await program.visits.loss(
        box,
        since=datetime.combine(since, time.min, zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time.min, zone) if until else found_at,
        case=case,
        rules=program.money.rules,
    )
    content = loss_pdf(
        statement,
        programme=program.settings.programme_name,
        zone=program.settings.timezone,
    )
    name = f"berita-acara-{statement.container.box}-{statement.until:%Y%m%d}.pdf"
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'inline; filename="{name}"',
        },
    )
