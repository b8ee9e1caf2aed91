"""Knows who stands behind a request: session cookies, roles, and protection of forms."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from jimpitan_server.domain.errors import NotAllowed, NotAuthenticated
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.parts import TheProgram

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
CSRF_HEADER, CSRF_FIELD = "x-csrf-token", "csrf_token"


def cookie_name(*, https: bool) -> str:
    """Return the name of the session cookie; browsers guard the prefix when it is https."""
    return "__Host-jimpitan" if https else "jimpitan"


async def session_of(request: Request, program: TheProgram) -> Session | None:
    """Return the session of this request's cookie, if it still holds."""
    token = request.cookies.get(cookie_name(https=program.settings.https), "")
    session = await program.session_of(token) if token else None
    request.state.session = session
    return session


MaybeSession = Annotated[Session | None, Depends(session_of)]


def require(*roles: Role) -> Callable[..., Awaitable[Session]]:
    """Return a dependency that lets only these roles through (any role when none is named).

    With an unsafe method it also wants the session's CSRF token, in the header X-CSRF-Token
    or in the form field csrf_token, and an Origin that is ours.
    """

    async def required(request: Request, session: MaybeSession, program: TheProgram) -> Session:
        if session is None:
            token = request.cookies.get(cookie_name(https=program.settings.https), "")
            if token and await program.phones.logins.is_revoked(token):
                raise NotAuthenticated("HP ini sudah dicabut oleh admin.", code="phone_revoked")
            raise NotAuthenticated("Silakan masuk dahulu.", code="login_needed")
        if roles and session.role not in roles:
            raise NotAllowed("Halaman ini bukan untuk peran Anda.")
        if request.method not in SAFE_METHODS:
            check_origin(request)
            if not hmac.compare_digest(await _csrf_sent(request), session.csrf_token.encode()):
                raise NotAllowed(
                    "Formulir ini sudah kedaluwarsa; muat ulang halaman.", code="csrf"
                )
        return session

    return required


def check_origin(request: Request) -> None:
    """Refuse a request that another site made the browser send."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"}:
        raise NotAllowed("Permintaan ini datang dari situs lain.", code="origin")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise NotAllowed("Permintaan ini datang dari situs lain.", code="origin")


async def _csrf_sent(request: Request) -> bytes:
    sent = request.headers.get(CSRF_HEADER)
    if sent is None:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type in FORM_TYPES:
            sent = str((await request.form()).get(CSRF_FIELD, ""))
    return (sent or "").encode()
