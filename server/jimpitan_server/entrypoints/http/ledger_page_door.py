"""The ledger's page: what lies where, what was closed and sealed, and the form to close."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.rupiah import total
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.import_door import closed_after
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require

HERE = "/admin/buku"
router = APIRouter(
    prefix=HERE,
    tags=["admin"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(closed_after)],
)
Closing = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER))]
FORM_FAULT = "Isi tanggal dan catatan (10 sampai 500 huruf), misalnya nomor berita acara."
FAULTS = {
    "period_not_over": "Hanya hari yang sudah lewat dapat ditutup.",
    "period_closed": "Buku sudah ditutup sampai hari itu.",
}


@router.get("")
async def get_ledger(
    request: Request,
    program: TheProgram,
    _: Looking,
    before: Annotated[int | None, Query(alias="sebelum", ge=1, le=2**53)] = None,
) -> HTMLResponse:
    """Show what lies where, the newest entries, closings and seals."""
    return await _page(request, program, before=before)


@router.post("/tutup")
async def post_closing(request: Request, program: TheProgram, session: Closing) -> Response:
    """Close the books up to the day in the form."""
    form = await form_fields(request)
    try:
        until = _day(form.get("sampai", ""))
        await program.ledger.close(
            until=until, note=form.get("catatan", "").replace("\x00", ""), actor=session.user_id
        )
    except ServerError as error:
        fault = FAULTS.get(error.code, FORM_FAULT)
        return await _page(request, program, fault=fault, status=error.status)
    return RedirectResponse(HERE, 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(FORM_FAULT) from None


async def _page(
    request: Request,
    program: TheProgram,
    *,
    before: int | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    view = await program.ledger.view(before=before)
    given = {place: -amount for place, amount in view.balances.items() if place.kind.is_source}
    held = {place: one for place, one in view.balances.items() if not place.kind.is_source}
    return page(
        request,
        program,
        "buku.html",
        status,
        here=HERE,
        fault=fault,
        view=view,
        given=given,
        held=held,
        given_total=total(given.values()),
        held_total=total(held.values()),
        yesterday=bank_day(program.clock.now()) - timedelta(days=1),
    )
