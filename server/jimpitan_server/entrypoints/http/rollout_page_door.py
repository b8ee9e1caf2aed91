"""The admin's page of the firmware: releases, the start of a rollout, and how far it is."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from jimpitan_server.adapters.release_file import FILE_LENGTH_MAX
from jimpitan_server.adapters.rollout_desk import RolloutDesk
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.rollout import RolloutState
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.box_door import NumberPath
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.import_door import closed_after
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require

HERE = "/admin/pembaruan"
router = APIRouter(
    prefix=HERE,
    tags=["admin"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(closed_after)],
)
Leading = Annotated[Session, Depends(require(Role.ADMIN))]
REASON_LENGTH_MAX = 1000
FORM_FAULT = "Isi formulir ini belum lengkap atau bukan angka."
NO_FILE = "Pilih berkas dahulu."
# What is said on the page for each error code, in the language of the templates.
FAULTS = {
    "publisher_unknown": "Server ini belum mengenal penerbit: isi JIMPITAN_PUBLISHER_KEY, lalu"
    " jalankan ulang.",
    "release_unsound": "Ini bukan berkas rilis, berkasnya rusak, atau tanda tangannya tidak sah."
    " Tidak ada yang disimpan.",
    "too_large": "Berkas ini lebih besar daripada rilis mana pun.",
    "release_unknown": "Rilis ini tidak dikenal.",
    "rollout_open": "Masih ada peluncuran yang belum diakhiri. Akhiri dahulu.",
    "stage_empty": "Ada tahap yang tidak punya kotak. Beri tag pada kotaknya dahulu.",
    "stages": "Tahap adalah tag, masing-masing sekali, paling banyak 8; * berarti semua kotak.",
    "rollout_not_halted": "Peluncuran ini tidak sedang berhenti.",
    "rollout_unknown": "Peluncuran ini sudah diakhiri.",
}


@router.get("")
async def get_rollouts(
    request: Request,
    program: TheProgram,
    _: Looking,
    number: Annotated[int | None, Query(alias="nomor", ge=1, le=2**53)] = None,
) -> HTMLResponse:
    """Show the releases, the rollouts, and how far one of them is."""
    return await _page(request, program, number=number)


@router.post("/rilis")
async def post_release(request: Request, program: TheProgram, session: Leading) -> Response:
    """Take in a release file."""
    upload = (await request.form()).get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return await _page(request, program, fault=NO_FILE, status=422)
    content = await upload.read(FILE_LENGTH_MAX + 1)
    return await _done(
        request, program, lambda desk: desk.add_release(content, actor=session.user_id)
    )


@router.post("")
async def post_rollout(request: Request, program: TheProgram, session: Leading) -> Response:
    """Begin a rollout as the form says."""
    form = await form_fields(request)
    stages = form.get("tahap", "").lower().replace(",", " ").split()

    async def start(desk: RolloutDesk) -> object:
        return await desk.start(
            release=form.get("rilis", ""),
            stages=stages,
            failures_max=_whole(form.get("gagal", "")),
            advance_permille=10 * _whole(form.get("persen", "")),
            actor=session.user_id,
        )

    return await _done(request, program, start)


@router.post("/{number}/lanjut")
async def post_resume(
    number: NumberPath, request: Request, program: TheProgram, session: Leading
) -> Response:
    """Let a halted rollout go on."""
    reason = await _reason(request)

    async def resume(desk: RolloutDesk) -> None:
        await desk.resume(number, actor=session.user_id, reason=_said(reason))

    return await _done(request, program, resume)


@router.post("/{number}/akhiri")
async def post_end(
    number: NumberPath, request: Request, program: TheProgram, session: Leading
) -> Response:
    """Order nothing more."""
    reason = await _reason(request)

    async def end(desk: RolloutDesk) -> None:
        await desk.end(number, actor=session.user_id, reason=_said(reason))

    return await _done(request, program, end)


async def _reason(request: Request) -> str:
    return str((await request.form()).get("alasan", "")).strip()[:REASON_LENGTH_MAX]


def _said(reason: str) -> str:
    if len(reason) < 3 or not reason.isprintable():
        raise Malformed(FORM_FAULT)
    return reason


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 6:
        raise Malformed(FORM_FAULT)
    return int(text)


async def _done(
    request: Request, program: TheProgram, work: Callable[[RolloutDesk], Awaitable[object]]
) -> Response:
    """Do it and show the page anew, or show it with what is wrong."""
    try:
        await work(program.rollouts)
    except ServerError as error:
        fault = FAULTS.get(error.code, FORM_FAULT)
        return await _page(request, program, fault=fault, status=error.status)
    return RedirectResponse(HERE, 303)


async def _page(
    request: Request,
    program: TheProgram,
    *,
    number: int | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    desk = program.rollouts
    rollouts = await desk.summaries()
    if number is None and rollouts:
        number = rollouts[0].rollout.number
    return page(
        request,
        program,
        "pembaruan.html",
        status,
        here=HERE,
        fault=fault,
        releases=await desk.releases(),
        rollouts=rollouts,
        is_open=any(one.rollout.state is not RolloutState.ENDED for one in rollouts),
        progress=None if number is None else await desk.progress(number),
        tags=await program.configurations.tags_in_use(),
        has_publisher=desk.publisher_key is not None,
    )
