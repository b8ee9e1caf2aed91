"""The doors of the second person: confirm a count, set a PIN; the admin's page of witnesses."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from jimpitan_server.adapters.pin_key import SEALED_LENGTH
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import check_origin, require

router = APIRouter(tags=["witnesses"])
Counting = Annotated[Session, Depends(allow(Role.COLLECTOR, Role.TREASURER, Role.ADMIN))]
Anybody = Annotated[Session, Depends(require())]
Admin = Annotated[Session, Depends(require(Role.ADMIN))]
Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Name = Annotated[str, Path(max_length=32)]
HERE = "/admin/saksi"
FORM_BYTES_MAX = 16 * 1024
TWICE_FAULT = "Kedua PIN tidak sama; ketik sekali lagi."
FAULTS = {
    "pin_malformed": "PIN terdiri dari 6 angka.",
    "pin_weak": "Pilih PIN lain: tidak berurutan dan tidak semuanya angka yang sama.",
    "invitation_unknown": "Undangan ini sudah dipakai atau terlalu lama. Mintalah yang baru.",
    "witness_exists": "Nama itu sudah dipakai orang lain.",
    "witness_unknown": "Saksi ini tidak dikenal atau sudah dicabut.",
}
FORM_FAULT = "Isi nama pendek (huruf kecil dan angka) dan instansinya."


class ConfirmationIn(BaseModel):
    """Who confirms a count, with the PIN that she typed herself: as it is, or sealed."""

    model_config = ConfigDict(extra="forbid")

    witness: Annotated[str, Field(max_length=64)]
    pin: Annotated[str, Field(max_length=64)] = ""
    sealed: Annotated[Base64Bytes, Field(max_length=SEALED_LENGTH)] | None = None
    sealed_key: Annotated[str, Field(max_length=64)] = ""


@router.post("/api/v1/collections/{collection_id}/witness")
async def post_witness(
    collection_id: UUID, body: ConfirmationIn, program: TheProgram, session: Counting
) -> JSONResponse:
    """Let the second person confirm a count; a wrong PIN is an answer, never an error."""
    count, actor = str(collection_id), session.user_id
    if body.sealed is None:
        state = await program.collections.confirm(
            count, name=body.witness, pin=body.pin, actor=actor
        )
    else:
        state = await program.phones.confirm_sealed(
            count,
            name=body.witness,
            key_id=body.sealed_key,
            sealed=body.sealed,
            actor=actor,
        )
    return JSONResponse({"collection_id": str(collection_id), "witness_state": state})


@router.get("/pin", response_class=HTMLResponse)
async def get_pin(request: Request, program: TheProgram, session: Anybody) -> HTMLResponse:
    """Show the form with which one sets one's own PIN."""
    has_pin = await program.collections.has_pin(session.user_id)
    return _pin_page(request, program, has_pin=has_pin)


@router.post("/pin", response_class=HTMLResponse, max_body_size=FORM_BYTES_MAX)
async def post_pin(request: Request, program: TheProgram, session: Anybody) -> HTMLResponse:
    """Keep one's own PIN."""
    try:
        pin = await _typed_twice(request)
        await program.collections.set_pin(session.user_id, pin, actor=session.user_id)
    except ServerError as error:
        return _pin_page(request, program, error)
    return _pin_page(request, program, is_done=True)


@router.get("/pin/{token}", response_class=HTMLResponse)
async def get_invitation(token: Token, request: Request, program: TheProgram) -> HTMLResponse:
    """Show the form of an invitation; whether it holds is said when the PIN is sent."""
    del token
    return _pin_page(request, program)


@router.post("/pin/{token}", response_class=HTMLResponse, max_body_size=FORM_BYTES_MAX)
async def post_invitation(token: Token, request: Request, program: TheProgram) -> HTMLResponse:
    """Keep the PIN of who was invited."""
    check_origin(request)
    try:
        await program.collections.set_invited_pin(token, await _typed_twice(request))
    except ServerError as error:
        return _pin_page(request, program, error)
    return _pin_page(request, program, is_done=True)


async def _typed_twice(request: Request) -> str:
    form = await request.form(max_files=0, max_fields=10)
    pin = str(form.get("pin", ""))
    if pin != str(form.get("lagi", "")):
        raise Malformed(TWICE_FAULT)
    return pin


def _pin_page(
    request: Request,
    program: TheProgram,
    error: ServerError | None = None,
    *,
    has_pin: bool = False,
    is_done: bool = False,
) -> HTMLResponse:
    fault = FAULTS.get(error.code, error.sentence) if error else ""
    status = error.status if error else 200
    return page(
        request, program, "pin.html", status, fault=fault, has_pin=has_pin, is_done=is_done
    )


@router.get(HERE, response_class=HTMLResponse)
async def get_witnesses(request: Request, program: TheProgram, _: Admin) -> HTMLResponse:
    """Show the witnesses, and the form for one more."""
    return await _page(request, program)


@router.post(HERE, response_class=HTMLResponse)
async def post_new_witness(request: Request, program: TheProgram, session: Admin) -> HTMLResponse:
    """Make a witness known, and show the invitation once."""
    form = await form_fields(request)
    name = form.get("nama", "")
    try:
        token = await program.collections.add_witness(
            name, institution=form.get("instansi", ""), actor=session.user_id
        )
    except ServerError as error:
        return await _page(request, program, error=error)
    return await _page(request, program, invited=name, token=token)


@router.post(HERE + "/{name}/undang", response_class=HTMLResponse)
async def post_invite(
    name: Name, request: Request, program: TheProgram, session: Admin
) -> HTMLResponse:
    """Make another invitation, with which a forgotten PIN is set anew."""
    try:
        token = await program.collections.invite(name, actor=session.user_id)
    except ServerError as error:
        return await _page(request, program, error=error)
    return await _page(request, program, invited=name, token=token)


@router.post(HERE + "/{name}/cabut", response_class=HTMLResponse)
async def post_withdraw(
    name: Name, request: Request, program: TheProgram, session: Admin
) -> Response:
    """Let a witness confirm no more."""
    try:
        await program.collections.withdraw_witness(name, actor=session.user_id)
    except ServerError as error:
        return await _page(request, program, error=error)
    return RedirectResponse(HERE, 303)


async def _page(
    request: Request,
    program: TheProgram,
    *,
    error: ServerError | None = None,
    invited: str = "",
    token: str = "",
) -> HTMLResponse:
    return page(
        request,
        program,
        "saksi.html",
        error.status if error else 200,
        witnesses=await program.collections.witnesses(),
        fault=FAULTS.get(error.code, FORM_FAULT) if error else "",
        invited=invited,
        link=f"{str(request.base_url).rstrip('/')}/pin/{token}" if token else "",
    )
