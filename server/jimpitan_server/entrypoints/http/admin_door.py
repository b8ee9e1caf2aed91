"""The admin's pages: live totals, boxes and how they are."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from jimpitan_server.adapters.database.box_reading import box_rows_all
from jimpitan_server.adapters.setup_desk import SetupDesk
from jimpitan_server.domain.container import Tier
from jimpitan_server.domain.setup import guide_of
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.box_status import BoxStatus, status_of, status_of_can
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.entrypoints.http.table import Column
from jimpitan_server.entrypoints.http.table_page import table_page
from jimpitan_server.services.ports_cases import CaseFilter, Order

router = APIRouter(prefix="/admin", tags=["admin"], default_response_class=HTMLResponse)
Looking = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
BOXES_SHOWN = 5_000
STATES = ("act", "watch", "good")
STATE_NAMES = {"act": "perlu tindakan", "watch": "perhatikan", "good": "baik"}
TIERS = {Tier.SENSOR.value: "kotak sensor", Tier.CAN.value: "kaleng biasa"}


def _lid(box: BoxStatus) -> str | None:
    if box.is_lid_open is None:
        return None
    return "terbuka" if box.is_lid_open else "tertutup"


COLUMNS: tuple[Column[BoxStatus], ...] = (
    Column("kotak", "Kode kotak", lambda one: one.box),
    Column("lokasi", "Lokasi", lambda one: one.site or None),
    Column("wadah", "Jenis wadah", lambda one: TIERS[one.tier], is_word=True),
    Column(
        "keadaan",
        "Keadaan",
        lambda one: STATE_NAMES[one.state],
        is_word=True,
        rank=lambda one: STATES.index(one.state),
    ),
    Column("terlihat", "Terakhir terlihat", lambda one: one.last_seen_at),
    Column("baterai", "Baterai", lambda one: one.battery_mv, is_number=True),
    Column("tutup", "Tutup", _lid, is_word=True),
    Column("jurnal", "Jurnal", lambda one: one.journal_permille, is_number=True),
    Column("rantai", "Kepala rantai", lambda one: one.head_seq, is_number=True),
    Column("hilang", "Hilang", lambda one: one.gaps_open, is_number=True),
    Column("donasi", "Donasi (sensor)", lambda one: one.deposits, is_number=True),
)


async def _boxes(program: TheProgram) -> list[BoxStatus]:
    async with program.database.read() as connection:
        rows = await box_rows_all(connection, limit=BOXES_SHOWN)
    now, stale = program.clock.now(), timedelta(seconds=program.settings.stale_after_s)
    containers = await program.visits.containers()
    site_by_box = {one.box: one.site for one in containers}
    found = [
        replace(
            status_of(row, now=now, stale_after=stale), site=site_by_box.get(row["box_id"], "")
        )
        for row in rows
    ]
    found += [status_of_can(one) for one in containers if one.tier is Tier.CAN]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.box))


@router.get("", response_class=Response)
async def get_overview(request: Request, program: TheProgram, session: Looking) -> Response:
    """Show the live totals, and what needs a look first; an empty server leads to the guide."""
    standing = await SetupDesk(program.database, program.clock).standing()
    if standing.is_empty and session.role is Role.ADMIN:
        return RedirectResponse("/admin/mulai", 303)
    boxes = [one for one in await _boxes(program) if one.tier == Tier.SENSOR]
    findings = await program.cases.page(CaseFilter(), order=Order.AGE, limit=1)
    return page(
        request,
        program,
        "admin.html",
        guide=guide_of(standing),
        totals=await program.live.latest(),
        boxes=boxes,
        findings=findings,
        states=[(state, sum(one.state == state for one in boxes)) for state in STATES],
    )


@router.get("/kotak", response_class=Response)
async def get_boxes(request: Request, program: TheProgram, _: Looking) -> Response:
    """List the boxes, those that need somebody first; or give the list away as a file."""
    return table_page(
        request, program, "kotak.html", name="kotak", columns=COLUMNS, rows=await _boxes(program)
    )
