"""The collector's pages: the boxes, one box in plain words, and the count at its lid.

Collectors count blind: nothing here tells what a sensor expects.
"""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from jimpitan_server.adapters.database.box_reading import box_row, box_rows_all
from jimpitan_server.domain.cash import DENOMINATIONS, CashCount
from jimpitan_server.domain.container import Tier
from jimpitan_server.domain.errors import Malformed, NotFound, ServerError
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.box_status import BoxStatus, status_of, status_of_can
from jimpitan_server.entrypoints.http.day_door import day_told
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.entrypoints.http.phone_page_door import sentences_in
from jimpitan_server.entrypoints.http.sticker_door import TEXT_LENGTH_MAX
from jimpitan_server.services.close_collection import Counted

router = APIRouter(prefix="/kolektor", tags=["collector"], default_response_class=HTMLResponse)
Collecting = Annotated[Session, Depends(require(Role.COLLECTOR, Role.ADMIN))]
BOXES_SHOWN = 5_000
# A page of these opens on a slow network too; what is not among them is found by its code.
BOXES_LISTED = 200
WORD_LENGTH_MAX = 64
SEAL_FAULT = "Ketik nomor segel yang ditemukan di kotak, atau centang bila tidak ada."


@router.get("")
async def get_boxes(
    request: Request,
    program: TheProgram,
    session: Collecting,
    kotak: str = "",
    *,
    saya: bool = False,
) -> HTMLResponse:
    """Open the page that works offline; its forms for a search, and with `saya` one's figures.

    What is listed here is what phones without scripts see, and others until their script runs.
    """
    async with program.database.read() as connection:
        rows = await box_rows_all(connection, limit=BOXES_SHOWN)
    now, stale = program.clock.now(), timedelta(seconds=program.settings.stale_after_s)
    wanted = kotak.strip().lower()
    boxes = [status_of(row, now=now, stale_after=stale) for row in rows if wanted in row["box_id"]]
    containers = await program.visits.containers()
    boxes += [status_of_can(c) for c in containers if c.tier is Tier.CAN and wanted in c.box]
    figures = await program.cases.figures_of_collector(session.user_id) if saya else None
    is_app = not (wanted or saya)
    return page(
        request,
        program,
        "kolektor_aplikasi.html" if is_app else "kolektor.html",
        day=await day_told(request, program, session) if is_app else None,
        sentences=sentences_in(words.language_of(request)),
        is_listed=True,
        boxes=sorted(boxes, key=lambda one: one.box)[:BOXES_LISTED],
        wanted=wanted,
        own_figures=figures,
        route=await program.visits.route(session.user_id),
        site_by_box={one.box: one.site for one in containers},
        today=program.visits.today,
    )


@router.get("/{box}")
async def get_box(box: str, request: Request, program: TheProgram, _: Collecting) -> HTMLResponse:
    """Show how a box is, and the form for its count."""
    return await _form(box, request, program)


async def _form(
    box: str,
    request: Request,
    program: TheProgram,
    *,
    fault: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    """Show the form; after a fault with what was typed and under the same id."""
    typed = typed or {}
    return page(
        request,
        program,
        "kolektor_kotak.html",
        status,
        box=await _status(box, program),
        denominations=sorted(DENOMINATIONS, reverse=True),
        collection_id=typed.get("collection_id") or str(uuid.uuid4()),
        scan_id=str(uuid.uuid4()),
        lid_at=typed.get("lid_at") or program.clock.now().isoformat(timespec="seconds"),
        typed=typed,
        fault=fault,
        names=await program.collections.names_offered(),
    )


async def _status(box: str, program: TheProgram) -> BoxStatus:
    """Return how a box is, or that it is a plain can."""
    known = await program.visits.container(BoxId(box)) if is_box_id(box) else None
    if known is None:
        raise NotFound("Kotak ini tidak dikenal; periksa kode di stiker.", code="box_unknown")
    async with program.database.read() as connection:
        row = await box_row(connection, known.box)
    if row is None:
        return status_of_can(known)
    stale = timedelta(seconds=program.settings.stale_after_s)
    return replace(status_of(row, now=program.clock.now(), stale_after=stale), site=known.site)


@router.post("/{box}/kunjungan")
async def post_visit(
    box: str, request: Request, program: TheProgram, session: Collecting
) -> HTMLResponse:
    """Tell the box that this collector opens it now; it answers with light and record."""
    if not is_box_id(box):
        raise NotFound("Kotak ini tidak dikenal; periksa kode di stiker.", code="box_unknown")
    visit = await program.open_collection(BoxId(box), actor=session.user_id)
    return page(request, program, "kolektor_kunjungan.html", box=box, expires_at=visit.expires_at)


@router.post("/{box}/stiker")
async def post_sticker(
    box: str, request: Request, program: TheProgram, session: Collecting
) -> HTMLResponse:
    """Keep what the collector's phone read on the sticker, and say whether it is ours."""
    if not is_box_id(box):
        raise NotFound("Kotak ini tidak dikenal; periksa kode di stiker.", code="box_unknown")
    form = await form_fields(request)
    try:
        scan_id = str(uuid.UUID(form.get("scan_id", "")))
        if len(form.get("isi", "")) > TEXT_LENGTH_MAX:
            raise ValueError
    except ValueError:
        fault = "Formulir ini rusak; muat ulang halaman."
        return await _form(box, request, program, fault=fault, status=422)
    scanned = await program.stickers.scan(
        BoxId(box),
        scan_id=scan_id,
        text=form.get("isi", ""),
        actor=session.user_id,
        scanned_at=None,
    )
    return page(request, program, "kolektor_stiker.html", box=box, scanned=scanned)


@router.post("/{box}/hitung")
async def post_count(
    box: str, request: Request, program: TheProgram, session: Collecting
) -> HTMLResponse:
    """Keep the count; sending it twice changes nothing."""
    form = await request.form()
    fields = {name: str(value).strip() for name, value in form.items()}
    try:
        counted = _counted(box, fields, session)
        await _ask_for_seal(counted, program)
        receipt, state = await program.collections.close(counted, pin=fields.get("pin"))
    except ServerError as error:
        return await _form(
            box, request, program, fault=error.sentence, status=error.status, typed=fields
        )
    return page(
        request,
        program,
        "kolektor_terima.html",
        box=box,
        receipt=receipt,
        counted=counted,
        state=state,
        witness_demanded=program.settings.witness_demanded,
        names=await program.collections.names_offered(),
    )


@router.post("/{box}/saksi")
async def post_witness(
    box: str, request: Request, program: TheProgram, session: Collecting
) -> HTMLResponse:
    """Let the second person try once more; the count is kept already."""
    fields = await form_fields(request)
    try:
        collection_id = str(uuid.UUID(fields.get("collection_id", "")))
    except ValueError:
        raise Malformed("Formulir ini rusak; muat ulang halaman.") from None
    witness = fields.get("saksi", "").lower()
    state = await program.collections.confirm(
        collection_id, name=witness, pin=fields.get("pin", ""), actor=session.user_id
    )
    return page(
        request,
        program,
        "kolektor_saksi.html",
        box=box if is_box_id(box) else "",
        collection_id=collection_id,
        witness=witness,
        state=state,
        names=await program.collections.names_offered(),
    )


async def _ask_for_seal(counted: Counted, program: TheProgram) -> None:
    """Refuse a form that says nothing of the seal where one was put on: blank hides a theft."""
    if counted.seal_found is None and await program.collections.is_sealed(
        counted.box, but=counted.collection_id
    ):
        raise Malformed(SEAL_FAULT)


def _seal_found(fields: dict[str, str]) -> str | None:
    """Return the seal that was on the box: empty where none was, None where nobody said."""
    if fields.get("tanpa-segel"):
        return ""
    return fields.get("segel-lama", "")[:WORD_LENGTH_MAX] or None


def _counted(box: str, fields: dict[str, str], session: Session) -> Counted:
    pieces: dict[int, int] = {}
    for denomination in DENOMINATIONS:
        text = fields.get(f"pecahan-{denomination}", "") or "0"
        if not (text.isascii() and text.isdecimal()) or len(text) > 6:
            raise Malformed(f"Jumlah keping Rp {denomination} harus angka.")
        if int(text):
            pieces[denomination] = int(text)
    if not all(value.isprintable() for value in fields.values()):
        raise Malformed("Isian memuat tanda yang tidak dapat dibaca.")
    if fields.get("saksi", "") == "":
        raise Malformed("Isi nama saksi yang ikut menghitung.")
    try:
        lid_at = datetime.fromisoformat(fields.get("lid_at", ""))
        collection_id = str(uuid.UUID(fields.get("collection_id", "")))
    except ValueError:
        raise Malformed("Formulir ini rusak; muat ulang halaman.") from None
    if not is_box_id(box) or lid_at.tzinfo is None:
        raise Malformed("Formulir ini rusak; muat ulang halaman.")
    return Counted(
        collection_id=collection_id,
        box=BoxId(box),
        collector=session.user_id,
        lid_at=lid_at,
        count=CashCount.of(pieces),
        seal=fields.get("segel", "")[:WORD_LENGTH_MAX] or None,
        witness=fields.get("saksi", "")[:WORD_LENGTH_MAX],
        seal_found=_seal_found(fields),
        bag=fields.get("kantong", "")[:WORD_LENGTH_MAX] or None,
    )
