"""Enrols a collector's phone with a link and a PIN, each told another way, and revokes it.

The link holds once and for two days; it is worth nothing without the PIN, and five wrong PINs
end it. A phone stays logged in for long, so what protects it is that it can be revoked at once.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.errors import Malformed, NotAllowed, NotFound
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.user import Role, User
from jimpitan_server.domain.witness import PIN_LENGTH, TRIES_MAX
from jimpitan_server.services.enrol import TOKEN_BYTES, fingerprint
from jimpitan_server.services.login import LoggedIn, Passwords, UserStore, open_session

INVITATION_VALID = timedelta(days=2)
LABEL_LENGTH_MAX = 40
# Told to a person by the minute at best; looking at a day is no reason to write each time.
SEEN_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone that was enrolled, and how it stands."""

    phone_id: str
    user_id: UserId
    login_name: str
    label: str
    enrolled_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an admin passes on: the link's token in one way, the PIN in another. Shown once."""

    token: str = field(repr=False)
    pin: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneTry:
    """A try that is counted already and still to be looked at."""

    token_sha256: bytes
    user: User
    pin_hash: str = field(repr=False)


class PhoneStore(UserStore, Protocol):
    """One open transaction, for phones and their invitations."""

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
        ...

    async def try_invitation(
        self, token_sha256: bytes, *, tries_max: int, now: datetime
    ) -> tuple[UserId, str] | None:
        """Count one try; return whose invitation it is and the hash of its PIN, if it holds."""
        ...

    async def use_invitation(self, token_sha256: bytes, *, now: datetime) -> bool:
        """End an invitation; say whether it still held."""
        ...

    async def user(self, user_id: UserId) -> User | None:
        """Return a person."""
        ...

    async def add_phone(self, phone_id: str, user: User, *, label: str, now: datetime) -> None:
        """Keep a new phone."""
        ...

    async def revoke_phone(self, phone_id: str, *, actor: str, now: datetime) -> bool:
        """Let a phone's sessions hold no more; say whether there is such a phone."""
        ...


async def invite_phone(
    store: PhoneStore, passwords: Passwords, *, login_name: str, actor: str, now: datetime
) -> Invitation:
    """Return a link's token and a PIN for the phone of a collector."""
    user = await store.user_of_login(login_name)
    if user is None or user.is_disabled or user.role is not Role.COLLECTOR:
        raise NotFound("There is no such collector.", code="collector_unknown")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    pin = f"{secrets.randbelow(10**PIN_LENGTH):0{PIN_LENGTH}}"
    expires_at = now + INVITATION_VALID
    await store.add_invitation(
        fingerprint(token),
        user_id=user.user_id,
        pin_hash=await passwords.hash(pin),
        now=now,
        expires_at=expires_at,
    )
    await _audit(store, now, actor, "phone_invited", user.user_id)
    return Invitation(token, pin, expires_at)


async def begin_enrolling(store: PhoneStore, *, token: str, now: datetime) -> PhoneTry:
    """Count one try at an invitation; the PIN is looked at outside of the transaction."""
    token_sha256 = fingerprint(token)
    found = await store.try_invitation(token_sha256, tries_max=TRIES_MAX, now=now)
    user = await store.user(found[0]) if found else None
    if found is None or user is None or user.is_disabled:
        raise NotFound(
            "This link was used, is too old, or had too many wrong PINs: ask for another.",
            code="invitation_unknown",
        )
    return PhoneTry(token_sha256=token_sha256, user=user, pin_hash=found[1])


async def end_enrolling(
    store: PhoneStore,
    begun: PhoneTry,
    *,
    is_right: bool,
    label: str,
    now: datetime,
    valid: timedelta,
) -> LoggedIn | None:
    """Enrol the phone and log it in; None where the PIN was wrong."""
    if not is_right:
        await _audit(store, now, begun.user.user_id, "phone_pin_wrong", begun.user.user_id)
        return None
    if not await store.use_invitation(begun.token_sha256, now=now):
        raise NotAllowed("This link was used a moment ago.", code="invitation_unknown")
    phone_id = f"phone-{secrets.token_hex(8)}"
    await store.add_phone(phone_id, begun.user, label=label_of(label), now=now)
    await _audit(store, now, begun.user.user_id, "phone_enrolled", phone_id)
    return await open_session(store, begun.user, now=now, valid=valid, phone_id=phone_id)


def label_of(text: str) -> str:
    """Return the name of a phone as it is kept, or refuse it."""
    told = " ".join(text.split()) or "HP"
    if len(told) > LABEL_LENGTH_MAX or not told.isprintable():
        raise Malformed(f"The name of a phone has at most {LABEL_LENGTH_MAX} characters.")
    return told


async def revoke(store: PhoneStore, *, phone_id: str, actor: str, now: datetime) -> None:
    """Let a phone in no more, from this moment; what is on it stays there."""
    if not await store.revoke_phone(phone_id, actor=actor, now=now):
        raise NotFound("There is no such phone.", code="phone_unknown")
    await _audit(store, now, actor, "phone_revoked", phone_id)


async def _audit(store: PhoneStore, at: datetime, actor: str, action: str, subject: str) -> None:
    await store.append_audit(at=at, actor=actor, action=action, subject=subject, detail={})
