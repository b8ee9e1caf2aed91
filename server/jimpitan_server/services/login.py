"""Lets people in: who they are, for how long, and out again."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.errors import Conflict, Malformed, NotAuthenticated
from jimpitan_server.domain.ids import UserId, is_short_name
from jimpitan_server.domain.person import NO_PASSWORD
from jimpitan_server.domain.user import Role, Session, User
from jimpitan_server.services.enrol import TOKEN_BYTES, fingerprint

# NIST SP 800-63B, section 5.1.1.2: at least 8; the upper bound keeps hashing bounded.
PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 200


class Passwords(Protocol):
    """Hashes and checks passwords, slowly on purpose and without holding up anything else."""

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Say whether it is the password; without a hash, take as long and say no."""
        ...


class UserStore(Protocol):
    """One open transaction, for people and their sessions."""

    async def user_of_login(self, login_name: str) -> User | None:
        """Return the person with this login name."""
        ...

    async def add_user(self, user: User, *, now: datetime) -> None:
        """Keep a new person."""
        ...

    async def add_session(self, *, token_sha256: bytes, session: Session, now: datetime) -> None:
        """Keep a new session."""
        ...

    async def session_of_token(self, token_sha256: bytes, *, now: datetime) -> Session | None:
        """Return the session with this token, if it still holds and its person may log in."""
        ...

    async def end_session(self, token_sha256: bytes) -> None:
        """Forget a session."""
        ...

    async def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        """Append to the log of what people did."""
        ...


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A fresh session, and the token that only its holder has."""

    token: str
    session: Session


async def add_user(
    store: UserStore,
    passwords: Passwords,
    *,
    login_name: str,
    role: str,
    password: str,
    now: datetime,
) -> UserId:
    """Keep a new person and return the id."""
    if not is_short_name(login_name):
        raise Malformed("A login name has 1 to 32 characters of a-z, 0-9, dot, _ and hyphen.")
    if role not in set(Role):
        raise Malformed(f"A role is one of: {', '.join(Role)}.")
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Malformed(
            f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters."
        )
    if await store.user_of_login(login_name) is not None:
        raise Conflict(f"There is a user {login_name} already.", code="user_exists")
    user = User(
        user_id=UserId(f"user-{secrets.token_hex(8)}"),
        login_name=login_name,
        role=Role(role),
        password_hash=await passwords.hash(password),
    )
    await store.add_user(user, now=now)
    await store.append_audit(
        at=now, actor="cli", action="user_added", subject=user.user_id, detail={"role": role}
    )
    return user.user_id


async def check_password(
    store: UserStore, passwords: Passwords, *, login_name: str, password: str
) -> User:
    """Return the person who knows this password; the refusal does not say what was wrong."""
    user = await store.user_of_login(login_name) if is_short_name(login_name) else None
    can_log_in = user is not None and not user.is_disabled and user.password_hash != NO_PASSWORD
    known = user.password_hash if user is not None and can_log_in else None
    if not await passwords.verify(password[:PASSWORD_LENGTH_MAX], known) or user is None:
        raise NotAuthenticated("Nama atau kata sandi salah.", code="login")
    return user


async def open_session(
    store: UserStore, user: User, *, now: datetime, valid: timedelta, phone_id: str | None = None
) -> LoggedIn:
    """Open a session for a person whose password was checked, or whose phone was enrolled."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session = Session(
        user_id=user.user_id,
        login_name=user.login_name,
        role=user.role,
        csrf_token=secrets.token_urlsafe(TOKEN_BYTES),
        expires_at=now + valid,
        phone_id=phone_id,
    )
    await store.add_session(token_sha256=fingerprint(token), session=session, now=now)
    return LoggedIn(token, session)


async def session_of(store: UserStore, *, token: str, now: datetime) -> Session | None:
    """Return the session of a token, if it still holds."""
    return await store.session_of_token(fingerprint(token), now=now)


async def log_out(store: UserStore, *, token: str) -> None:
    """End the session of a token; ending it twice changes nothing."""
    await store.end_session(fingerprint(token))
