"""The doors of a collector's phone: the admin's list and links, and the page a link leads to."""

from datetime import timedelta
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.database.user_store import people_of_role
from jimpitan_server.domain.errors import ServerError
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import check_origin, cookie_name, require
from jimpitan_server.entrypoints.http.receipt_door import public_url
from jimpitan_server.services.enrol_phone import Invitation

router = APIRouter(tags=["phones"], default_response_class=HTMLResponse)
Admin = Annotated[Session, Depends(require(Role.ADMIN))]
Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
PhoneId = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9-]+$")]
HERE = "/admin/hp"
FORM_BYTES_MAX = 16 * 1024
COLLECTORS_MAX = 1_000
PIN_FAULT = "PIN itu salah. Setelah lima kali salah tautan ini tidak berlaku lagi."
FAULTS = {
    "invitation_unknown": "Tautan ini sudah dipakai atau terlalu lama. Mintalah yang baru.",
    "collector_unknown": "Kolektor itu tidak dikenal.",
    "phone_unknown": "HP itu tidak dikenal.",
    "malformed": "Nama HP terlalu panjang atau memuat tanda yang tidak dapat dibaca.",
}


@router.get("/hp/{token}")
async def get_link(token: Token, request: Request, program: TheProgram) -> HTMLResponse:
    """Show the form of a link; nothing is used up by looking at it."""
    del token
    return page(request, program, "hp_daftar.html", fault="")


@router.post("/hp/{token}", max_body_size=FORM_BYTES_MAX)
async def post_link(token: Token, request: Request, program: TheProgram) -> Response:
    """Enrol this phone: the PIN was told another way than the link."""
    check_origin(request)
    form = await request.form(max_files=0, max_fields=10)
    try:
        logged_in = await program.phones.logins.enrol(
            token, pin=str(form.get("pin", "")).strip(), label=str(form.get("nama", ""))
        )
    except ServerError as error:
        fault = FAULTS.get(error.code, error.sentence)
        return page(request, program, "hp_daftar.html", error.status, fault=fault)
    if logged_in is None:
        return page(request, program, "hp_daftar.html", 401, fault=PIN_FAULT)
    answer = RedirectResponse("/kolektor", 303)
    answer.set_cookie(
        cookie_name(https=program.settings.https),
        logged_in.token,
        max_age=int(timedelta(days=program.settings.phone_days).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=program.settings.https,
    )
    return answer


@router.get(HERE)
async def get_phones(request: Request, program: TheProgram, _: Admin) -> HTMLResponse:
    """Show the phones of collectors, and the form for a link."""
    return await _page(request, program)


@router.post(HERE)
async def post_invitation(request: Request, program: TheProgram, session: Admin) -> HTMLResponse:
    """Make a link for a collector's phone, and show it with its PIN once."""
    form = await form_fields(request)
    name = form.get("kolektor", "")
    try:
        invitation = await program.phones.logins.invite(name, actor=session.user_id)
    except ServerError as error:
        return await _page(request, program, error=error)
    return await _page(request, program, invited=name, invitation=invitation)


@router.post(HERE + "/{phone_id}/cabut")
async def post_revoke(
    phone_id: PhoneId, request: Request, program: TheProgram, session: Admin
) -> Response:
    """Let a phone in no more, from this moment."""
    try:
        await program.phones.logins.revoke(phone_id, actor=session.user_id)
    except ServerError as error:
        return await _page(request, program, error=error)
    return RedirectResponse(HERE, 303)


async def _page(
    request: Request,
    program: TheProgram,
    *,
    error: ServerError | None = None,
    invited: str = "",
    invitation: Invitation | None = None,
) -> HTMLResponse:
    async with program.database.read() as connection:
        collectors = await people_of_role(connection, Role.COLLECTOR, limit=COLLECTORS_MAX)
    link = f"{public_url(request, program)}/hp/{invitation.token}" if invitation else ""
    return page(
        request,
        program,
        "hp.html",
        error.status if error else 200,
        here=HERE,
        fault=FAULTS.get(error.code, error.sentence) if error else "",
        phones=await program.phones.logins.phones(),
        collectors=sorted(collectors.values()),
        invited=invited,
        invitation=invitation,
        link=link,
        code=segno.make(link, error="m").svg_data_uri(scale=6, border=4) if link else "",
    )
