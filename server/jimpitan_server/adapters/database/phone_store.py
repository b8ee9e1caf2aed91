"""Keeps phones and their invitations, beside the people they belong to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from jimpitan_server.adapters.database.phone_schema import phone_invitations, phones
from jimpitan_server.adapters.database.schema import sessions, users
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.user import User
from jimpitan_server.services.enrol_phone import SEEN_EVERY, Phone

PHONES_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class DatabasePhones(DatabaseUsers):
    """`PhoneStore` on an open transaction."""

    async def add_invitation(
        self,
        token_sha256: bytes,
        *,
        user_id: UserId,
        pin_hash: str,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep an invitation; older ones of the same person end."""
        table = phone_invitations
        await self.connection.execute(
            update(table)
            .where(table.c.user_id == user_id, table.c.used_at.is_(None))
            .values(used_at=now)
        )
        await self.connection.execute(
            insert(table).values(
                token_sha256=token_sha256,
                user_id=user_id,
                pin_hash=pin_hash,
                created_at=now,
                expires_at=expires_at,
            )
        )

    async def try_invitation(
        self, token_sha256: bytes, *, tries_max: int, now: datetime
    ) -> tuple[UserId, str] | None:
        """Count one try; return whose invitation it is and the hash of its PIN, if it holds."""
        table = phone_invitations
        statement = (
            update(table)
            .where(
                table.c.token_sha256 == token_sha256,
                table.c.used_at.is_(None),
                table.c.expires_at > now,
                table.c.wrong < tries_max,
            )
            .values(wrong=table.c.wrong + 1)
            .returning(table.c.user_id, table.c.pin_hash)
        )
        row = (await self.connection.execute(statement)).first()
        return None if row is None else (UserId(row[0]), str(row[1]))

    async def use_invitation(self, token_sha256: bytes, *, now: datetime) -> bool:
        """End an invitation; say whether it still held."""
        table = phone_invitations
        statement = (
            update(table)
            .where(table.c.token_sha256 == token_sha256, table.c.used_at.is_(None))
            .values(used_at=now)
            .returning(table.c.user_id)
        )
        return (await self.connection.execute(statement)).first() is not None

    async def user(self, user_id: UserId) -> User | None:
        """Return a person."""
        statement = select(users.c.login_name).where(users.c.user_id == user_id)
        login_name = (await self.connection.execute(statement)).scalar_one_or_none()
        return None if login_name is None else await self.user_of_login(login_name)

    async def add_phone(self, phone_id: str, user: User, *, label: str, now: datetime) -> None:
        """Keep a new phone."""
        await self.connection.execute(
            insert(phones).values(
                phone_id=phone_id,
                user_id=user.user_id,
                label=label,
                enrolled_at=now,
                last_seen_at=now,
            )
        )

    async def revoke_phone(self, phone_id: str, *, actor: str, now: datetime) -> bool:
        """Let a phone's sessions hold no more; say whether there is such a phone."""
        known = select(phones.c.phone_id).where(phones.c.phone_id == phone_id)
        await self.connection.execute(
            update(phones)
            .where(phones.c.phone_id == phone_id, phones.c.revoked_at.is_(None))
            .values(revoked_at=now, revoked_by=actor)
        )
        return (await self.connection.execute(known)).first() is not None

    async def phones(self) -> list[Phone]:
        """Return the phones: those that hold before those that were revoked, newest first."""
        statement = (
            select(phones, users.c.login_name)
            .join(users, users.c.user_id == phones.c.user_id)
            .order_by(phones.c.revoked_at.is_not(None), phones.c.last_seen_at.desc())
            .limit(PHONES_SHOWN)
        )
        return [
            Phone(
                phone_id=row["phone_id"],
                user_id=UserId(row["user_id"]),
                login_name=row["login_name"],
                label=row["label"],
                enrolled_at=row["enrolled_at"],
                last_seen_at=row["last_seen_at"],
                revoked_at=row["revoked_at"],
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def is_long_unseen(self, phone_id: str, now: datetime) -> bool:
        """Say whether it is time to write down that a phone was seen."""
        statement = select(phones.c.phone_id).where(
            phones.c.phone_id == phone_id, phones.c.last_seen_at < now - SEEN_EVERY
        )
        return (await self.connection.execute(statement)).first() is not None

    async def note_seen(self, phone_id: str, now: datetime) -> None:
        """Keep when a phone was seen."""
        await self.connection.execute(
            update(phones).where(phones.c.phone_id == phone_id).values(last_seen_at=now)
        )

    async def is_revoked(self, token_sha256: bytes) -> bool:
        """Say whether a session does not hold because its phone was revoked."""
        statement = (
            select(phones.c.phone_id)
            .join(sessions, sessions.c.phone_id == phones.c.phone_id)
            .where(sessions.c.token_sha256 == token_sha256, phones.c.revoked_at.is_not(None))
        )
        return (await self.connection.execute(statement)).first() is not None
