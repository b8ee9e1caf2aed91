"""Phones of collectors: inviting, enrolling, seeing and revoking them, each as one transaction."""

from dataclasses import dataclass, field
from datetime import timedelta

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.phone_store import DatabasePhones
from jimpitan_server.adapters.passwords import ArgonPasswords
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.user import Session
from jimpitan_server.domain.witness import PIN_LENGTH
from jimpitan_server.services import enrol_phone as enrolling
from jimpitan_server.services.enrol import fingerprint
from jimpitan_server.services.enrol_phone import Invitation, Phone
from jimpitan_server.services.login import LoggedIn, Passwords


@dataclass(frozen=True, slots=True)
class PhoneLogins:
    """The side of the server that knows which phones are a collector's."""

    database: Database
    clock: Clock
    valid: timedelta
    passwords: Passwords = field(default_factory=ArgonPasswords)

    async def invite(self, login_name: str, *, actor: str) -> Invitation:
        """Return a link's token and a PIN for the phone of a collector; shown only now."""
        async with self.database.write() as connection:
            return await enrolling.invite_phone(
                DatabasePhones(connection),
                self.passwords,
                login_name=login_name,
                actor=actor,
                now=self.clock.now(),
            )

    async def enrol(self, token: str, *, pin: str, label: str) -> LoggedIn | None:
        """Enrol the phone that a link was opened on; None where the PIN was wrong."""
        enrolling.label_of(label)
        async with self.database.write() as connection:
            begun = await enrolling.begin_enrolling(
                DatabasePhones(connection), token=token, now=self.clock.now()
            )
        is_right = len(pin) == PIN_LENGTH and await self.passwords.verify(pin, begun.pin_hash)
        async with self.database.write() as connection:
            return await enrolling.end_enrolling(
                DatabasePhones(connection),
                begun,
                is_right=is_right,
                label=label,
                now=self.clock.now(),
                valid=self.valid,
            )

    async def phones(self) -> list[Phone]:
        """Return the phones of all collectors."""
        async with self.database.read() as connection:
            return await DatabasePhones(connection).phones()

    async def revoke(self, phone_id: str, *, actor: str) -> None:
        """Let a phone in no more."""
        async with self.database.write() as connection:
            await enrolling.revoke(
                DatabasePhones(connection), phone_id=phone_id, actor=actor, now=self.clock.now()
            )

    async def note_seen(self, session: Session) -> None:
        """Keep that a phone was seen, not more often than is worth a write."""
        if session.phone_id is None:
            return
        now = self.clock.now()
        async with self.database.read() as connection:
            is_due = await DatabasePhones(connection).is_long_unseen(session.phone_id, now)
        if is_due:
            async with self.database.write() as connection:
                await DatabasePhones(connection).note_seen(session.phone_id, now)

    async def is_revoked(self, token: str) -> bool:
        """Say whether a session does not hold because its phone was revoked."""
        async with self.database.read() as connection:
            return await DatabasePhones(connection).is_revoked(fingerprint(token))
