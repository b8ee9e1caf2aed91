"""The workbench: what is waited for beside what came unexplained, and links by hand."""

import uuid
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from jimpitan_server.adapters.database import workbench_reading
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.form import form_fault, form_fields, form_status
from jimpitan_server.entrypoints.http.import_door import closed_after
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.link import SIDE_MAX, Wish

HERE = "/admin/cocok"
RELATIONS = {"setoran": Relation.REMITTANCE_CREDIT, "qris": Relation.PAYMENT_CREDIT}
AMOUNT_MAX_IDR = 10**12
PAPER_LENGTH_MAX = 64
FORM_BYTES_MAX = 64 * 1024
FORM_FAULT = "Pilih yang ditunggu dan dana masuknya, lalu tulis alasannya (10 sampai 500 huruf)."
FAULTS = {
    "link_unequal": "Jumlah kedua sisi berbeda. Centang “hubungkan walau berbeda” bila memang"
    " begitu.",
    "link_own": "Yang menyetor tidak menghubungkan setorannya sendiri: minta bendahara lain atau"
    " admin.",
    "link_taken": "Salah satu sudah ada di tautan lain. Akhiri dahulu tautan itu.",
    "link_accounts": "Kedua sisi dari rekening yang berbeda.",
    "link_differs": "Formulir ini sudah tersimpan dengan isi lain. Muat ulang halaman.",
    "link_ended": "Tautan itu sudah diakhiri.",
    "paper_unknown": "Salah satu sudah dibatalkan. Muat ulang halaman.",
}
router = APIRouter(
    prefix=HERE,
    tags=["admin"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(closed_after)],
)
Linking = Annotated[Session, Depends(require(Role.TREASURER, Role.ADMIN))]
Which = Annotated[str, Query(alias="antara", max_length=16)]
Near = Annotated[int | None, Query(alias="dekat", ge=0, le=AMOUNT_MAX_IDR)]


@router.get("")
async def get_workbench(
    request: Request, program: TheProgram, _: Looking, which: Which = "setoran", near: Near = None
) -> HTMLResponse:
    """Show both panes, and the links that stand."""
    return await _page(request, program, which, near=near)


@router.post("", max_body_size=FORM_BYTES_MAX)
async def post_link(request: Request, program: TheProgram, session: Linking) -> Response:
    """Link what was ticked; the same form again changes nothing."""
    form = await request.form(max_fields=1_000)
    which = str(form.get("antara", ""))
    try:
        await program.money.link(_wish(form, which, session))
    except (ServerError, ValueError) as error:
        return await _page(request, program, which, form=form, error=error)
    await program.money.reconcile()
    return RedirectResponse(f"{HERE}?antara={which}", 303)


@router.post("/{link_id}/akhiri", max_body_size=FORM_BYTES_MAX)
async def post_end(
    link_id: UUID, request: Request, program: TheProgram, session: Linking
) -> Response:
    """End a link; the rules match what it held together."""
    form = await form_fields(request)
    try:
        reason = form.get("alasan", "").replace("\x00", "")
        await program.money.end_link(str(link_id), reason=reason, actor=session.user_id)
    except ServerError as error:
        return await _page(request, program, form.get("antara", ""), error=error)
    await program.money.reconcile()
    return RedirectResponse(f"{HERE}?antara={_known(form.get('antara', ''))}", 303)


def _known(which: str) -> str:
    return which if which in RELATIONS else "setoran"


def _wish(form: FormData, which: str, session: Session) -> Wish:
    """Return what a form asks to link, or raise `Malformed` or ValueError."""
    if which not in RELATIONS:
        raise Malformed(FORM_FAULT)
    return Wish(
        link_id=str(UUID(str(form.get("nomor", "")))),
        relation=RELATIONS[which],
        left=_ids(form, "kiri"),
        right=_ids(form, "kanan"),
        reason=str(form.get("alasan", "")).replace("\x00", ""),
        force="paksa" in form,
        actor=session.user_id,
    )


def _ids(form: FormData, name: str) -> tuple[str, ...]:
    """Return the ids that were ticked; one box may stand for all papers of a match."""
    found = [one for value in form.getlist(name) for one in str(value).split(" ") if one]
    is_sound = all(len(one) <= PAPER_LENGTH_MAX and one.isprintable() for one in found)
    if not (0 < len(found) <= SIDE_MAX and is_sound):
        raise Malformed(FORM_FAULT)
    return tuple(found)


async def _page(
    request: Request,
    program: TheProgram,
    which: str,
    *,
    near: int | None = None,
    form: FormData | None = None,
    error: Exception | None = None,
) -> HTMLResponse:
    which = _known(which)
    async with program.database.read() as connection:
        left = await workbench_reading.waiting(connection, RELATIONS[which])
        right = await workbench_reading.unexplained(connection, RELATIONS[which], near_idr=near)
    links = await program.money.links()
    return page(
        request,
        program,
        "cocok.html",
        form_status(error),
        here=HERE,
        which=which,
        near=near,
        left=left,
        right=right,
        links=[one for one in links if one.relation is RELATIONS[which]],
        new_id=str(form.get("nomor", "")) if form is not None else str(uuid.uuid4()),
        ticked={str(one) for name in ("kiri", "kanan") for one in form.getlist(name)}
        if form is not None
        else set(),
        reason=str(form.get("alasan", "")) if form is not None else "",
        fault=form_fault(error, FAULTS, FORM_FAULT),
    )
