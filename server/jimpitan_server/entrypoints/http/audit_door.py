"""The page of the audit trail: what people did, the newest first, searched and taken away."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from jimpitan_server.adapters.database.audit_reading import ROWS_MAX, AuditRow, audit_rows
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.entrypoints.http.table import (
    ROWS_PER_PAGE,
    Column,
    Form,
    file_of,
    wanted_of,
)

router = APIRouter(tags=["admin"])
Looking = Annotated[Session, Depends(require(Role.ADMIN, Role.AUDITOR))]
HERE = "/admin/jejak"
COLUMNS: tuple[Column[AuditRow], ...] = (
    Column("nomor", "No.", lambda one: one.audit_id, is_number=True),
    Column("waktu", "Waktu", lambda one: one.at),
    Column("orang", "Orang", lambda one: one.actor),
    Column("tindakan", "Tindakan", lambda one: one.action),
    Column("tentang", "Tentang", lambda one: one.subject),
    Column("rincian", "Rincian", lambda one: one.detail),
)


@router.get(HERE, response_class=Response)
async def get_trail(
    request: Request,
    program: TheProgram,
    _: Looking,
    before: Annotated[int | None, Query(alias="sebelum", ge=1, le=2**53)] = None,
) -> Response:
    """Show a page of the trail, or give what was searched away as a file."""
    wanted = wanted_of(request)
    is_page = wanted.form is Form.PAGE
    async with program.database.read() as connection:
        rows = await audit_rows(
            connection,
            search=wanted.search,
            before=before if is_page else None,
            limit=ROWS_PER_PAGE + 1 if is_page else ROWS_MAX,
        )
    if is_page:
        return page(
            request,
            program,
            "jejak.html",
            here=HERE,
            rows=rows[:ROWS_PER_PAGE],
            has_more=len(rows) > ROWS_PER_PAGE,
            wanted=wanted,
            columns=COLUMNS,
        )
    return file_of(
        "jejak-audit",
        COLUMNS,
        rows,
        form=wanted.form,
        words=words.translator(words.language_of(request)),
        zone=program.settings.timezone,
    )
