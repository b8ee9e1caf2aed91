"""Witnesses: who may be the second person at a count, their PINs, and their confirmations."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.errors import Conflict, Malformed, NotAllowed, NotFound
from jimpitan_server.domain.ids import is_short_name
from jimpitan_server.domain.witness import (
    WITNESS_WITHIN,
    Tries,
    WitnessState,
    check_pin,
)
from jimpitan_server.services.enrol import TOKEN_BYTES, fingerprint
from jimpitan_server.services.login import Passwords

INSTITUTION_LENGTH_MAX = 120
# Long enough to be passed on by a message and opened in the evening.
INVITATION_VALID = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A person of an institution who may confirm counts and does not log in."""

    witness_id: str
    name: str
    institution: str
    has_pin: bool = False
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPin:
    """A person, user or registered witness, with what is kept of the PIN."""

    person_id: str
    pin_hash: str | None = field(repr=False)
    tries: Tries = field(default_factory=Tries)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountToWitness:
    """The count that somebody confirms."""

    collection_id: str
    collector: str
    recorded_at: datetime
    is_witnessed: bool
    is_void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A try that is counted already and still to be looked at."""

    collection_id: str
    person_id: str
    pin_hash: str = field(repr=False)
    locks: bool


class WitnessStore(Protocol):
    """One open transaction, for witnesses, PINs and confirmations."""

    async def person_of_name(self, name: str) -> PersonPin | None:
        """Return the user or witness of this name who may confirm; its tries are locked."""
        ...

    async def is_name_taken(self, name: str) -> bool:
        """Say whether a user or a witness was ever added under this name."""
        ...

    async def add_witness(self, witness: Witness, *, actor: str, now: datetime) -> bool:
        """Keep a new witness; say whether nobody took the name meanwhile."""
        ...

    async def witness_of_name(self, name: str) -> Witness | None:
        """Return the witness of this name, also one who was withdrawn."""
        ...

    async def withdraw_witness(self, witness_id: str, *, now: datetime) -> None:
        """Let a witness confirm no more."""
        ...

    async def add_invitation(
        self, token_sha256: bytes, witness_id: str, *, now: datetime, expires_at: datetime
    ) -> None:
        """Keep an invitation to set a PIN; older ones of the same witness end."""
        ...

    async def take_invitation(self, token_sha256: bytes, now: datetime) -> str | None:
        """Use an invitation up; return whose it was, or None if it does not hold."""
        ...

    async def keep_pin(self, person_id: str, pin_hash: str, now: datetime) -> None:
        """Keep a PIN in place of an older one, and forget wrong tries."""
        ...

    async def keep_tries(self, person_id: str, tries: Tries) -> None:
        """Keep how many wrong tries there were."""
        ...

    async def count_to_witness(self, collection_id: str) -> CountToWitness | None:
        """Return a count, or None."""
        ...

    async def add_confirmation(self, collection_id: str, person_id: str, now: datetime) -> bool:
        """Keep that a person confirmed a count; say whether nobody had."""
        ...

    async def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: dict[str, object]
    ) -> None:
        """Append to the log of what people did."""
        ...


async def add_witness(
    store: WitnessStore, *, name: str, institution: str, actor: str, now: datetime
) -> Witness:
    """Make a person of an institution known as a witness."""
    told = institution.strip()
    if not is_short_name(name):
        raise Malformed("A name has 1 to 32 characters of a-z, 0-9, dot, _ and hyphen.")
    if not 0 < len(told) <= INSTITUTION_LENGTH_MAX or not told.isprintable():
        raise Malformed(
            f"Name the institution of the witness in at most {INSTITUTION_LENGTH_MAX} characters."
        )
    witness = Witness(witness_id=f"witness-{secrets.token_hex(8)}", name=name, institution=told)
    if await store.is_name_taken(name) or not await store.add_witness(
        witness, actor=actor, now=now
    ):
        raise Conflict(f"Somebody has the name {name} already.", code="witness_exists")
    await _audit(store, now, actor, "witness_added", witness.witness_id)
    return witness


async def invite(store: WitnessStore, *, name: str, actor: str, now: datetime) -> str:
    """Return a token with which a witness sets her PIN, once; it is shown only now."""
    witness = await _standing(store, name)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.add_invitation(
        fingerprint(token), witness.witness_id, now=now, expires_at=now + INVITATION_VALID
    )
    await _audit(store, now, actor, "witness_invited", witness.witness_id)
    return token


async def withdraw(store: WitnessStore, *, name: str, actor: str, now: datetime) -> None:
    """Let a witness confirm no more; what was confirmed stays."""
    witness = await _standing(store, name)
    await store.withdraw_witness(witness.witness_id, now=now)
    await _audit(store, now, actor, "witness_withdrawn", witness.witness_id)


async def _standing(store: WitnessStore, name: str) -> Witness:
    witness = await store.witness_of_name(name)
    if witness is None or witness.withdrawn_at is not None:
        raise NotFound(f"There is no witness {name[:32]}.", code="witness_unknown")
    return witness


async def set_invited_pin(
    store: WitnessStore, passwords: Passwords, *, token: str, pin: str, now: datetime
) -> None:
    """Keep the PIN of who was invited; the invitation ends with it."""
    check_pin(pin)
    person = await store.take_invitation(fingerprint(token), now)
    if person is None:
        raise NotFound(
            "This invitation was used or is too old: ask for another.", code="invitation_unknown"
        )
    await _keep_pin(store, passwords, person, pin, actor=person, now=now)


async def set_pin(
    store: WitnessStore,
    passwords: Passwords,
    *,
    person_id: str,
    pin: str,
    actor: str,
    now: datetime,
) -> None:
    """Keep the PIN of a person whom we know by a login or at the terminal."""
    check_pin(pin)
    await _keep_pin(store, passwords, person_id, pin, actor=actor, now=now)


async def _keep_pin(
    store: WitnessStore,
    passwords: Passwords,
    person_id: str,
    pin: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    await store.keep_pin(person_id, await passwords.hash(pin), now)
    await _audit(store, now, actor, "pin_set", person_id)


async def begin_confirming(
    store: WitnessStore, *, collection_id: str, name: str, actor: str, now: datetime
) -> WitnessState | Try:
    """Count one try to confirm a count; the PIN is looked at outside of the transaction.

    It counts as wrong until it proves right, so that many tries at once are many tries.
    """
    count = await store.count_to_witness(collection_id)
    if count is None or count.is_void:
        raise NotFound(
            f"There is no count {collection_id} that stands.", code="collection_unknown"
        )
    if count.collector != actor:
        raise NotAllowed("A count is confirmed on the phone of the person who counted.")
    if count.is_witnessed:
        return WitnessState.CONFIRMED
    if now > count.recorded_at + WITNESS_WITHIN:
        return WitnessState.LATE
    person = await store.person_of_name(name) if is_short_name(name) else None
    if person is None or person.pin_hash is None:
        return WitnessState.UNKNOWN
    if person.person_id == count.collector:
        return WitnessState.OWN
    if person.tries.is_locked(now):
        return WitnessState.LOCKED
    tries = person.tries.after_one_more(now)
    await store.keep_tries(person.person_id, tries)
    return Try(
        collection_id=collection_id,
        person_id=person.person_id,
        pin_hash=person.pin_hash,
        locks=tries.is_locked(now),
    )


async def end_confirming(
    store: WitnessStore, begun: Try, *, is_right: bool, actor: str, now: datetime
) -> WitnessState:
    """Keep what a try came to."""
    subject = begun.person_id
    if not is_right:
        action = "pin_locked" if begun.locks else "pin_wrong"
        await _audit(store, now, actor, action, subject, count=begun.collection_id)
        return WitnessState.LOCKED if begun.locks else WitnessState.PIN_WRONG
    await store.keep_tries(subject, Tries())
    if await store.add_confirmation(begun.collection_id, subject, now):
        await _audit(store, now, actor, "count_witnessed", begun.collection_id, witness=subject)
    return WitnessState.CONFIRMED


async def _audit(
    store: WitnessStore, at: datetime, actor: str, action: str, subject: str, **detail: object
) -> None:
    await store.append_audit(at=at, actor=actor, action=action, subject=subject, detail=detail)
