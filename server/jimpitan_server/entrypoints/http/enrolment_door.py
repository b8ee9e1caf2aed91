"""The door for the bench: a new box becomes known, its key sealed to this server."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from jimpitan_server.adapters.sealing import SEALED_LENGTH_MAX
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.entrypoints.http.parts import (
    TheProgram,
    bearer_token,
    need_media_type,
    read_body,
)

router = APIRouter(prefix="/api/v1", tags=["enrolment"])


@router.get("/enrolment-key")
async def get_enrolment_key(program: TheProgram) -> dict[str, str]:
    """Return the X25519 public key to which a box key is sealed."""
    return {"public_key": b64encode(await program.enrolment_public_key()).decode()}


@router.post("/boxes/enrol", status_code=201)
async def post_enrolment(request: Request, program: TheProgram) -> JSONResponse:
    """Make a box known: a bearer enrolment token, and a sealed {box, epoch, key} as body."""
    need_media_type(request, "application/octet-stream")
    token = bearer_token(request)
    sealed = await read_body(request, bytes_max=SEALED_LENGTH_MAX)
    box, epoch, key = _enrolment(await program.unseal_enrolment(sealed))
    await program.enrol_box(token=token, box=box, epoch=epoch, key=key)
    return JSONResponse({"box": box, "epoch": epoch}, 201)


def _enrolment(plain: bytes) -> tuple[str, int, bytes]:
    sentence = 'Sealed must be JSON: {"box": text, "epoch": number, "key": base64}.'
    try:
        fields = json.loads(plain)
    except ValueError as error:
        raise Malformed(sentence) from error
    if not isinstance(fields, dict):
        raise Malformed(sentence)
    box, epoch, key = fields.get("box"), fields.get("epoch"), fields.get("key")
    if not isinstance(box, str) or type(epoch) is not int or not isinstance(key, str):
        raise Malformed(sentence)
    try:
        return box, epoch, b64decode(key, validate=True)
    except (NotBase64, ValueError) as error:
        raise Malformed(sentence) from error
