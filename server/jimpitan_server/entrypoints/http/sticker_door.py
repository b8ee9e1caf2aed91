"""The doors for stickers: scans from a script or phone, the public check, the admin's page."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.sticker import Verdict
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.box_door import BoxPath
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import check_origin

router = APIRouter(tags=["stickers"])
Scanning = Annotated[Session, Depends(allow(Role.COLLECTOR, Role.ADMIN))]
# More than a code can hold, and little enough to keep a door open to strangers.
TEXT_LENGTH_MAX = 2_000
FORM_BYTES_MAX = 16 * 1024
BOX_FAULT = "Isi kode kotak seperti pada stiker: huruf kecil, angka dan tanda hubung."
TEXT_FAULT = "Isi teks kode QRIS, paling banyak 2.000 huruf."


class ScanIn(BaseModel):
    """What a phone read on a box; the id was made on the phone before anything was sent."""

    model_config = ConfigDict(extra="forbid")

    scan_id: UUID
    payload: Annotated[str, Field(max_length=TEXT_LENGTH_MAX)]
    scanned_at: AwareDatetime | None = None


@router.post("/api/v1/boxes/{box}/scans")
async def post_scan(
    box: BoxPath, scan: ScanIn, program: TheProgram, session: Scanning
) -> JSONResponse:
    """Keep a scan; 201 the first time, 200 when the same one comes again."""
    scanned = await program.stickers.scan(
        BoxId(box),
        scan_id=str(scan.scan_id),
        text=scan.payload,
        actor=session.user_id,
        scanned_at=scan.scanned_at,
    )
    answer = {
        "scan_id": str(scan.scan_id),
        "verdict": scanned.verdict,
        "differences": {
            name: {"registered": ours, "found": found}
            for name, (ours, found) in scanned.differences.items()
        },
        "is_new": scanned.is_new,
    }
    return JSONResponse(answer, 201 if scanned.is_new else 200)


@router.get("/cek", response_class=HTMLResponse)
async def get_check(
    request: Request,
    program: TheProgram,
    box: Annotated[str, Query(alias="kotak", max_length=32)] = "",
) -> HTMLResponse:
    """Show the form with which anybody may check the code on a box."""
    return _check_page(request, program, box=box if is_box_id(box) else "")


@router.post("/cek", response_class=HTMLResponse, max_body_size=FORM_BYTES_MAX)
async def post_check(request: Request, program: TheProgram) -> HTMLResponse:
    """Say in plain words whether a code is the one registered for a box."""
    check_origin(request)
    form = await request.form(max_files=0, max_fields=10)
    box = str(form.get("kotak", "")).strip().lower()
    text = str(form.get("isi", "")).strip()
    if not is_box_id(box):
        return _check_page(request, program, fault=BOX_FAULT, status=422)
    if not text or len(text) > TEXT_LENGTH_MAX:
        return _check_page(request, program, box=box, fault=TEXT_FAULT, status=422)
    verdict = await program.stickers.check(BoxId(box), text)
    return _check_page(request, program, box=box, verdict=verdict)


def _check_page(
    request: Request,
    program: TheProgram,
    *,
    box: str = "",
    verdict: Verdict | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    return page(request, program, "cek.html", status, box=box, verdict=verdict, fault=fault)


@router.get("/admin/stiker", response_class=HTMLResponse)
async def get_stickers(request: Request, program: TheProgram, _: Looking) -> HTMLResponse:
    """Show whose scan is overdue, what is printed on each box, and what was scanned."""
    view = await program.stickers.view()
    return page(
        request,
        program,
        "stiker.html",
        view=view,
        patience_days=program.stickers.patience // timedelta(days=1),
        printed=[(code, parse(code.payload)) for code in view.codes],
    )
