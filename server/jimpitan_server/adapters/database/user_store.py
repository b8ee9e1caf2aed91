"""Keeps people, their sessions, and the log of what they did."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.phone_schema import phones
from jimpitan_server.adapters.database.schema import audit, sessions, users
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.user import Role, Session, User

AUDIT_LOCK = 0x61756469  # "audi": one appender at a time on PostgreSQL


@dataclass(frozen=True, slots=True)
class DatabaseUsers:
    """`UserStore` on an open transaction."""

    connection: AsyncConnection

    async def user_of_login(self, login_name: str) -> User | None:
        """Return the person with this login name."""
        statement = select(users).where(users.c.login_name == login_name)
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return None
        return User(
            user_id=UserId(row["user_id"]),
            login_name=row["login_name"],
            role=Role(row["role"]),
            password_hash=row["password_hash"],
            is_disabled=row["disabled_at"] is not None,
        )

    async def add_user(self, user: User, *, now: datetime) -> None:
        """Keep a new person."""
        await self.connection.execute(
            insert(users).values(
                user_id=user.user_id,
                login_name=user.login_name,
                role=user.role,
                password_hash=user.password_hash,
                created_at=now,
            )
        )

    async def add_session(self, *, token_sha256: bytes, session: Session, now: datetime) -> None:
        """Keep a new session."""
        await self.connection.execute(
            insert(sessions).values(
                token_sha256=token_sha256,
                user_id=session.user_id,
                csrf_token=session.csrf_token,
                created_at=now,
                expires_at=session.expires_at,
                phone_id=session.phone_id,
            )
        )

    async def session_of_token(self, token_sha256: bytes, *, now: datetime) -> Session | None:
        """Return the session with this token, if it still holds and its person may log in."""
        statement = (
            select(
                users.c.user_id,
                users.c.login_name,
                users.c.role,
                sessions.c.csrf_token,
                sessions.c.expires_at,
                sessions.c.phone_id,
            )
            .join(users, users.c.user_id == sessions.c.user_id)
            .outerjoin(phones, phones.c.phone_id == sessions.c.phone_id)
            .where(
                sessions.c.token_sha256 == token_sha256,
                sessions.c.expires_at > now,
                users.c.disabled_at.is_(None),
                phones.c.revoked_at.is_(None),
            )
        )
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return None
        return Session(
            user_id=UserId(row["user_id"]),
            login_name=row["login_name"],
            role=Role(row["role"]),
            csrf_token=row["csrf_token"],
            expires_at=row["expires_at"],
            phone_id=row["phone_id"],
        )

    async def end_session(self, token_sha256: bytes) -> None:
        """Forget a session."""
        await self.connection.execute(
            delete(sessions).where(sessions.c.token_sha256 == token_sha256)
        )

    async def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        """Append to the log of what people did."""
        await append_audit(
            self.connection, at=at, actor=actor, action=action, subject=subject, detail=detail
        )


async def login_names(connection: AsyncConnection, user_ids: Sequence[str]) -> dict[str, str]:
    """Return the login names of people, by their ids."""
    statement = select(users.c.user_id, users.c.login_name).where(users.c.user_id.in_(user_ids))
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def end_old_sessions(connection: AsyncConnection, now: datetime) -> int:
    """Forget sessions that have run out; return how many."""
    result = await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    return result.rowcount


async def append_audit(
    connection: AsyncConnection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, object],
) -> None:
    """Append an entry whose `chain` covers it and the chain of the entry before."""
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": AUDIT_LOCK})
    last = select(audit.c.chain).order_by(audit.c.audit_id.desc()).limit(1)
    before = (await connection.execute(last)).scalar_one_or_none() or b""
    written = json.dumps(detail, sort_keys=True)
    entry = {"at": at, "actor": actor, "action": action, "subject": subject, "detail": written}
    await connection.execute(insert(audit).values(**entry, chain=audit_chain(before, entry)))


def audit_chain(before: bytes, entry: dict[str, object]) -> bytes:
    """Return the hash that binds an entry to all before it."""
    parts = [str(entry[name]) for name in ("actor", "action", "subject", "detail")]
    at = entry["at"]
    assert isinstance(at, datetime)
    content = json.dumps([at.isoformat(), *parts]).encode()
    return hashlib.sha256(bytes(before) + content).digest()


async def first_broken_audit(connection: AsyncConnection) -> int | None:
    """Return the id of the first entry that does not fit the chain, or None."""
    before = b""
    rows = await connection.stream(select(audit).order_by(audit.c.audit_id))
    async for row in rows.mappings():
        if audit_chain(before, dict(row)) != bytes(row["chain"]):
            return int(row["audit_id"])
        before = bytes(row["chain"])
    return None


async def people_of_role(connection: AsyncConnection, role: Role, *, limit: int) -> dict[str, str]:
    """Return the login names of the people of a role who may log in, by their ids."""
    statement = (
        select(users.c.user_id, users.c.login_name)
        .where(users.c.role == role, users.c.disabled_at.is_(None))
        .order_by(users.c.login_name)
        .limit(limit)
    )
    return {row.user_id: row.login_name for row in await connection.execute(statement)}
