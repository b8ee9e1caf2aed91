"""The donors' door: I paid this at that box. Nothing about the donor is asked or kept."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from jimpitan_server.domain.books import Confirmation
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import check_origin
from jimpitan_server.entrypoints.http.sticker_door import BOX_FAULT
from jimpitan_server.services.confirm_payment import REFERENCE_LENGTH_MAX

router = APIRouter(tags=["donors"])
FORM_BYTES_MAX = 4 * 1024
AMOUNT_FAULT = "Isi jumlah yang dibayar dalam rupiah, angka saja, paling banyak Rp 10.000.000."
TIME_FAULT = "Isi hari dan jam pembayaran, dalam 31 hari terakhir."
FORM_FAULT = "Formulir tidak lengkap. Muat ulang halaman ini, lalu isi sekali lagi."
FAULTS = {
    "box_unknown": "Untuk kotak ini tidak ada kode QRIS yang terdaftar. Periksa kode kotak.",
    "amount_unsound": AMOUNT_FAULT,
    "time_unsound": TIME_FAULT,
}


@router.get("/konfirmasi", response_class=HTMLResponse)
async def get_confirmation(
    request: Request,
    program: TheProgram,
    box: Annotated[str, Query(alias="kotak", max_length=32)] = "",
) -> HTMLResponse:
    """Show the form with which a donor tells at which box he paid."""
    return _page(request, program, {"kotak": box if is_box_id(box) else ""})


@router.post("/konfirmasi", response_class=HTMLResponse, max_body_size=FORM_BYTES_MAX)
async def post_confirmation(request: Request, program: TheProgram) -> HTMLResponse:
    """Keep what a donor tells, and say what will become of it."""
    check_origin(request)
    found = await request.form(max_files=0, max_fields=10)
    form = {name: str(value).strip()[:100] for name, value in found.items()}
    try:
        told = _confirmation(form, program)
        is_kept = await program.stickers.confirm(told)
    except ServerError as error:
        fault = FAULTS.get(error.code) or str(error)
        return _page(request, program, form, fault=fault, status=error.status)
    return _page(request, program, {"kotak": told.box}, told=told, is_kept=is_kept)


def _confirmation(form: dict[str, str], program: TheProgram) -> Confirmation:
    box = form.get("kotak", "").lower()
    if not is_box_id(box):
        raise Malformed(BOX_FAULT)
    digits = form.get("jumlah", "").removeprefix("Rp").replace(".", "").replace(" ", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise Malformed(AMOUNT_FAULT)
    try:
        confirmation_id = UUID(form.get("nomor", ""))
    except ValueError:
        raise Malformed(FORM_FAULT) from None
    try:
        paid_at = datetime.fromisoformat(form.get("waktu", ""))
    except ValueError:
        raise Malformed(TIME_FAULT) from None
    if paid_at.tzinfo is None:
        paid_at = paid_at.replace(tzinfo=ZoneInfo(program.settings.timezone))
    return Confirmation(
        confirmation_id=str(confirmation_id),
        box=BoxId(box),
        amount=Rupiah(int(digits)),
        paid_at=paid_at,
        told_at=program.clock.now(),
        reference=form.get("referensi", "")[:REFERENCE_LENGTH_MAX],
    )


def _page(
    request: Request,
    program: TheProgram,
    form: dict[str, str],
    *,
    told: Confirmation | None = None,
    is_kept: bool = False,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    local = program.clock.now().astimezone(ZoneInfo(program.settings.timezone))
    return page(
        request,
        program,
        "konfirmasi.html",
        status,
        form={"waktu": f"{local:%Y-%m-%dT%H:%M}", "nomor": str(uuid4()), "kotak": ""} | form,
        told=told,
        is_kept=is_kept,
        fault=fault,
    )
