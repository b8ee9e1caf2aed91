"""The page of account statements: look at a file, import it, and see what was imported."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from jimpitan_server.adapters.database import account_rows, statement_rows
from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.adapters.statement_profiles import known_profiles, profiles_named
from jimpitan_server.adapters.statement_shelf import Shelved
from jimpitan_server.domain.errors import NotFound, ServerError
from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.statement_sheet import FILE_LENGTH_MAX
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.admin_door import Looking
from jimpitan_server.entrypoints.http.form import form_fields
from jimpitan_server.entrypoints.http.import_door import closed_after
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import require
from jimpitan_server.services.import_statement import Imported

HERE = "/admin/mutasi"
router = APIRouter(
    prefix=HERE,
    tags=["admin"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(closed_after)],
)
Importing = Annotated[Session, Depends(require(Role.ADMIN, Role.TREASURER))]
PAST_SHOWN = 50
NO_FILE = "Pilih berkas dahulu."
GONE = "Berkas ini tidak lagi tersimpan. Pilih dan kirim sekali lagi."
NOT_KNOWN = "Rekening atau bentuk berkas ini tidak dikenal."


@router.get("")
async def get_statements(
    request: Request,
    program: TheProgram,
    _: Looking,
    number: Annotated[int | None, Query(alias="impor", ge=1, le=2**53)] = None,
) -> HTMLResponse:
    """Show the form, and what was imported before."""
    return await _page(request, program, done=number)


@router.post("")
async def post_preview(request: Request, program: TheProgram, session: Importing) -> HTMLResponse:
    """Show what an import of the file would bring; nothing is kept but the file, for a while."""
    form = await request.form()
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return await _page(request, program, fault=NO_FILE, status=422)
    content = await upload.read(FILE_LENGTH_MAX + 1)
    now = program.clock.now()
    digest = program.money.shelf.keep(upload.filename, content, now)
    wished = {name: str(form.get(name, "")).strip() for name in ("rekening", "bentuk")}
    file = Shelved(upload.filename, content, now)
    try:
        looked_at = await _import(program, file, wished, session, dry_run=True, accepted=False)
    except (NotFound, ProfileMalformed) as error:
        return await _page(request, program, fault=NOT_KNOWN, status=error.status)
    status = 422 if looked_at.faults else 200
    return await _page(
        request, program, looked_at=looked_at, digest=digest, wished=wished, status=status
    )


@router.post("/simpan")
async def post_import(request: Request, program: TheProgram, session: Importing) -> Response:
    """Import the file that was looked at."""
    form = await form_fields(request)
    digest = form.get("sha256", "")
    file = program.money.shelf.find(digest, program.clock.now())
    if file is None:
        return await _page(request, program, fault=GONE, status=409)
    try:
        imported = await _import(
            program, file, form, session, dry_run=False, accepted=bool(form.get("terima"))
        )
    except ServerError as error:
        return await _page(request, program, fault=NOT_KNOWN, status=error.status)
    if imported.import_id is None:
        status = 422 if imported.faults else 409
        return await _page(
            request, program, looked_at=imported, digest=digest, wished=form, status=status
        )
    program.money.shelf.forget(digest)
    return RedirectResponse(f"{HERE}?impor={imported.import_id}", 303)


async def _import(
    program: TheProgram,
    file: Shelved,
    wished: dict[str, str],
    session: Session,
    *,
    dry_run: bool,
    accepted: bool,
) -> Imported:
    return await program.money.import_statement(
        ImportWish(
            account=wished.get("rekening", ""),
            file_name=file.file_name,
            content=file.content,
            profiles=profiles_named(wished.get("bentuk")),
            dry_run=dry_run,
            accept_warnings=accepted,
            actor=session.user_id,
        )
    )


async def _page(
    request: Request,
    program: TheProgram,
    *,
    looked_at: Imported | None = None,
    digest: str = "",
    wished: dict[str, str] | None = None,
    done: int | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    async with program.database.read() as connection:
        accounts = await account_rows.all_accounts(connection)
        past = await statement_rows.past_imports(connection, limit=PAST_SHOWN)
    profiles = known_profiles()
    return page(
        request,
        program,
        "mutasi.html",
        status,
        here=HERE,
        accounts=accounts,
        profiles=sorted(profiles.values(), key=lambda one: one.name),
        found=profiles.get(looked_at.reading.profile) if looked_at else None,
        past=past,
        done=next((one for one in past if one["import_id"] == done), None),
        looked_at=looked_at,
        digest=digest,
        wished=wished or {},
        fault=fault,
    )
