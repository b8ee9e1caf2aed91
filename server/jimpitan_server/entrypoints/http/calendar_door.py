"""The calendar of planned visits: a month at a glance, and a file for phones and offices."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from jimpitan_server.adapters.visit_calendar import visit_calendar
from jimpitan_server.domain.visit_month import first_of_month, month_of
from jimpitan_server.domain.visit_plan import AHEAD_MAX, BACK_MAX, PlannedVisit
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(tags=["visits"])
HERE = "/admin/kalender"
# What a file holds: what was planned a month ago, and what is planned within a hundred days.
FILE_BACK, FILE_AHEAD = timedelta(days=31), timedelta(days=100)
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
NONE = timedelta(0)


@router.get(HERE, response_class=HTMLResponse)
async def get_calendar(
    request: Request,
    program: TheProgram,
    _: Looking,
    month: Annotated[str, Query(alias="bulan", max_length=7)] = "",
) -> HTMLResponse:
    """Show a month; one that cannot be read or lies too far away is this month."""
    today = program.visits.today
    first = _first(month, today)
    last = first_of_month(first, later=1) - timedelta(days=1)
    visits = [one for one in await _visits(program, first, last) if first <= one.day <= last]
    return page(
        request,
        program,
        "kalender.html",
        here=HERE,
        first=first,
        name=MONTHS[first.month - 1],
        before=first_of_month(first, later=-1),
        after=first_of_month(first, later=1),
        weeks=month_of(first, visits, today=today),
        sites={one.box: one.site for one in await program.visits.containers()},
        names=(await program.visits.plans())[1],
    )


@router.get(HERE + ".ics", response_class=Response)
async def get_calendar_file(program: TheProgram, _: Looking) -> Response:
    """Return the planned visits of the near past and future as an iCalendar file."""
    content = visit_calendar(
        await program.visits.planned(ahead=FILE_AHEAD, back=FILE_BACK),
        programme=program.settings.programme_name,
        site_by_box={one.box: one.site for one in await program.visits.containers()},
        written_at=program.clock.now(),
    )
    headers = {
        "Content-Disposition": 'attachment; filename="kunjungan.ics"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _first(month: str, today: date) -> date:
    try:
        first = date.fromisoformat(month + "-01")
    except ValueError:
        return first_of_month(today)
    is_near = today - BACK_MAX < first < today + AHEAD_MAX
    return first if is_near else first_of_month(today)


async def _visits(program: TheProgram, first: date, last: date) -> list[PlannedVisit]:
    today = program.visits.today
    return await program.visits.planned(
        ahead=max(last - today, NONE), back=max(today - first, NONE)
    )
