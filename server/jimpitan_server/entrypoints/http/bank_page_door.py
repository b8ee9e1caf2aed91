"""The admin's page of the banks: who may notify payments, with which keys, and our answers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.bank_desk import BankDesk
from jimpitan_server.adapters.bank_profiles import profile_named, ready_made
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.partner import (
    DEFAULT_TOKEN_PATH,
    Account,
    BankPartner,
    KeyPurpose,
)
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.import_door import closed_after
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.bank_partner import NewKey

HERE = "/admin/bank"
router = APIRouter(
    prefix=HERE,
    tags=["admin"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(closed_after)],
)
Leading = Annotated[Session, Depends(require(Role.ADMIN))]
PartnerPath = Annotated[str, Path(max_length=64)]
KeyPath = Annotated[int, Path(ge=1, le=2**53)]
FIELD_LENGTH_MAX = 20_000
REASON_LENGTH_MIN, REASON_LENGTH_MAX = 3, 500
FORM_FAULT = "Isian ini belum benar: periksa kunci, jalur, dan nama, lalu coba lagi."
# What is said on the page for each error code, in the language of the templates.
FAULTS = {
    "partner_exists": "Mitra dengan nama ini sudah ada.",
    "account_differs": "Rekening ini sudah tercatat dengan cara settlement yang lain.",
    "key_missing": "Profil ini butuh kunci publik untuk permintaan token juga.",
    "key_unknown": "Kunci ini tidak ada atau sudah dicabut.",
    "keys_many": "Mitra ini sudah punya terlalu banyak kunci.",
    "partner_unknown": "Mitra ini tidak dikenal atau sudah dicabut.",
}


@router.get("")
async def get_banks(request: Request, program: TheProgram, _: Leading) -> HTMLResponse:
    """Show the partners, their keys, and what they were answered."""
    return await _page(request, program)


@router.post("")
async def post_bank(request: Request, program: TheProgram, session: Leading) -> Response:
    """Make a partner known as the form says."""
    form = await _form(request)

    async def add(desk: BankDesk) -> None:
        profile = profile_named(form.get("profil", ""))
        partner = BankPartner(
            partner_id=form.get("mitra", ""),
            account=form.get("rekening", ""),
            profile=profile,
            path=form.get("jalur") or profile.path,
            url=form.get("alamat") or None,
            client_key=form.get("klien") or None,
            token_path=form.get("jalur_token") or DEFAULT_TOKEN_PATH,
            window=profile.window,
            merchant_ids=tuple(form.get("merchant", "").replace(",", " ").split()),
        )
        account = Account(account_id=partner.account, settlement=_settlement(form))
        keys = [NewKey(purpose=KeyPurpose.NOTIFICATION, text=form.get("kunci", ""))]
        if form.get("kunci_token"):
            keys.append(NewKey(purpose=KeyPurpose.TOKEN, text=form["kunci_token"]))
        await desk.add_partner(partner, account, keys, actor=session.user_id)

    return await _done(request, program, add)


@router.post("/{partner}/kunci")
async def post_key(
    partner: PartnerPath, request: Request, program: TheProgram, session: Leading
) -> Response:
    """Give a partner one more key, beside those it has."""
    form, zone = await _form(request), ZoneInfo(program.settings.timezone)

    async def add(desk: BankDesk) -> None:
        key = NewKey(
            purpose=_purpose(form),
            text=form.get("kunci", ""),
            valid_from=_moment(form.get("mulai", ""), zone),
            valid_until=_moment(form.get("sampai", ""), zone),
        )
        await desk.add_key(partner, key, actor=session.user_id)

    return await _done(request, program, add)


@router.post("/{partner}/kunci/{key}/cabut")
async def post_key_revocation(
    partner: PartnerPath, key: KeyPath, request: Request, program: TheProgram, session: Leading
) -> Response:
    """Let a key count no longer."""
    return await _done(
        request, program, lambda desk: desk.revoke_key(partner, key, actor=session.user_id)
    )


@router.post("/{partner}/cabut")
async def post_revocation(
    partner: PartnerPath, request: Request, program: TheProgram, session: Leading
) -> Response:
    """Believe a partner no longer."""
    reason = (await _form(request)).get("alasan", "")

    async def revoke(desk: BankDesk) -> None:
        if not REASON_LENGTH_MIN <= len(reason) <= REASON_LENGTH_MAX or not reason.isprintable():
            raise Malformed(FORM_FAULT)
        await desk.revoke_partner(partner, actor=session.user_id, reason=reason)

    return await _done(request, program, revoke)


async def _form(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: str(value).strip()[:FIELD_LENGTH_MAX] for name, value in form.items()}


def _settlement(form: dict[str, str]) -> Settlement:
    try:
        return Settlement(form.get("settlement", ""))
    except ValueError:
        raise Malformed(FORM_FAULT) from None


def _purpose(form: dict[str, str]) -> KeyPurpose:
    try:
        return KeyPurpose(form.get("guna", ""))
    except ValueError:
        raise Malformed(FORM_FAULT) from None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that a browser's field names, in the zone of the programme."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        raise Malformed(FORM_FAULT) from None


async def _done(
    request: Request, program: TheProgram, work: Callable[[BankDesk], Awaitable[object]]
) -> Response:
    """Do it and show the page anew, or show it with what is wrong."""
    try:
        await work(program.bank)
    except ServerError as error:
        fault = FAULTS.get(error.code, FORM_FAULT)
        return await _page(request, program, fault=fault, status=error.status)
    return RedirectResponse(HERE, 303)


async def _page(
    request: Request, program: TheProgram, *, fault: str = "", status: int = 200
) -> HTMLResponse:
    refusals, strangers = await program.bank.refusals()
    return page(
        request,
        program,
        "bank.html",
        status,
        here=HERE,
        fault=fault,
        partners=await program.bank.partners(),
        profiles=list(ready_made().values()),
        settlements=list(Settlement),
        refusals=refusals,
        strangers=strangers,
        base=str(request.base_url).rstrip("/"),
        now=program.clock.now(),
    )
