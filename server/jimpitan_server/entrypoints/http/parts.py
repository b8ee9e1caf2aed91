"""What routes share: the program, bounded bodies, bearer tokens."""

from typing import Annotated

from fastapi import Depends, Request

from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed, NotAuthenticated, TooLarge


def program_of(request: Request) -> Program:
    """Return the program behind this application."""
    program: Program = request.app.state.program
    return program


TheProgram = Annotated[Program, Depends(program_of)]


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """Return the body, or refuse it before more than `bytes_max` were taken in."""
    sentence = f"A request here has at most {bytes_max} bytes."
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdigit() and int(declared) > bytes_max:
        raise TooLarge(sentence)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise TooLarge(sentence)
    return bytes(body)


def need_media_type(request: Request, wanted: str) -> None:
    """Refuse a body of another kind than we read here."""
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found != wanted:
        raise Malformed(f"The body must be {wanted}.", code="media_type")


def bearer_token(request: Request) -> str:
    """Return the bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("Send the header Authorization: Bearer <token>.")
    return token.strip()
