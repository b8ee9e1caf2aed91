"""The door for people: logging in and out."""

import hmac
import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from jimpitan_server.domain.errors import NotAllowed, NotAuthenticated
from jimpitan_server.domain.user import Session
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.entrypoints.http.people import check_origin, cookie_name, require

router = APIRouter(tags=["people"])
FORM_COOKIE = "jimpitan_form"
FORM_AGE_S = 3600
FORM_BYTES_MAX = 16 * 1024


def own_path(wanted: str) -> str:
    """Return the path if it is one of ours, else the board: no redirect leads elsewhere."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_ours and wanted.isprintable() and len(wanted) <= 200 else "/"


def _form(
    request: Request, program: TheProgram, *, next_path: str, fault: str = "", status: int = 200
) -> Response:
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = page(
        request,
        program,
        "masuk.html",
        status,
        form_token=token,
        next=own_path(next_path),
        fault=fault,
    )
    answer.set_cookie(
        FORM_COOKIE,
        token,
        max_age=FORM_AGE_S,
        httponly=True,
        samesite="lax",
        secure=program.settings.https,
    )
    return answer


@router.get("/masuk")
async def get_login(request: Request, program: TheProgram, next: str = "/") -> Response:  # noqa: A002
    """Show the form for logging in."""
    return _form(request, program, next_path=next)


@router.post("/masuk", max_body_size=FORM_BYTES_MAX)
async def post_login(
    request: Request,
    program: TheProgram,
    *,
    login_name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=1000)],
    form_token: Annotated[str, Form(max_length=100)] = "",
    next: Annotated[str, Form(max_length=1000)] = "/",  # noqa: A002
) -> Response:
    """Log a person in: a session begins and its cookie is set."""
    check_origin(request)
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), form_token.encode()):
        raise NotAllowed("Formulir ini sudah kedaluwarsa; muat ulang halaman.", code="csrf")
    try:
        logged_in = await program.log_in(login_name=login_name, password=password)
    except NotAuthenticated as error:
        return _form(request, program, next_path=next, fault=error.sentence, status=401)
    answer = RedirectResponse(own_path(next), 303)
    answer.set_cookie(
        cookie_name(https=program.settings.https),
        logged_in.token,
        max_age=int(timedelta(hours=program.settings.session_hours).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=program.settings.https,
    )
    answer.delete_cookie(FORM_COOKIE)
    return answer


@router.get("/keluar")
async def get_logout(
    request: Request, program: TheProgram, _: Annotated[Session, Depends(require())]
) -> Response:
    """Show the form for logging out."""
    return page(request, program, "keluar.html")


@router.post("/keluar", max_body_size=FORM_BYTES_MAX)
async def post_logout(
    request: Request, program: TheProgram, _: Annotated[Session, Depends(require())]
) -> Response:
    """Log the person out: the session ends on the server too."""
    name = cookie_name(https=program.settings.https)
    await program.log_out(request.cookies.get(name, ""))
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(name, secure=program.settings.https, httponly=True, samesite="lax")
    return answer


@router.get("/api/v1/me")
async def get_me(session: Annotated[Session, Depends(require())]) -> dict[str, str]:
    """Say who is logged in, and the token that a script must send with what it changes."""
    return {
        "user_id": session.user_id,
        "login_name": session.login_name,
        "role": session.role,
        "csrf_token": session.csrf_token,
    }
