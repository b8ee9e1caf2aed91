"""Reports: a desk where one person prepares and another approves, and what the public sees."""

import uuid
from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from jimpitan_server.adapters.report_desk import ReportDesk
from jimpitan_server.adapters.report_pdf import minutes_pdf
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.report import Report, ReportState, Span, last_week
from jimpitan_server.domain.report_text import group_text, radio_text
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.form import form_fault, form_fields, form_status
from jimpitan_server.entrypoints.http.open_data import OPEN_DATA, open_lines
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.entrypoints.http.table import Form, file_of

HERE, PUBLIC = "/admin/laporan", "/laporan"
PUBLIC_AGE_S = 60
router = APIRouter(tags=["reports"])
Reporting = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER))]
FORM_FAULT = "Isi hari pertama dan hari terakhir, paling lama 366 hari."
FAULTS = {
    "report_few": "Kurang dari lima pemberian pada hari-hari itu; satu pemberian dapat ditebak."
    " Pilih rentang yang lebih panjang.",
    "report_not_over": "Laporan hanya untuk hari yang sudah lewat.",
    "report_days": FORM_FAULT,
    "report_own": "Yang menyiapkan laporan tidak dapat menyetujuinya. Minta orang lain.",
    "report_overtaken": "Sejak disiapkan, angkanya berubah. Siapkan laporan baru.",
    "report_withdrawn": "Laporan ini sudah ditarik. Siapkan yang baru.",
    "report_differs": "Laporan dengan nomor ini sudah ada. Muat ulang halaman.",
    "report_reason": "Tulis alasan, 10 sampai 500 huruf.",
}


def _desk(program: Program) -> ReportDesk:
    return ReportDesk(program.database, program.clock, ZoneInfo(program.settings.timezone))


def of_report(report: Report) -> dict[str, object]:
    """Return what the public sees of a report; of a withdrawn one the reason alone."""
    found: dict[str, object] = {
        "report_id": report.report_id,
        "first_on": report.span.first.isoformat(),
        "last_on": report.span.last.isoformat(),
        "state": report.state.value,
        "approved_at": report.approved_at.isoformat() if report.approved_at else None,
    }
    if report.state is ReportState.WITHDRAWN:
        return found | {"reason": report.reason, "figures": None}
    figures = report.figures.as_json()
    del figures["cases_open"]
    return found | {"reason": "", "figures": figures}


@router.get("/laporan.json")
async def get_public_reports(program: TheProgram) -> JSONResponse:
    """Return the reports that were approved, the newest first."""
    found = await _desk(program).latest(only_seen=True)
    headers = {"Cache-Control": f"public, max-age={PUBLIC_AGE_S}"}
    return JSONResponse({"reports": [of_report(one) for one in found]}, headers=headers)


@router.get("/laporan.csv", response_class=Response)
async def get_open_data(request: Request, program: TheProgram) -> Response:
    """Return approved reports as open data: a line for each, and one for each host in it."""
    found = await _desk(program).latest(only_seen=True)
    answer = file_of(
        "laporan",
        OPEN_DATA,
        open_lines(found),
        form=Form.CSV,
        words=words.translator(words.language_of(request)),
        zone=program.settings.timezone,
    )
    answer.headers["Cache-Control"] = f"public, max-age={PUBLIC_AGE_S}"
    return answer


@router.get(PUBLIC, response_class=HTMLResponse)
async def get_public_page(request: Request, program: TheProgram) -> HTMLResponse:
    """Show the reports that were approved."""
    found = await _desk(program).latest(only_seen=True)
    return page(request, program, "laporan_publik.html", reports=found)


@router.get(HERE, response_class=HTMLResponse)
async def get_reports(request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show all reports and the form for a new one."""
    return await _list(request, program)


@router.post(HERE, response_class=HTMLResponse)
async def post_report(request: Request, program: TheProgram, session: Reporting) -> Response:
    """Prepare a report of the days in the form."""
    form = await form_fields(request)
    try:
        report_id = str(UUID(form.get("nomor", "")))
        span = Span(
            date.fromisoformat(form.get("dari", "")), date.fromisoformat(form.get("sampai", ""))
        )
        await _desk(program).prepare(report_id=report_id, span=span, actor=session.user_id)
    except (ServerError, ValueError) as error:
        return await _list(request, program, error=error)
    return RedirectResponse(f"{HERE}/{report_id}", 303)


@router.get(HERE + "/{report_id}", response_class=HTMLResponse)
async def get_report(
    report_id: UUID, request: Request, program: TheProgram, session: Looking
) -> HTMLResponse:
    """Show a report, its texts, and what a second person may do."""
    return await _one(request, program, session, str(report_id))


@router.get(HERE + "/{report_id}/berita-acara.pdf", response_class=Response)
async def get_minutes(report_id: UUID, program: TheProgram, _: Looking) -> Response:
    """Return the minutes of an approved report as a PDF file."""
    view = await _desk(program).view(str(report_id))
    if view.report.state is not ReportState.APPROVED:
        raise Malformed("Only an approved report has minutes.", code="report_not_approved")
    content = minutes_pdf(
        view.report,
        name_by_person=view.name_by_person,
        programme=program.settings.programme_name,
        zone=program.settings.timezone,
    )
    name = f"berita-acara-{view.report.span.last.isoformat()}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.post(HERE + "/{report_id}", response_class=HTMLResponse)
async def post_act(
    report_id: UUID, request: Request, program: TheProgram, session: Reporting
) -> Response:
    """Approve the report or take it back, as the form says."""
    form = await form_fields(request)
    desk, number = _desk(program), str(report_id)
    try:
        if form.get("langkah") == "tarik":
            reason = form.get("alasan", "").replace("\x00", "")
            await desk.withdraw(number, actor=session.user_id, reason=reason)
        else:
            await desk.approve(number, actor=session.user_id)
    except ServerError as error:
        return await _one(request, program, session, number, error=error)
    return RedirectResponse(f"{HERE}/{number}", 303)


async def _list(
    request: Request, program: Program, *, error: Exception | None = None
) -> HTMLResponse:
    desk = _desk(program)
    week = last_week(desk.today())
    return page(
        request,
        program,
        "laporan.html",
        form_status(error),
        here=HERE,
        fault=form_fault(error, FAULTS, FORM_FAULT),
        reports=await desk.latest(),
        week=week,
        new_id=str(uuid.uuid4()),
    )


async def _one(
    request: Request,
    program: Program,
    session: Session,
    report_id: str,
    *,
    error: Exception | None = None,
) -> HTMLResponse:
    view = await _desk(program).view(report_id)
    programme = program.settings.programme_name
    return page(
        request,
        program,
        "laporan_satu.html",
        form_status(error),
        here=HERE,
        fault=form_fault(error, FAULTS, FORM_FAULT),
        view=view,
        report=view.report,
        is_own=view.report.prepared_by == session.user_id,
        may_act=session.role in {Role.ADMIN, Role.TREASURER},
        group=group_text(view.report, programme, program.settings.public_url),
        radio=radio_text(view.report, programme),
    )
