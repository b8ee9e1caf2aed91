"""The admin's page of one box: how it is, what it runs, what it should be set to, its records."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.database.box_reading import box_row
from jimpitan_server.adapters.database.rollout_reading import box_firmware
from jimpitan_server.adapters.database.timeline_rows import timeline
from jimpitan_server.domain.errors import Malformed, NotFound
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.box_status import status_of
from jimpitan_server.entrypoints.http.configuration_form import Fault, fields_shown, read_form
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require

router = APIRouter(
    prefix="/admin/kotak/{box}", tags=["admin"], default_response_class=HTMLResponse
)
Setting = Annotated[Session, Depends(require(Role.ADMIN))]
TAG_FAULT = Fault("Tag terdiri dari a–z, 0–9 dan tanda hubung; paling banyak 16 buah.")


@router.get("")
async def get_box(box: str, request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show one box: how it is, its configuration, its dossier and its newest records."""
    return await _page(box, request, program)


@router.post("/konfigurasi")
async def post_configuration(
    box: str, request: Request, program: TheProgram, session: Setting
) -> Response:
    """Wish a whole configuration for the box."""
    form = await form_fields(request)
    options, faults = read_form(form)
    if faults:
        return await _page(box, request, program, faults=faults, typed=form)
    reason = form.get("alasan", "")[:1000] or None
    await program.configurations.configure(box, options, actor=session.user_id, reason=reason)
    return RedirectResponse(f"/admin/kotak/{box}", 303)


@router.post("/tag")
async def post_tags(box: str, request: Request, program: TheProgram, session: Setting) -> Response:
    """Give the box the tags that were typed, and no others."""
    typed = str((await request.form()).get("tag", ""))
    tags = typed.lower().replace(",", " ").split()
    try:
        await program.configurations.set_tags(box, tags, actor=session.user_id)
    except Malformed:
        return await _page(box, request, program, faults=[TAG_FAULT])
    return RedirectResponse(f"/admin/kotak/{box}", 303)


async def _page(
    box: str,
    request: Request,
    program: TheProgram,
    *,
    faults: list[Fault] | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    if not is_box_id(box):
        raise NotFound("Kotak ini tidak dikenal.", code="box_unknown")
    known = BoxId(box)
    async with program.database.read() as connection:
        row = await box_row(connection, known)
        if row is None:
            raise NotFound("Kotak ini tidak dikenal.", code="box_unknown")
        entries = await timeline(connection, known)
        firmware = await box_firmware(connection, known, row)
    configuration = await program.configurations.configuration_of(box)
    stale = timedelta(seconds=program.settings.stale_after_s)
    return page(
        request,
        program,
        "kotak_satu.html",
        422 if faults else 200,
        box=status_of(row, now=program.clock.now(), stale_after=stale),
        entries=entries,
        firmware=firmware,
        configuration=configuration,
        fields=fields_shown(configuration.wished) | (typed or {}),
        faults=faults or [],
        dossier=await program.money.dossier(known),
    )
