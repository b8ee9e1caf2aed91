"""The page on which counted cash is paid in: what one holds, the slip, and what became of it."""

import uuid
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from jimpitan_server.adapters.database import account_rows, handover_rows, remittance_reading
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.books import RemittanceMethod
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.form import form_fault, form_status
from jimpitan_server.entrypoints.http.handover_door import WHOLE_RUPIAH
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.remit import Paid

HERE = "/setor"
PEOPLE = (Role.COLLECTOR, Role.TREASURER, Role.ADMIN)
REFERENCE_LENGTH_MAX = 64
FIELDS = ("nomor", "rekening", "cara", "jumlah", "bukti", "waktu")
FORM_FAULT = (
    "Centang hitungan yang disetor, lalu isi jumlah dalam rupiah bulat, nomor bukti, dan waktu."
)
FAULTS = {
    "collection_unknown": "Ada hitungan yang sudah dibatalkan. Muat ulang halaman.",
    "collection_remitted": "Ada hitungan yang sudah disetor. Muat ulang halaman.",
    "handover_holder": "Ada hitungan yang sudah di tangan orang lain. Muat ulang halaman.",
    "account_missing": "Pilih rekening tujuan dahulu.",
    "account_unknown": "Rekening itu tidak ada. Muat ulang halaman.",
    "remittance_differs": "Setoran ini sudah tersimpan dengan isi lain. Muat ulang halaman.",
}
router = APIRouter(tags=["custody"])
PersonAtPage = Annotated[Session, Depends(require(*PEOPLE))]


@router.get(HERE, response_class=HTMLResponse)
async def get_page(request: Request, program: TheProgram, session: PersonAtPage) -> HTMLResponse:
    """Show what one can pay in, and what one paid in before."""
    return await _page(request, program, session)


@router.post(HERE, response_class=HTMLResponse)
async def post_page(request: Request, program: TheProgram, session: PersonAtPage) -> Response:
    """Keep what the form says was paid in; the same form again changes nothing."""
    form = await request.form()
    try:
        paid = _paid(form, program, session)
        await program.money.remit(paid, only_own=True)
    except (ServerError, ValueError) as error:
        return await _page(request, program, session, form=form, error=error)
    return RedirectResponse(HERE, 303)


def _paid(form: FormData, program: Program, session: Session) -> Paid:
    """Return what a form says, or raise `Malformed` or ValueError."""
    amount = _text(form, "jumlah")
    reference = _text(form, "bukti")
    ids = tuple(str(UUID(str(one))) for one in form.getlist("hitungan"))
    if not (ids and WHOLE_RUPIAH.fullmatch(amount) and reference):
        raise Malformed(FORM_FAULT)
    if len(reference) > REFERENCE_LENGTH_MAX or not reference.isprintable():
        raise Malformed(FORM_FAULT)
    return Paid(
        remittance_id=str(UUID(_text(form, "nomor"))),
        account=_text(form, "rekening") or None,
        collection_ids=ids,
        amount=Rupiah(int(amount.replace(".", ""))),
        method=RemittanceMethod(_text(form, "cara")),
        reference=reference,
        paid_at=_moment(_text(form, "waktu"), program),
        actor=session.user_id,
    )


def _moment(local: str, program: Program) -> datetime:
    """Return a moment that was typed in the programme's zone; anything else is a ValueError."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(program.settings.timezone))


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


async def _page(
    request: Request,
    program: Program,
    session: Session,
    *,
    form: FormData | None = None,
    error: Exception | None = None,
) -> HTMLResponse:
    async with program.database.read() as connection:
        held = await handover_rows.DatabaseHandovers(connection).in_hand()
        paid = await remittance_reading.remittances_of(connection, session.user_id)
        accounts = await account_rows.all_accounts(connection)
    own = [one for one in held if one.holder == session.user_id and one.total]
    free = [one for one in own if not one.is_offered]
    typed = {name: "" if form is None else _text(form, name) for name in FIELDS}
    now = program.clock.now().astimezone(ZoneInfo(program.settings.timezone))
    return page(
        request,
        program,
        "setor.html",
        form_status(error),
        here=HERE,
        fault=form_fault(error, FAULTS, FORM_FAULT),
        new_id=typed["nomor"] or str(uuid.uuid4()),
        typed=typed,
        ticked=[str(one) for one in form.getlist("hitungan")] if form is not None else None,
        held=free,
        held_total=total(one.total for one in free),
        offered=len(own) - len(free),
        accounts=[one.account_id for one in accounts],
        now=now.replace(tzinfo=None).isoformat(timespec="minutes"),
        paid=paid,
    )
