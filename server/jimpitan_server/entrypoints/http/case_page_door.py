"""The pages of the cases: a work list, one case, figures; all of them work without scripts."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.database.user_store import people_of_role
from jimpitan_server.domain.case_action import ACTING, EVENTS_MAX, needs_approval
from jimpitan_server.domain.configuration import ConfigurationFinding
from jimpitan_server.domain.discrepancy import RecordFinding, TamperFinding
from jimpitan_server.domain.errors import Conflict, Malformed, ServerError
from jimpitan_server.domain.money_discrepancies import BankFinding, LedgerFinding, MoneyFinding
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.domain.rollout import RolloutFinding
from jimpitan_server.domain.statement_gaps import StatementFinding
from jimpitan_server.domain.sticker import StickerFinding
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.case_door import CURSOR_PATTERN, cursor_of, person_of
from jimpitan_server.entrypoints.http.case_form import (
    ORDER_WORDS,
    STATE_WORDS,
    action_of,
    address_of,
    chosen_of,
    filter_of,
    order_of,
)
from jimpitan_server.entrypoints.http.case_words import changes_shown, evidence_shown
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.act_on_case import Refusal

HERE = "/admin/temuan"
router = APIRouter(prefix=HERE, tags=["admin"], default_response_class=HTMLResponse)
# An auditor comments; which role may do what else is decided with the case.
Looking = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
NumberPath = Annotated[int, Path(ge=1, le=2**53)]
BOXES_SHOWN = 500
KINDS = [
    str(kind.value)
    for kinds in (
        MoneyFinding,
        BankFinding,
        LedgerFinding,
        StatementFinding,
        StickerFinding,
        TamperFinding,
        RecordFinding,
        ConfigurationFinding,
        RolloutFinding,
    )
    for kind in kinds
]
COLLECTORS_SHOWN = 500
FORM_FAULT = "Isi semua kolom; alasan terdiri dari 3 sampai 1000 huruf."
FAULTS = {
    "not_allowed": "Auditor membaca dan memberi komentar; bendahara atau admin yang bertindak.",
    "own_proposal": "Yang mengusulkan tidak boleh menyetujui: minta bendahara atau admin lain.",
    "case_changed": "Kasus ini berubah sejak Anda membukanya. Lihat dahulu, lalu ulangi.",
    "case_resolved": "Kasus ini sudah selesai; buka kembali dahulu.",
    "case_waiting": "Sudah ada usul penyelesaian; setujui atau buka kembali dahulu.",
    "case_not_waiting": "Tidak ada usul yang menunggu persetujuan.",
    "case_open": "Kasus ini terbuka.",
    "due_unsound": "Batas waktu harus di masa depan, paling lama satu tahun.",
    "owner_unknown": "Pemilik harus bendahara atau admin.",
    "events_many": "Catatan kasus ini sudah penuh.",
    "needs_approval": "Perlu persetujuan orang kedua; selesaikan satu per satu.",
    "discrepancy_unknown": "Kasus ini tidak ada.",
    "too_large": "Paling banyak 200 kasus sekaligus.",
    "bulk_refused": "Tidak ada yang diubah karena sebagian kasus tidak bisa:",
    "none_chosen": "Pilih dahulu kasusnya.",
}


@router.get("")
async def get_findings(request: Request, program: TheProgram, session: Looking) -> HTMLResponse:
    """List the cases that are wanted, what is due first first."""
    return await _list(request, program, session)


@router.post("/massal")
async def post_bulk(request: Request, program: TheProgram, session: Looking) -> Response:
    """Do one thing about all chosen cases, or about none."""
    content = await request.form()
    form = {name: str(value) for name, value in content.items()}
    numbers = [str(value) for value in content.getlist("nomor")]
    if not numbers:
        return await _list(request, program, session, fault="none_chosen", status=422)
    if not all(re.fullmatch(r"[0-9]{1,15}", number) for number in numbers):
        return await _list(request, program, session, fault="malformed", status=422)
    try:
        action = action_of(form, program.settings.timezone)
        done = await program.cases.act_on_many(
            [int(number) for number in numbers], action, by=person_of(session)
        )
    except ServerError as error:
        return await _list(request, program, session, fault=error.code, status=error.status)
    if done.refusals:
        return await _list(
            request,
            program,
            session,
            fault="bulk_refused",
            refusals=done.refusals,
            status=Conflict.status,
        )
    return RedirectResponse(address_of(HERE, chosen_of(request.query_params)), 303)


async def _list(
    request: Request,
    program: TheProgram,
    session: Session,
    *,
    fault: str = "",
    refusals: tuple[Refusal, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    chosen, cursor = chosen_of(request.query_params), request.query_params.get("setelah", "")
    after = cursor_of(cursor) if re.fullmatch(CURSOR_PATTERN, cursor) else None
    found = await program.cases.page(
        filter_of(chosen, me=session.user_id), order=order_of(chosen), after=after
    )
    more = found.next_cursor
    return page(
        request,
        program,
        "temuan.html",
        status,
        here=HERE,
        found=found,
        chosen=chosen,
        kinds=KINDS,
        state_words=list(STATE_WORDS),
        order_words=list(ORDER_WORDS),
        owners=await program.cases.owners(),
        may_act=session.role in ACTING,
        codes=list(ResolutionCode),
        fault=FAULTS.get(fault, FORM_FAULT) if fault else "",
        refusals=[(one.number, FAULTS.get(one.code, one.sentence)) for one in refusals],
        begins=cursor if after else "",
        next_page=None if more is None else address_of(HERE, chosen, setelah=more),
        bulk_address=address_of(f"{HERE}/massal", chosen),
    )


@router.get("/statistik")
async def get_figures(
    request: Request, program: TheProgram, session: Looking, kolektor: str = ""
) -> HTMLResponse:
    """Show figures by age, box and institution; an admin may ask for those of one collector."""
    people: dict[str, str] = {}
    own = None
    if session.role is Role.ADMIN:
        async with program.database.read() as connection:
            people = await people_of_role(connection, Role.COLLECTOR, limit=COLLECTORS_SHOWN)
        if kolektor in people:
            own = await program.cases.figures_of_collector(kolektor)
    found = await program.cases.figures()
    hosts = await program.cases.figures_by_host()
    return page(
        request,
        program,
        "temuan_statistik.html",
        here=HERE,
        found=found,
        boxes=list(found.by_box.items())[:BOXES_SHOWN],
        hosts=hosts[:BOXES_SHOWN],
        people=people,
        collector=kolektor,
        own_figures=own,
    )


@router.get("/{number}")
async def get_case(
    number: NumberPath, request: Request, program: TheProgram, session: Looking
) -> HTMLResponse:
    """Show one case: its evidence, what was done about it, and what can be done."""
    return await _case(number, request, program, session)


@router.post("/{number}")
async def post_action(
    number: NumberPath, request: Request, program: TheProgram, session: Looking
) -> Response:
    """Do what a form of the case's page asks for."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        action = action_of(form, program.settings.timezone)
        await program.cases.act(
            number, action, by=person_of(session), events_seen=_seen(form.get("terlihat", ""))
        )
    except ServerError as error:
        return await _case(
            number, request, program, session, fault=error.code, typed=form, status=error.status
        )
    return RedirectResponse(f"{HERE}/{number}", 303)


def _seen(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Malformed(FORM_FAULT)
    return int(text)


async def _case(
    number: int,
    request: Request,
    program: TheProgram,
    session: Session,
    *,
    fault: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    history = await program.cases.history(number)
    say, zone = words.translator(words.language_of(request)), program.settings.timezone
    ending = history.case.ending
    return page(
        request,
        program,
        "temuan_satu.html",
        status,
        here=HERE,
        history=history,
        one=history.view,
        evidence=list(evidence_shown(history.view.evidence, say, zone)),
        changes=[list(changes_shown(_changed(event.detail), say)) for event in history.events],
        owners=await program.cases.owners(),
        may_act=session.role in ACTING,
        may_approve=ending is not None and ending.by != session.user_id,
        needs_approval=needs_approval(history.case, program.cases.approval_above),
        approval_above=program.cases.approval_above,
        is_full=history.case.events >= EVENTS_MAX,
        codes=list(ResolutionCode),
        fault=FAULTS.get(fault, FORM_FAULT) if fault else "",
        typed=typed or {},
    )


def _changed(detail: object) -> dict[str, object]:
    changed = detail.get("changed") if isinstance(detail, dict) else None
    return changed if isinstance(changed, dict) else {}
