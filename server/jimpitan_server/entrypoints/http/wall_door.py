"""The figures elsewhere: on a TV on a wall, and in a frame on somebody's website."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from jimpitan_server.adapters.report_desk import ReportDesk
from jimpitan_server.domain.report import Report, ReportState
from jimpitan_server.entrypoints.http.headers import POLICY
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(tags=["public"], default_response_class=HTMLResponse)
WIDGET_AGE_S = 60
# Any website may show the widget: it has no login, no form and nothing of a person.
IN_A_FRAME = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@router.get("/tv")
async def get_wall(request: Request, program: TheProgram) -> HTMLResponse:
    """Show the live figures, large enough to be read from across a hall."""
    totals = await program.live.latest()
    report = await _latest(program)
    return page(request, program, "tv.html", totals=totals, report=report)


@router.get("/sematan")
async def get_widget(request: Request, program: TheProgram) -> HTMLResponse:
    """Show the figures small, for a frame on another website; it works without any script."""
    totals = await program.live.latest()
    answer = page(request, program, "sematan.html", totals=totals, report=await _latest(program))
    answer.headers["Content-Security-Policy"] = IN_A_FRAME
    answer.headers["Cache-Control"] = f"public, max-age={WIDGET_AGE_S}"
    return answer


async def _latest(program: TheProgram) -> Report | None:
    """Return the report of the latest days that stands before the public."""
    desk = ReportDesk(program.database, program.clock, ZoneInfo(program.settings.timezone))
    found = await desk.latest(only_seen=True)
    return next((one for one in found if one.state is ReportState.APPROVED), None)
