"""The doors to which a collector's phone brings work; whatever comes twice changes nothing."""

from base64 import b64encode
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jimpitan_server.adapters.pull_file import FILE_LENGTH_MAX
from jimpitan_server.domain.ids import BOX_PATTERN, BoxId
from jimpitan_server.domain.photo import PHOTO_BYTES_MAX
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.parts import TheProgram, need_media_type, read_body
from jimpitan_server.services.begin_visit import VisitStart

router = APIRouter(prefix="/api/v1", tags=["phone"])
Collecting = Annotated[Session, Depends(allow(Role.COLLECTOR, Role.ADMIN))]
Looking = Annotated[Session, Depends(allow(*Role))]


class VisitIn(BaseModel):
    """Where a visit was begun, and whether the phone had no network then."""

    model_config = ConfigDict(extra="forbid")

    box: Annotated[str, Field(pattern=BOX_PATTERN)]
    begun_at: AwareDatetime
    is_offline: bool = False


@router.put("/visits/{visit_id}")
async def put_visit(
    visit_id: UUID, visit: VisitIn, program: TheProgram, session: Collecting
) -> JSONResponse:
    """Begin a visit; 201 the first time, 200 when the same one comes again."""
    begun, is_new = await program.phones.begin_visit(
        VisitStart(
            visit_id=str(visit_id),
            box=BoxId(visit.box),
            collector=session.user_id,
            begun_at=visit.begun_at,
            is_offline=visit.is_offline,
        )
    )
    answer = {
        "visit_id": str(visit_id),
        "box": begun.box,
        "is_offline": begun.is_offline,
        "visit": begun.told.number if begun.told else None,
        "expires_at": begun.told.expires_at.isoformat() if begun.told else None,
    }
    return JSONResponse(answer, 201 if is_new else 200)


@router.put("/collections/{collection_id}/photo")
async def put_photo(
    collection_id: UUID, request: Request, program: TheProgram, session: Collecting
) -> JSONResponse:
    """Keep the photo of one's own count, as `image/jpeg`."""
    need_media_type(request, "image/jpeg")
    content = await read_body(request, bytes_max=PHOTO_BYTES_MAX)
    is_new = await program.phones.keep_photo(str(collection_id), content, only_for=session.user_id)
    return JSONResponse({"collection_id": str(collection_id)}, 201 if is_new else 200)


@router.get("/collections/{collection_id}/photo", response_class=Response)
async def get_photo(collection_id: UUID, program: TheProgram, session: Looking) -> Response:
    """Return the photo of a count; a collector gets those of his own counts."""
    only_for = session.user_id if session.role == Role.COLLECTOR else None
    content = await program.phones.photo(str(collection_id), only_for=only_for)
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/pulled-records")
async def post_records(request: Request, program: TheProgram, session: Collecting) -> JSONResponse:
    """Take in the records of a box without network from a file; each record proves itself."""
    need_media_type(request, "application/octet-stream")
    content = await read_body(request, bytes_max=FILE_LENGTH_MAX)
    imported = await program.import_records(content, actor=session.user_id)
    return JSONResponse(
        {
            "box": imported.box,
            "stored": imported.stored,
            "duplicate": imported.duplicate,
            "refused": imported.refused,
            "answer": b64encode(imported.answer).decode(),
        }
    )
