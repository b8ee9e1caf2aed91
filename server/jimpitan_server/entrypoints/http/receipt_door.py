"""The doors of receipts: the paper for who may have it, and the public page that checks one."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from jimpitan_server.adapters.receipt_pdf import receipt_pdf
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(tags=["receipts"])
Reader = Annotated[Session, Depends(allow(*Role))]
CODE = re.compile(r"[0-9a-f]{40}")


def public_url(request: Request, program: TheProgram) -> str:
    """Return where people reach this server, without a slash at the end."""
    return (program.settings.public_url or str(request.base_url)).rstrip("/")


@router.get("/api/v1/collections/{collection_id}/receipt", response_class=Response)
async def get_receipt(
    collection_id: UUID, request: Request, program: TheProgram, session: Reader
) -> Response:
    """Return the receipt of a count as PDF; a collector gets those of his own counts."""
    only_for = session.user_id if session.role == Role.COLLECTOR else None
    paper = await program.collections.receipt(str(collection_id), only_for=only_for)
    content = receipt_pdf(
        paper,
        programme=program.settings.programme_name,
        zone=program.settings.timezone,
        url=f"{public_url(request, program)}/struk/{paper.code}",
    )
    name = f"tanda-terima-{paper.box}-{paper.counted_at:%Y%m%d}.pdf"
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'inline; filename="{name}"',
        },
    )


@router.get("/struk/{code}", response_class=HTMLResponse)
async def get_check(code: str, request: Request, program: TheProgram) -> HTMLResponse:
    """Tell anybody whether a receipt is genuine, its sum and how far the money has come."""
    found = None
    if CODE.fullmatch(code):
        found = await program.collections.checked_receipt(code)
    return page(request, program, "struk.html", 200 if found else 404, found=found)
