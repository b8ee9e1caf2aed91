"""The doors of the ledger: seals for everybody, entries and closing for who may."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints import verify
from jimpitan_server.entrypoints.http import ledger_answers
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.services.close_books import NOTE_LENGTH_MAX

router = APIRouter(tags=["ledger"])
Looking = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
Closing = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER))]
SEALS_MAX = 400
WEEK_DAYS = 7
SEALS_AGE_S = 300  # a seal never changes; a new one comes once a day
VERIFIER = Path(verify.__file__)


class ClosingIn(BaseModel):
    """Up to and with which day, and on whose word."""

    model_config = ConfigDict(extra="forbid")

    until: date
    note: Annotated[str, Field(max_length=NOTE_LENGTH_MAX, pattern=r"^[^\x00]*$")]


@router.get("/seals.json")
async def get_seals(program: TheProgram) -> JSONResponse:
    """Return the seals of the last 400 days, the latest first."""
    rows = await program.ledger.seals(SEALS_MAX)
    content = {"seals": ledger_answers.of_seals(rows)}
    return JSONResponse(content, headers={"Cache-Control": f"public, max-age={SEALS_AGE_S}"})


@router.get("/seals/{day}.json")
async def get_seal(day: date, program: TheProgram) -> Response:
    """Return the seal of a day as its file, with the hash of each entry of that day."""
    file = await program.ledger.file_of(day)
    headers = {
        "Cache-Control": f"public, max-age={SEALS_AGE_S}",
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    return Response(file.content, media_type="application/json", headers=headers)


@router.get("/seals.txt", response_class=PlainTextResponse)
async def get_notice(program: TheProgram) -> PlainTextResponse:
    """Return the seals of the last seven days as a notice to be copied."""
    rows = await program.ledger.seals(WEEK_DAYS)
    return PlainTextResponse(ledger_answers.notice(program.settings.programme_name, rows))


@router.get("/jimpitan_verify.py", response_class=PlainTextResponse)
async def get_verifier() -> PlainTextResponse:
    """Return the program with which anybody checks an exported ledger against seals."""
    headers = {"Content-Disposition": 'attachment; filename="jimpitan_verify.py"'}
    return PlainTextResponse(VERIFIER.read_text(encoding="utf-8"), headers=headers)


@router.get("/api/v1/ledger")
async def get_ledger(
    program: TheProgram, _: Looking, before: Annotated[int | None, Query(ge=1, le=2**53)] = None
) -> dict[str, object]:
    """Return what lies where, the newest entries below `before`, closings and seals."""
    return ledger_answers.of_view(await program.ledger.view(before=before))


@router.get("/api/v1/ledger/export")
async def get_export(program: TheProgram, _: Looking) -> StreamingResponse:
    """Stream the whole ledger, a line an entry, as `jimpitan-verify` reads it."""

    async def lines() -> AsyncIterator[bytes]:
        async for line in program.ledger.export():
            yield line

    headers = {"Content-Disposition": 'attachment; filename="ledger.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)


@router.post("/api/v1/ledger/closings", status_code=201)
async def post_closing(body: ClosingIn, program: TheProgram, session: Closing) -> JSONResponse:
    """Close every day up to and with a day; nothing is booked there any more."""
    closing = await program.ledger.close(until=body.until, note=body.note, actor=session.user_id)
    return JSONResponse(ledger_answers.of_closing(closing), 201)
