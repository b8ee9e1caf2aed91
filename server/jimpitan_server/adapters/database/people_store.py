"""Keeps who may log in, the links by which they set a password, and their logins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    RowMapping,
    Select,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, metadata
from jimpitan_server.adapters.database.phone_schema import phones
from jimpitan_server.adapters.database.schema import sessions, users
from jimpitan_server.adapters.database.user_store import DatabaseUsers, append_audit
from jimpitan_server.adapters.database.witness_rows import DatabaseWitnesses
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.person import NO_PASSWORD, Person
from jimpitan_server.domain.user import Role, User
from jimpitan_server.services.people import Login

PEOPLE_MAX = 5_000
LOGINS_MAX = 200

user_invitations = Table(
    "user_invitations",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("ix_user_invitations_user_id", "user_id"),
)


@dataclass(frozen=True, slots=True)
class DatabasePeople:
    """`PeopleStore` on an open transaction."""

    connection: AsyncConnection

    async def is_name_taken(self, name: str) -> bool:
        """Say whether a user or a witness was ever added under this name."""
        return await DatabaseWitnesses(self.connection).is_name_taken(name)

    async def add_user(self, user: User, *, now: datetime) -> None:
        """Keep a new person."""
        await DatabaseUsers(self.connection).add_user(user, now=now)

    async def people(self) -> Sequence[Person]:
        """Return everybody who was ever added, by name; at most `PEOPLE_MAX`."""
        return await self._people(_everybody().limit(PEOPLE_MAX))

    async def person(self, user_id: str) -> Person | None:
        """Return a person, or None; the row and those of all admins stay locked.

        (Two admins who disable each other in the same moment would leave none.)
        """
        wanted = or_(users.c.user_id == user_id, users.c.role == Role.ADMIN.value)
        locked = select(users.c.user_id).where(wanted).order_by(users.c.user_id)
        await self.connection.execute(locked.with_for_update())
        return await self._one(user_id)

    async def _one(self, user_id: str) -> Person | None:
        found = await self._people(_everybody().where(users.c.user_id == user_id))
        return found[0] if found else None

    async def _people(self, statement: Select[tuple[object, ...]]) -> list[Person]:
        rows = (await self.connection.execute(statement)).mappings()
        return [_person(row) for row in rows]

    async def add_invitation(
        self, token_sha256: bytes, user_id: str, *, now: datetime, expires_at: datetime
    ) -> None:
        """Keep a link; older ones of the same person hold no more."""
        table = user_invitations
        await self.connection.execute(
            delete(table).where(table.c.user_id == user_id, table.c.used_at.is_(None))
        )
        await self.connection.execute(
            insert(table).values(
                token_sha256=token_sha256, user_id=user_id, created_at=now, expires_at=expires_at
            )
        )

    async def invited(self, token_sha256: bytes, now: datetime) -> Person | None:
        """Return whose link holds, or None."""
        table = user_invitations
        statement = select(table.c.user_id).where(
            table.c.token_sha256 == token_sha256,
            table.c.used_at.is_(None),
            table.c.expires_at > now,
        )
        user_id = (await self.connection.execute(statement)).scalar_one_or_none()
        person = await self._one(user_id) if user_id is not None else None
        return None if person is None or person.disabled_at is not None else person

    async def use_invitation(self, token_sha256: bytes, now: datetime) -> bool:
        """Use a link up; say whether it still held."""
        table = user_invitations
        statement = (
            update(table)
            .where(table.c.token_sha256 == token_sha256, table.c.used_at.is_(None))
            .values(used_at=now)
            .returning(table.c.user_id)
        )
        return (await self.connection.execute(statement)).first() is not None

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Keep a password in place of an older one."""
        await self.connection.execute(
            update(users).where(users.c.user_id == user_id).values(password_hash=password_hash)
        )

    async def set_disabled(self, user_id: str, at: datetime | None) -> None:
        """Let a person in no more, or again with None."""
        await self.connection.execute(
            update(users).where(users.c.user_id == user_id).values(disabled_at=at)
        )

    async def end_logins(self, user_id: str, handle: str | None = None) -> int:
        """End the logins of a person, or one of them; return how many."""
        statement = delete(sessions).where(sessions.c.user_id == user_id)
        if handle is not None:
            statement = statement.where(sessions.c.token_sha256 == bytes.fromhex(handle))
        return (await self.connection.execute(statement)).rowcount

    async def logins(self, user_id: str, now: datetime) -> list[Login]:
        """Return the logins of a person that hold, the newest first; at most `LOGINS_MAX`."""
        statement = (
            select(sessions, phones.c.label)
            .outerjoin(phones, phones.c.phone_id == sessions.c.phone_id)
            .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
            .order_by(sessions.c.created_at.desc())
            .limit(LOGINS_MAX)
        )
        return [
            Login(
                handle=bytes(row["token_sha256"]).hex(),
                began_at=row["created_at"],
                expires_at=row["expires_at"],
                phone=row["label"] or "",
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        """Append to the log of what people did."""
        await append_audit(
            self.connection, at=at, actor=actor, action=action, subject=subject, detail=detail
        )


def _everybody() -> Select[tuple[object, ...]]:
    """Return the statement of all people, with their logins and the link that waits."""
    logins = (
        select(
            sessions.c.user_id,
            func.count().label("logins"),
            func.max(sessions.c.created_at).label("last_login_at"),
        )
        .group_by(sessions.c.user_id)
        .subquery()
    )
    links = (
        select(
            user_invitations.c.user_id,
            func.max(user_invitations.c.expires_at).label("invited_until"),
        )
        .where(user_invitations.c.used_at.is_(None))
        .group_by(user_invitations.c.user_id)
        .subquery()
    )
    return (
        select(users, logins.c.logins, logins.c.last_login_at, links.c.invited_until)
        .outerjoin(logins, logins.c.user_id == users.c.user_id)
        .outerjoin(links, links.c.user_id == users.c.user_id)
        .order_by(users.c.login_name)
    )


def _person(row: RowMapping) -> Person:
    return Person(
        user_id=UserId(row["user_id"]),
        login_name=row["login_name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        has_password=row["password_hash"] != NO_PASSWORD,
        logins=row["logins"] or 0,
        last_login_at=row["last_login_at"],
        invited_until=row["invited_until"],
    )
