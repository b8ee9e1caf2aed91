"""Logins for scripts: the same sessions as people's, carried in a header instead of a cookie.

A header is never sent by a browser on its own, so no CSRF token is asked for with it.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from jimpitan_server.domain.errors import NotAllowed, NotAuthenticated
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.parts import TheProgram, bearer_token
from jimpitan_server.entrypoints.http.people import require, session_of

router = APIRouter(prefix="/api/v1", tags=["people"])


class Login(BaseModel):
    """Who wants a session."""

    model_config = ConfigDict(extra="forbid")

    login_name: Annotated[str, Field(max_length=100)]
    password: Annotated[str, Field(max_length=1000)]


@router.post("/sessions", status_code=201)
async def post_session(login: Login, program: TheProgram) -> JSONResponse:
    """Log a script in; the token is shown only now."""
    logged_in = await program.log_in(login_name=login.login_name, password=login.password)
    answer = {
        "token": logged_in.token,
        "role": logged_in.session.role,
        "expires_at": logged_in.session.expires_at.isoformat(),
    }
    return JSONResponse(answer, 201, {"Cache-Control": "no-store"})


def allow(*roles: Role) -> Callable[..., Awaitable[Session]]:
    """Return a dependency that lets these roles through, by bearer token or by cookie."""
    by_cookie = require(*roles)

    async def allowed(request: Request, program: TheProgram) -> Session:
        if "authorization" not in request.headers:
            return await by_cookie(request, await session_of(request, program), program)
        session = await program.session_of(bearer_token(request))
        if session is None:
            raise NotAuthenticated("This session is over; log in again.", code="login_needed")
        if roles and session.role not in roles:
            raise NotAllowed("This is not for your role.")
        return session

    return allowed
