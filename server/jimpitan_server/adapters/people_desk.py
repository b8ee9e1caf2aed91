"""The desk of people: each act is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.people_store import DatabasePeople
from jimpitan_server.adapters.database.user_store import DatabaseUsers
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.person import FIRST_ADMIN_VALID, Person
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.services import people
from jimpitan_server.services.login import Passwords, check_password
from jimpitan_server.services.people import Invited, Login

FIRST_ADMIN, NAMES_MAX = "admin", 100


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """Who may log in, and how they begin and end."""

    database: Database
    clock: Clock
    passwords: Passwords

    async def people(self) -> Sequence[Person]:
        """Return everybody who was ever added."""
        async with self.database.read() as connection:
            return await DatabasePeople(connection).people()

    async def logins(self, user_id: str) -> list[Login]:
        """Return the logins of a person that hold."""
        async with self.database.read() as connection:
            return await DatabasePeople(connection).logins(user_id, self.clock.now())

    async def invite(self, login_name: str, *, role: str, actor: str) -> Invited:
        """Let somebody new set a password by a link."""
        async with self.database.write() as connection:
            return await people.invite_person(
                DatabasePeople(connection),
                login_name=login_name,
                role=role,
                actor=actor,
                now=self.clock.now(),
            )

    async def invite_again(self, user_id: str, *, actor: str) -> Invited:
        """Let somebody set a new password by a link."""
        async with self.database.write() as connection:
            return await people.invite_again(
                DatabasePeople(connection), user_id, actor=actor, now=self.clock.now()
            )

    async def invite_first(self) -> Invited | None:
        """Return a link for a first admin, fresh each time; None once an admin can log in."""
        now = self.clock.now()
        async with self.database.write() as connection:
            store = DatabasePeople(connection)
            admins = [
                one
                for one in await store.people()
                if one.role is Role.ADMIN and one.disabled_at is None
            ]
            if any(one.has_password for one in admins):
                return None
            user_id = admins[0].user_id if admins else await self._first(store)
            return await people.invite_again(
                store, user_id, actor="console", now=now, valid=FIRST_ADMIN_VALID
            )

    async def _first(self, store: DatabasePeople) -> UserId:
        """Add an admin under the first free name of admin, admin-2, admin-3 and so on."""
        names = (FIRST_ADMIN, *(f"{FIRST_ADMIN}-{number}" for number in range(2, NAMES_MAX)))
        free = [name for name in names if not await store.is_name_taken(name)]
        invited = await people.invite_person(
            store, login_name=free[0], role=Role.ADMIN, actor="console", now=self.clock.now()
        )
        return invited.user_id

    async def look_at_link(self, token: str) -> Person:
        """Return whose link this is."""
        async with self.database.read() as connection:
            return await people.look_at_link(
                DatabasePeople(connection), token, now=self.clock.now()
            )

    async def set_password(self, token: str, password: str) -> Person:
        """Set the password of whoever holds a link."""
        person = await self.look_at_link(token)
        people.check_password_is_good(password, login_name=person.login_name)
        kept = await self.passwords.hash(password)  # slow: before the transaction begins
        async with self.database.write() as connection:
            return await people.set_password_by_link(
                DatabasePeople(connection), token=token, password_hash=kept, now=self.clock.now()
            )

    async def change_password(self, session: Session, *, old: str, new: str) -> None:
        """Set the password of somebody who is logged in and knows the old one."""
        people.check_password_is_good(new, login_name=session.login_name)
        async with self.database.read() as connection:
            await check_password(
                DatabaseUsers(connection),
                self.passwords,
                login_name=session.login_name,
                password=old,
            )
        kept = await self.passwords.hash(new)
        async with self.database.write() as connection:
            await people.change_password(
                DatabasePeople(connection),
                session.user_id,
                password_hash=kept,
                now=self.clock.now(),
            )

    async def disable(self, user_id: str, *, actor: str) -> None:
        """Let a person in no more."""
        async with self.database.write() as connection:
            await people.disable_person(
                DatabasePeople(connection), user_id, actor=actor, now=self.clock.now()
            )

    async def enable(self, user_id: str, *, actor: str) -> None:
        """Let a person in again."""
        async with self.database.write() as connection:
            await people.enable_person(
                DatabasePeople(connection), user_id, actor=actor, now=self.clock.now()
            )

    async def end_logins(self, user_id: str, *, handle: str | None, actor: str) -> int:
        """End one login of a person, or all."""
        async with self.database.write() as connection:
            return await people.end_logins(
                DatabasePeople(connection),
                user_id,
                handle=handle,
                actor=actor,
                now=self.clock.now(),
            )
