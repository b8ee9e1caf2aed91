"""The door for banks: notifications of QRIS payments, answered in the words of SNAP BI."""

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from jimpitan_server.domain.errors import ServerError, TooLarge, Unavailable
from jimpitan_server.entrypoints.http.parts import TheProgram, read_body
from jimpitan_server.services.notify import (
    BAD_REQUEST,
    GENERAL_ERROR,
    TIMEOUT,
    BankAnswer,
    Message,
)

router = APIRouter(tags=["bank"])
log = structlog.get_logger()
# A notification has about 1 KB; no acquirer documents one above 10 KB.
BODY_BYTES_MAX = 64 * 1024


@router.post("/{beginning:path}/qr-mpm-notify")
async def post_notification(request: Request, program: TheProgram) -> JSONResponse:
    """Take in one notification (service 52); what is answered with success is kept for ever."""
    try:
        message = await _message(request, program)
        answer = await program.money.notify(message)
    except TooLarge:
        answer = BAD_REQUEST
    except Unavailable:
        answer = TIMEOUT
    except ServerError as error:
        log.error("notification_failed", code=error.code)
        answer = GENERAL_ERROR
    program.metrics.bank_answers.labels(answer.code).inc()
    return _response(answer, request.headers.get("x-timestamp", ""))


async def _message(request: Request, program: TheProgram) -> Message:
    headers = request.headers
    return Message(
        partner_id=headers.get("x-partner-id", ""),
        external_id=headers.get("x-external-id", ""),
        timestamp=headers.get("x-timestamp", ""),
        signature=headers.get("x-signature", ""),
        path=request.url.path,
        body=await read_body(request, bytes_max=BODY_BYTES_MAX),
        received_at=program.clock.now(),
    )


def _response(answer: BankAnswer, timestamp: str) -> JSONResponse:
    content = {"responseCode": answer.code, "responseMessage": answer.message}
    headers = {"Cache-Control": "no-store"}
    if timestamp.isascii() and timestamp.isprintable():
        headers["X-TIMESTAMP"] = timestamp[:64]
    return JSONResponse(content, answer.status, headers)
