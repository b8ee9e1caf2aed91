"""The admin's page on which the records of a box without network are taken in."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from jimpitan_server.adapters.pull_desk import Imported
from jimpitan_server.adapters.pull_file import FILE_LENGTH_MAX
from jimpitan_server.domain.errors import Malformed, TooLarge
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require


async def closed_after(request: Request) -> AsyncIterator[None]:
    """Give the uploaded file back when the request is over, also when it was refused."""
    try:
        yield
    finally:
        await request.close()


router = APIRouter(
    prefix="/admin/impor",
    tags=["admin"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(closed_after)],
)
Importing = Annotated[Session, Depends(require(Role.ADMIN))]


@router.get("")
async def get_import(request: Request, program: TheProgram, _: Importing) -> HTMLResponse:
    """Show the form."""
    return _page(request, program)


@router.post("")
async def post_import(request: Request, program: TheProgram, session: Importing) -> HTMLResponse:
    """Take in a file, and say what became of its records."""
    form = await request.form()
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return _page(request, program, fault="Pilih berkas dahulu.", status=422)
    content = await upload.read(FILE_LENGTH_MAX + 1)
    try:
        imported = await program.import_records(content, actor=session.user_id)
    except TooLarge:
        return _page(request, program, fault="Berkas ini lebih dari 16 MB.", status=413)
    except Malformed:
        fault = "Ini bukan berkas catatan kotak, atau berkas ini rusak. Tidak ada yang disimpan."
        return _page(request, program, fault=fault, status=422)
    return _page(request, program, imported=imported)


def _page(
    request: Request,
    program: TheProgram,
    *,
    imported: Imported | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    return page(request, program, "impor.html", status, imported=imported, fault=fault)
