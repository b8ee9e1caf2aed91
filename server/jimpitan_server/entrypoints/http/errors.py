"""Answers every error: programs get {"error": code, "message": sentence}, people a page."""

from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from jimpitan_server.domain.errors import NotAuthenticated, ServerError, TooMany
from jimpitan_server.entrypoints.http.pages import page

log = structlog.get_logger()
LOGIN_NEEDED = {"login_needed", "phone_revoked"}
SENTENCES = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
}


def install_error_answers(app: FastAPI) -> None:
    """Give the application its answers to errors."""
    app.add_exception_handler(ServerError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def error_answer(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return the answer to a request that failed."""
    return JSONResponse({"error": code, "message": message}, status, headers)


async def _refused(request: Request, error: Any) -> Response:
    if error.code in LOGIN_NEEDED and _wants_page(request) and request.method == "GET":
        return RedirectResponse(f"/masuk?next={quote(request.url.path)}", 303)
    headers = {}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        headers["Retry-After"] = "1"
    return _answer(request, error.status, error.code, error.sentence, headers)


def _answer(
    request: Request,
    status: int,
    code: str,
    sentence: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return the error as a page to a browser that shows one, else for a program."""
    if not _wants_page(request):
        return error_answer(status, code, sentence, headers)
    program = request.app.state.program
    answer = page(
        request, program, "galat.html", status, code=code, number=status, sentence=sentence
    )
    answer.headers.update(headers or {})
    return answer


def _wants_page(request: Request) -> bool:
    is_for_programs = request.url.path.startswith("/api/")
    return not is_for_programs and "text/html" in request.headers.get("accept", "")


async def _malformed(request: Request, error: Any) -> Response:
    places = {".".join(str(part) for part in item["loc"]) for item in error.errors()}
    sentence = f"The request does not follow the grammar at: {', '.join(sorted(places))}."
    return _answer(request, 422, "malformed", sentence)


async def _http(request: Request, error: Any) -> Response:
    sentence = SENTENCES.get(error.status_code, "The request was refused.")
    headers = dict(error.headers) if error.headers else None
    return _answer(request, error.status_code, "http", sentence, headers)


async def _bug(request: Request, error: Exception) -> Response:
    route = request.scope.get("route")
    log.error("request_failed", route=getattr(route, "path", ""), error=type(error).__name__)
    sentence = "The server made a mistake; nothing was kept."
    return _answer(request, 500, "server_error", sentence)
