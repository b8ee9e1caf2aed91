"""The first run: a guide through what an office needs, and the forms that no other page has."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.setup_desk import SetupDesk
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import ServerError
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.domain.setup import Step
from jimpitan_server.domain.sticker import CodeMode
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.form import form_fault, form_fields, form_status
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.entrypoints.http.receipt_door import public_url

router = APIRouter(prefix="/admin/mulai", tags=["admin"], default_response_class=HTMLResponse)
Admin = Annotated[Session, Depends(require(Role.ADMIN))]
HERE = "/admin/mulai"
FORM_BYTES_MAX = 16 * 1024
ACCOUNT_FAULT = "Kode rekening terdiri dari 1 sampai 32 huruf kecil, angka, titik, _ atau -."
BOX_FAULT = "Isi kode kotak seperti di stikernya: huruf kecil, angka, tanda hubung."
GATEWAY_FAULT = "Nama gateway terdiri dari 1 sampai 32 huruf kecil, angka, titik, _ atau -."
CODE_FAULT = "Kode QRIS ini tidak dapat dibaca. Salin seluruh isinya."
FAULTS = {
    "account_differs": "Rekening itu sudah terdaftar dengan cara lain.",
    "box_unknown": "Kotak atau kaleng ini tidak dikenal.",
    "gateway_exists": "Gateway itu sudah terdaftar.",
    "qris_unsound": CODE_FAULT,
    "money_malformed": CODE_FAULT,
    "conflict": "Kode itu sudah terdaftar.",
}
OTHERWISE = {Step.ACCOUNT: ACCOUNT_FAULT, Step.CODE: BOX_FAULT, Step.GATEWAY: GATEWAY_FAULT}


@router.get("")
async def get_guide(request: Request, program: TheProgram, _: Admin) -> HTMLResponse:
    """Show the steps, which are done, and the form of the next."""
    return await _page(request, program)


@router.post("/rekening", max_body_size=FORM_BYTES_MAX)
async def post_account(request: Request, program: TheProgram, session: Admin) -> Response:
    """Make an account known."""
    form = await form_fields(request)
    try:
        await desk_of(program).add_account(
            form.get("rekening", "").lower(),
            settlement=Settlement(form.get("cara", "")),
            actor=session.user_id,
        )
    except (ServerError, ValueError) as error:
        return await _page(request, program, error=error, at=Step.ACCOUNT, typed=form)
    return RedirectResponse(HERE, 303)


@router.post("/kode", max_body_size=FORM_BYTES_MAX)
async def post_code(request: Request, program: TheProgram, session: Admin) -> Response:
    """Register the code that is printed on a box."""
    form = await form_fields(request)
    try:
        await program.money.register_code(
            box=form.get("kotak", "").lower(),
            payload=form.get("isi", ""),
            store_id=None,
            merchant_id=None,
            mode=CodeMode(form.get("jenis", "")),
            actor=session.user_id,
        )
    except (ServerError, ValueError) as error:
        return await _page(request, program, error=error, at=Step.CODE, typed=form)
    return RedirectResponse(HERE, 303)


@router.post("/kotak", max_body_size=FORM_BYTES_MAX)
async def post_box(request: Request, program: TheProgram, _: Admin) -> Response:
    """Make a single-use token with which the bench enrols one box; it is shown only now."""
    return await _page(request, program, token=await program.make_enrolment_token())


@router.post("/gateway", max_body_size=FORM_BYTES_MAX)
async def post_gateway(request: Request, program: TheProgram, _: Admin) -> Response:
    """Make a gateway known; its token is shown only now."""
    form = await form_fields(request)
    name = form.get("gateway", "").lower()
    try:
        token = await program.add_gateway(name)
    except ServerError as error:
        return await _page(request, program, error=error, at=Step.GATEWAY, typed=form)
    return await _page(request, program, gateway=name, gateway_token=token)


def desk_of(program: Program) -> SetupDesk:
    """Return the desk of the first run."""
    return SetupDesk(program.database, program.clock)


async def _page(
    request: Request,
    program: Program,
    *,
    error: Exception | None = None,
    at: Step = Step.ACCOUNT,
    typed: dict[str, str] | None = None,
    token: str = "",
    gateway: str = "",
    gateway_token: str = "",
) -> HTMLResponse:
    desk = desk_of(program)
    containers = await program.visits.containers()
    return page(
        request,
        program,
        "mulai.html",
        form_status(error),
        here=HERE,
        guide=await desk.guide(),
        standing=await desk.standing(),
        boxes=[one.box for one in containers],
        settlements=list(Settlement),
        modes=list(CodeMode),
        url=public_url(request, program),
        typed=typed or {},
        token=token,
        gateway=gateway,
        gateway_token=gateway_token,
        fault=form_fault(error, FAULTS, OTHERWISE[at]),
        fault_step=at,
    )
