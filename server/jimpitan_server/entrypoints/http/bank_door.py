"""The doors for banks: access tokens and notifications, answered in the words of SNAP BI."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from jimpitan_server.domain.errors import ServerError, TooLarge, Unavailable
from jimpitan_server.entrypoints.http.parts import TheProgram, read_body
from jimpitan_server.services.bank_message import (
    NOTIFY_SERVICE,
    TOKEN_SERVICE,
    BankAnswer,
    Message,
    bad_request,
    general_error,
    timeout,
)
from jimpitan_server.services.issue_token import TOKEN_SUCCESSFUL, Token

router = APIRouter(tags=["bank"])
log = structlog.get_logger()
Answer = TypeVar("Answer", Token | BankAnswer, BankAnswer)
# A notification has about 1 KB; no acquirer documents one above 10 KB.
BODY_BYTES_MAX = 64 * 1024


@router.post("/{beginning:path}/access-token/b2b")
async def post_access_token(request: Request, program: TheProgram) -> JSONResponse:
    """Give a bank an access token (service 73) on its signature over its name and the time."""
    answer = await _answered(request, program, TOKEN_SERVICE, program.bank.give_token)
    if isinstance(answer, BankAnswer):
        return _response(request, answer)
    token = {
        "accessToken": answer.text,
        "tokenType": "Bearer",
        "expiresIn": str(answer.expires_in_s),
    }
    return _response(request, TOKEN_SUCCESSFUL, token)


@router.post("/{beginning:path}/qr-mpm-notif")
@router.post("/{beginning:path}/qr-mpm-notify")
async def post_notification(request: Request, program: TheProgram) -> JSONResponse:
    """Take in one notification (service 52); what is answered with success is kept for ever."""
    answer = await _answered(request, program, NOTIFY_SERVICE, program.bank.notify)
    return _response(request, answer)


async def _answered(
    request: Request,
    program: TheProgram,
    service: str,
    work: Callable[[Message], Awaitable[Answer]],
) -> Answer | BankAnswer:
    """Do the work; an error of ours becomes an answer after which the bank sends again."""
    answer: Answer | BankAnswer
    try:
        try:
            message = _message(
                request, program, await read_body(request, bytes_max=BODY_BYTES_MAX)
            )
        except TooLarge:
            message = _message(request, program, b"")
            answer = await program.bank.too_large(message, bad_request(service))
        else:
            answer = await work(message)
    except Unavailable:
        answer = timeout(service)
    except ServerError as error:
        log.error("bank_message_failed", code=error.code, service=service)
        answer = general_error(service)
    code = answer.code if isinstance(answer, BankAnswer) else TOKEN_SUCCESSFUL.code
    program.metrics.bank_answers.labels(code).inc()
    return answer


def _message(request: Request, program: TheProgram, body: bytes) -> Message:
    return Message(
        headers=dict(request.headers),
        path=request.url.path,
        body=body,
        received_at=program.clock.now(),
    )


def _response(
    request: Request, answer: BankAnswer, more: dict[str, str] | None = None
) -> JSONResponse:
    content = {"responseCode": answer.code, "responseMessage": answer.message} | (more or {})
    headers = {"Cache-Control": "no-store"}
    timestamp = request.headers.get("x-timestamp", "")
    if timestamp.isascii() and timestamp.isprintable():
        headers["X-TIMESTAMP"] = timestamp[:64]
    return JSONResponse(content, answer.status, headers)
