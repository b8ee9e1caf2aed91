"""The pages of alerts: what one was told, how and where one wishes to be told; without scripts."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jimpitan_server.adapters.alert_people_desk import AlertPeopleDesk
from jimpitan_server.adapters.database.alert_people import Told
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.alert_message import Answer, Channel, Outcome
from jimpitan_server.domain.alert_text import next_said, path_of, said
from jimpitan_server.domain.alert_wishes import Digest, Wishes
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.errors import Malformed, NotFound, ServerError
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.alerting import alert_desk
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.pages import BUILT, assets, clock_time, page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require

HERE = "/admin/peringatan"
WORKER = "peringatan_worker.js"
router = APIRouter(prefix=HERE, tags=["admin"], default_response_class=HTMLResponse)
# An auditor is told, and takes nothing on.
Acting = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER))]
NumberPath = Annotated[int, Path(ge=1, le=2**53)]
TIME = re.compile(r"([01][0-9]|2[0-3])[:.]([0-5][0-9])")
FAULTS = {
    "alert_wishes": "Isi semua waktu, misalnya 21:00.",
    "alert_address": "Alamat ini tidak cocok untuk jalan yang dipilih.",
    "alert_channel": "Jalan ini belum disiapkan di server ini.",
    "alert_addresses_many": "Paling banyak 10 alamat; hapus dahulu satu.",
}
DONE = {"simpan": "Tersimpan.", "tambah": "Alamat ditambahkan.", "hapus": "Alamat dihapus."}
TRIED = {
    Outcome.SENT: "Pesan percobaan sudah dikirim. Lihat apakah ia datang.",
    Outcome.GONE: "Alamat ini tidak ada lagi, dan sudah dihapus.",
    Outcome.REFUSED: "Pesan percobaan ditolak.",
    Outcome.LATER: "Pesan percobaan belum dapat dikirim.",
}


def people_desk(program: Program) -> AlertPeopleDesk:
    """Return the desk of what people do about alerts."""
    return AlertPeopleDesk(program.database, program.clock, program.master, alert_desk(program))


@router.get("")
async def get_alerts(request: Request, program: TheProgram, session: Looking) -> HTMLResponse:
    """Show the alerts of which one was told; to an admin also what never arrived."""
    desk = people_desk(program)
    told = await desk.told(session.user_id)
    say, zone = words.translator(words.language_of(request)), program.settings.timezone

    def shown(one: Told) -> dict[str, object]:
        about = one.alert.condition
        return {
            "told": one,
            "what": said(about, say, lambda at: clock_time(at, zone)),
            "next": next_said(about, say),
            "path": path_of(about),
        }

    return page(
        request,
        program,
        "peringatan.html",
        here=HERE,
        open_alerts=[shown(one) for one in told if one.alert.closed_at is None],
        closed_alerts=[shown(one) for one in told if one.alert.closed_at is not None],
        dead=await desk.dead() if session.role is Role.ADMIN else [],
        has_address=bool(await desk.addresses(session.user_id)),
        may_act=session.role in {Role.ADMIN, Role.TREASURER},
    )


@router.post("/{number}/tahu")
async def post_acknowledged(number: NumberPath, program: TheProgram, session: Acting) -> Response:
    """Note that one takes care of an alert."""
    await people_desk(program).acknowledge(number, actor=session.user_id)
    return RedirectResponse(f"{HERE}#p{number}", 303)


@router.get("/atur")
async def get_wishes(request: Request, program: TheProgram, session: Looking) -> HTMLResponse:
    """Show how and where one is told."""
    done = DONE.get(request.query_params.get("sudah", ""), "")
    return await _settings(request, program, session, done=done)


@router.post("/atur")
async def post_wishes(request: Request, program: TheProgram, session: Looking) -> Response:
    """Keep how one wishes to be told."""
    form = await form_fields(request)
    try:
        await people_desk(program).wish(session.user_id, _wishes_in(form))
    except ServerError as error:
        return await _settings(request, program, session, error=error)
    return RedirectResponse(f"{HERE}/atur?sudah=simpan", 303)


@router.post("/alamat")
async def post_address(request: Request, program: TheProgram, session: Looking) -> Response:
    """Keep one more address."""
    form = await form_fields(request)
    try:
        channel = _channel_of(form.get("kanal", ""))
        await people_desk(program).add_address(session.user_id, channel, form.get("alamat", ""))
    except ServerError as error:
        return await _settings(request, program, session, error=error)
    return RedirectResponse(f"{HERE}/atur?sudah=tambah", 303)


@router.post("/alamat/{address_id}/hapus")
async def post_removed(address_id: UUID, program: TheProgram, session: Looking) -> Response:
    """Be reached there no more."""
    await people_desk(program).withdraw_address(session.user_id, str(address_id))
    return RedirectResponse(f"{HERE}/atur?sudah=hapus", 303)


@router.post("/alamat/{address_id}/coba")
async def post_trial(
    address_id: UUID, request: Request, program: TheProgram, session: Looking
) -> HTMLResponse:
    """Send a text that only shows that it arrives."""
    answer = await people_desk(program).trial(session.user_id, str(address_id))
    return await _settings(request, program, session, tried=answer)


@router.get("/sw.js", response_class=Response)
async def get_worker() -> Response:
    """Return what shows a notification in the browser; it holds nothing of a person."""
    name = assets().get(WORKER)
    if name is None:
        raise NotFound("The web assets are not built.")
    content = (BUILT / name).read_text(encoding="utf-8")
    headers = {"Cache-Control": "no-cache"}
    return Response(content, media_type="text/javascript", headers=headers)


async def _settings(
    request: Request,
    program: Program,
    session: Session,
    *,
    error: ServerError | None = None,
    tried: Answer | None = None,
    done: str = "",
) -> HTMLResponse:
    desk = people_desk(program)
    return page(
        request,
        program,
        "peringatan_atur.html",
        error.status if error else 200,
        here=HERE,
        fault=FAULTS.get(error.code, "Formulir ini tidak lengkap.") if error else "",
        done=TRIED[tried.outcome] if tried else done,
        is_good=tried is None or tried.outcome is Outcome.SENT,
        why=tried.why if tried else None,
        wishes=await desk.wishes(session.user_id),
        addresses=await desk.addresses(session.user_id),
        offered=desk.alerts.channels.offered(),
        push_key=await desk.alerts.push_public(),
        times=lambda minute: f"{minute // 60:02d}:{minute % 60:02d}",
    )


def _wishes_in(form: dict[str, str]) -> Wishes:
    try:
        return Wishes(
            severity_min=Severity(form.get("tingkat", "")),
            quiet_from=_minute(form.get("tenang_dari", "")),
            quiet_until=_minute(form.get("tenang_sampai", "")),
            critical_breaks="terobos" in form,
            digest=Digest(form.get("ringkasan", "")),
            digest_at=_minute(form.get("jam_ringkasan", "")),
            language=form.get("bahasa_pesan", ""),
        )
    except ValueError:
        raise Malformed("The form is not complete.", code="alert_wishes") from None


def _minute(text: str) -> int:
    found = TIME.fullmatch(text)
    if found is None:
        raise Malformed("A time of day is written 21:00.", code="alert_wishes")
    return int(found[1]) * 60 + int(found[2])


def _channel_of(text: str) -> Channel:
    try:
        return Channel(text)
    except ValueError:
        raise Malformed("There is no such channel.", code="alert_address") from None
