"""Invites people by a single-use link, by which they set their password; lets them out again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import UserId, is_short_name
from jimpitan_server.domain.person import (
    INVITATION_VALID,
    NO_PASSWORD,
    Person,
    check_may_be_disabled,
)
from jimpitan_server.domain.user import Role, User
from jimpitan_server.services.enrol import TOKEN_BYTES, fingerprint
from jimpitan_server.services.login import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A person and the link's token, which is shown only now."""

    user_id: UserId
    login_name: str
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that holds; `handle` names it and lets nobody in."""

    handle: str
    began_at: datetime
    expires_at: datetime
    phone: str


class PeopleStore(Protocol):
    """One open transaction, for people, their links and their logins."""

    async def is_name_taken(self, name: str) -> bool:
        """Say whether a user or a witness was ever added under this name."""
        ...

    async def add_user(self, user: User, *, now: datetime) -> None:
        """Keep a new person."""
        ...

    async def people(self) -> Sequence[Person]:
        """Return everybody who was ever added, by name."""
        ...

    async def person(self, user_id: str) -> Person | None:
        """Return a person, or None; the row stays locked until the transaction ends."""
        ...

    async def add_invitation(
        self, token_sha256: bytes, user_id: str, *, now: datetime, expires_at: datetime
    ) -> None:
        """Keep a link; older ones of the same person hold no more."""
        ...

    async def invited(self, token_sha256: bytes, now: datetime) -> Person | None:
        """Return whose link holds, or None."""
        ...

    async def use_invitation(self, token_sha256: bytes, now: datetime) -> bool:
        """Use a link up; say whether it still held."""
        ...

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Keep a password in place of an older one."""
        ...

    async def set_disabled(self, user_id: str, at: datetime | None) -> None:
        """Let a person in no more, or again with None."""
        ...

    async def end_logins(self, user_id: str, handle: str | None = None) -> int:
        """End the logins of a person, or one of them; return how many."""
        ...

    async def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        """Append to the log of what people did."""
        ...


async def invite_person(
    store: PeopleStore, *, login_name: str, role: str, actor: str, now: datetime
) -> Invited:
    """Keep a new person, who sets a password by the link."""
    if not is_short_name(login_name):
        raise Malformed("A login name has 1 to 32 characters of a-z, 0-9, dot, _ and hyphen.")
    if role not in set(Role):
        raise Malformed(f"A role is one of: {', '.join(Role)}.")
    if await store.is_name_taken(login_name):
        raise Conflict(f"There is somebody {login_name} already.", code="user_exists")
    user = User(
        user_id=UserId(f"user-{secrets.token_hex(8)}"),
        login_name=login_name,
        role=Role(role),
        password_hash=NO_PASSWORD,
    )
    await store.add_user(user, now=now)
    await _audit(store, actor, "user_invited", user.user_id, now, role=role)
    return await _link(store, user.user_id, login_name, now=now, valid=INVITATION_VALID)


async def invite_again(
    store: PeopleStore,
    user_id: str,
    *,
    actor: str,
    now: datetime,
    valid: timedelta = INVITATION_VALID,
) -> Invited:
    """Return a fresh link, for who forgot the password; the old one holds until it is used."""
    person = await _person(store, user_id)
    if person.disabled_at is not None:
        raise Conflict("Who is disabled gets no link.", code="person_disabled")
    await _audit(store, actor, "user_link_made", user_id, now)
    return await _link(store, person.user_id, person.login_name, now=now, valid=valid)


async def _link(
    store: PeopleStore, user_id: UserId, name: str, *, now: datetime, valid: timedelta
) -> Invited:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.add_invitation(fingerprint(token), user_id, now=now, expires_at=now + valid)
    return Invited(user_id=user_id, login_name=name, token=token, expires_at=now + valid)


async def look_at_link(store: PeopleStore, token: str, *, now: datetime) -> Person:
    """Return whose link this is; looking uses nothing up."""
    found = await store.invited(fingerprint(token), now)
    if found is None:
        raise NotFound("This link was used or is too old.", code="invitation_unknown")
    return found


def check_password_is_good(password: str, *, login_name: str) -> None:
    """Refuse a password that is too short, too long, or the login name."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Malformed(
            f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters.",
            code="password_length",
        )
    if password.casefold() == login_name.casefold():
        raise Malformed("A password is not the login name.", code="password_name")


async def set_password_by_link(
    store: PeopleStore, *, token: str, password_hash: str, now: datetime
) -> Person:
    """Set the password of whoever holds the link; all logins of the person end."""
    person = await look_at_link(store, token, now=now)
    if not await store.use_invitation(fingerprint(token), now):
        raise NotFound("This link was used or is too old.", code="invitation_unknown")
    await _set_password(store, person.user_id, password_hash, now)
    return person


async def _set_password(
    store: PeopleStore, user_id: str, password_hash: str, now: datetime
) -> None:
    await store.set_password(user_id, password_hash)
    ended = await store.end_logins(user_id)
    await _audit(store, user_id, "password_set", user_id, now, logins_ended=ended)


async def change_password(
    store: PeopleStore, user_id: str, *, password_hash: str, now: datetime
) -> None:
    """Set the password of somebody who told the old one; all logins of the person end."""
    await _person(store, user_id)
    await _set_password(store, user_id, password_hash, now)


async def disable_person(store: PeopleStore, user_id: str, *, actor: str, now: datetime) -> None:
    """Let a person in no more and end all logins; what the person did stays."""
    person = await _person(store, user_id)
    check_may_be_disabled(person, await store.people(), actor=actor)
    if person.disabled_at is None:
        await store.set_disabled(user_id, now)
        ended = await store.end_logins(user_id)
        await _audit(store, actor, "user_disabled", user_id, now, logins_ended=ended)


async def enable_person(store: PeopleStore, user_id: str, *, actor: str, now: datetime) -> None:
    """Let a person in again."""
    person = await _person(store, user_id)
    if person.disabled_at is not None:
        await store.set_disabled(user_id, None)
        await _audit(store, actor, "user_enabled", user_id, now)


async def end_logins(
    store: PeopleStore, user_id: str, *, handle: str | None, actor: str, now: datetime
) -> int:
    """End one login of a person, or all; ending one twice changes nothing."""
    await _person(store, user_id)
    ended = await store.end_logins(user_id, handle)
    if ended:
        await _audit(store, actor, "logins_ended", user_id, now, logins_ended=ended)
    return ended


async def _person(store: PeopleStore, user_id: str) -> Person:
    person = await store.person(user_id)
    if person is None:
        raise NotFound("There is no such person.", code="person_unknown")
    return person


async def _audit(
    store: PeopleStore, actor: str, action: str, subject: str, now: datetime, **detail: object
) -> None:
    await store.append_audit(at=now, actor=actor, action=action, subject=subject, detail=detail)
