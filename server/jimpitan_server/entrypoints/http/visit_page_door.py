"""The admin's pages of planned visits, and of cans and places."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.database.user_store import people_of_role
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.domain.visit_plan import JUMAT_MANIS, Rhythm, VisitPlan, VisitState
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.form import form_fault, form_fields, form_status
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.containers import NewPlan

router = APIRouter(prefix="/admin", tags=["visits"], default_response_class=HTMLResponse)
Admin = Annotated[Session, Depends(require(Role.ADMIN))]
VISITS, CONTAINERS = "/admin/kunjungan", "/admin/wadah"
AHEAD = timedelta(days=35)
SHOWN = 200
VISIT_FAULT = "Periksa isian: kotak, tanggal dan angka."
PLACE_FAULT = "Isi kode (huruf kecil, angka, tanda hubung) dan tempatnya."
FAULTS = {
    "box_unknown": "Kotak atau kaleng ini tidak dikenal.",
    "box_exists": "Wadah dengan kode itu sudah ada.",
    "collector_unknown": "Kolektor itu tidak dikenal.",
    "plan_ended": "Rencana ini sudah berakhir.",
}


@router.get("/kunjungan")
async def get_visits(request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show what is late, what comes, and the plans."""
    return await _visits(request, program)


@router.post("/kunjungan")
async def post_plan(request: Request, program: TheProgram, session: Admin) -> Response:
    """Keep the plan of the form."""
    form = await form_fields(request)
    try:
        plan = _plan(form, program.visits.today)
        wish = NewPlan(plan, form.get("kolektor") or None)
        await program.visits.plan(wish, actor=session.user_id)
    except (ServerError, ValueError) as error:
        return await _visits(request, program, error=error, typed=form)
    return RedirectResponse(VISITS, 303)


def _plan(form: dict[str, str], today: date) -> VisitPlan:
    anchor, starts = form.get("patokan"), form.get("mulai")
    return VisitPlan(
        plan_id="",
        box=BoxId(form.get("kotak", "").lower()),
        rhythm=Rhythm(form.get("irama", "")),
        weekday=_number(form.get("hari", "4")),
        nth=_number(form.get("ke") or "1"),
        anchor=date.fromisoformat(anchor) if anchor else JUMAT_MANIS,
        starts_on=date.fromisoformat(starts) if starts else today,
        tolerance_days=_number(form.get("toleransi") or "2"),
        stop=_number(form.get("urutan") or "0"),
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise Malformed(VISIT_FAULT)
    return int(text)


@router.post("/kunjungan/{plan_id}/akhiri")
async def post_plan_end(
    plan_id: UUID, request: Request, program: TheProgram, session: Admin
) -> Response:
    """End a plan."""
    try:
        await program.visits.end_plan(str(plan_id), actor=session.user_id)
    except ServerError as error:
        return await _visits(request, program, error=error)
    return RedirectResponse(VISITS, 303)


async def _visits(
    request: Request,
    program: TheProgram,
    *,
    error: Exception | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    visits = await program.visits.planned(ahead=AHEAD)
    plans, names = await program.visits.plans()
    async with program.database.read() as connection:
        collectors = await people_of_role(connection, Role.COLLECTOR, limit=SHOWN)
    return page(
        request,
        program,
        "kunjungan.html",
        form_status(error),
        here=VISITS,
        fault=form_fault(error, FAULTS, VISIT_FAULT),
        typed=typed or {},
        late=[v for v in visits if v.state in (VisitState.MISSED, VisitState.DUE)][-SHOWN:],
        coming=[v for v in visits if v.state is VisitState.AHEAD][:SHOWN],
        plans=plans[: SHOWN * 10],
        names=names,
        sites={one.box: one.site for one in await program.visits.containers()},
        collectors=sorted(collectors.values()),
        today=program.visits.today,
        jumat_manis=JUMAT_MANIS,
    )


@router.get("/wadah")
async def get_containers(request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show the containers of both tiers and where they stand."""
    return await _containers(request, program)


@router.post("/wadah")
async def post_can(request: Request, program: TheProgram, session: Admin) -> Response:
    """Make a can known."""
    form = await form_fields(request)
    try:
        await program.visits.add_can(
            form.get("kotak", "").lower(),
            site=form.get("tempat", ""),
            host=form.get("instansi", ""),
            actor=session.user_id,
        )
    except ServerError as error:
        return await _containers(request, program, error)
    return RedirectResponse(CONTAINERS, 303)


@router.post("/wadah/{box}/tempat")
async def post_place(
    box: Annotated[str, Path(max_length=32)],
    request: Request,
    program: TheProgram,
    session: Admin,
) -> Response:
    """Say where a container stands."""
    form = await form_fields(request)
    try:
        await program.visits.place(
            box,
            site=form.get("tempat", ""),
            host=form.get("instansi", ""),
            actor=session.user_id,
        )
    except ServerError as error:
        return await _containers(request, program, error)
    return RedirectResponse(CONTAINERS, 303)


async def _containers(
    request: Request, program: TheProgram, error: ServerError | None = None
) -> HTMLResponse:
    return page(
        request,
        program,
        "wadah.html",
        form_status(error),
        here=CONTAINERS,
        fault=form_fault(error, FAULTS, PLACE_FAULT),
        containers=await program.visits.containers(),
    )
