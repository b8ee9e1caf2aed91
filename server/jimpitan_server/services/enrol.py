"""Makes boxes and gateways known: keys come in once, wrapped, and tokens go out once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.errors import Conflict, Malformed, NotAuthenticated
from jimpitan_server.domain.ids import BoxId, GatewayId, is_box_id, is_short_name
from jimpitan_server.services.ports import KeyStore, WrappedKey

KEY_LENGTH = 32
EPOCH_MAX = 0xFFFFFFFF
TOKEN_BYTES = 32
TOKEN_VALID = timedelta(hours=24)


class Vault(Protocol):
    """Closes box keys away and opens them again."""

    def close(self, box: BoxId, epoch: int, key: bytes) -> bytes:
        """Return a box key as it is stored."""
        ...

    def open(self, item: WrappedKey) -> bytes:
        """Return a box key that was stored."""
        ...


class EnrolmentStore(KeyStore, Protocol):
    """One open transaction, for making things known."""

    async def epochs_of(self, box: BoxId) -> list[int]:
        """Return the epochs of a box of which a key is kept; empty for an unknown box."""
        ...

    async def add_box(self, *, box: BoxId, epoch: int, now: datetime) -> None:
        """Keep a new box and open its first holding period."""
        ...

    async def add_key(self, *, box: BoxId, epoch: int, wrapped: bytes, now: datetime) -> None:
        """Keep the key of one more epoch of a known box."""
        ...

    async def add_token(self, *, token_sha256: bytes, now: datetime, expires_at: datetime) -> None:
        """Keep a single-use enrolment token."""
        ...

    async def use_token(self, *, token_sha256: bytes, box: BoxId, now: datetime) -> bool:
        """Use up a token; say whether it was still good."""
        ...

    async def token_used_for(self, token_sha256: bytes) -> str | None:
        """Return the box that a token was used for."""
        ...

    async def is_known_gateway(self, gateway: GatewayId) -> bool:
        """Say whether a gateway of this name exists."""
        ...

    async def add_gateway(self, gateway: GatewayId, *, token_sha256: bytes, now: datetime) -> None:
        """Keep a new gateway."""
        ...


def fingerprint(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256, enough for 32 random bytes."""
    return hashlib.sha256(token.encode()).digest()


async def add_box(
    store: EnrolmentStore,
    *,
    box: str,
    epoch: int,
    key: bytes,
    vault: Vault,
    now: datetime,
) -> None:
    """Make a box known with its first key, or give a known box the key of a newer epoch."""
    if not is_box_id(box):
        raise Malformed("A box id has 1 to 32 characters of a-z, 0-9 and hyphen.")
    if len(key) != KEY_LENGTH:
        raise Malformed("A box key has exactly 32 bytes.")
    if not 0 <= epoch <= EPOCH_MAX:
        raise Malformed("An epoch is a whole number from 0 to 4294967295.")
    box_id = BoxId(box)
    epochs = await store.epochs_of(box_id)
    if epochs and epoch <= epochs[-1]:
        raise Conflict(
            f"Box {box} has a key of epoch {epochs[-1]} already: provision it with a newer epoch.",
            code="epoch_not_newer",
        )
    if not epochs:
        await store.add_box(box=box_id, epoch=epoch, now=now)
    await store.add_key(box=box_id, epoch=epoch, wrapped=vault.close(box_id, epoch, key), now=now)


async def enrol_box(
    store: EnrolmentStore,
    *,
    token: str,
    box: str,
    epoch: int,
    key: bytes,
    vault: Vault,
    now: datetime,
) -> None:
    """Make a box known on the word of a single-use token, which is used up by it.

    The same request sent again, after its answer was lost, changes nothing and succeeds.
    """
    if not is_box_id(box):
        raise Malformed("A box id has 1 to 32 characters of a-z, 0-9 and hyphen.")
    sha256 = fingerprint(token)
    if await store.use_token(token_sha256=sha256, box=BoxId(box), now=now):
        await add_box(store, box=box, epoch=epoch, key=key, vault=vault, now=now)
        return
    if await store.token_used_for(sha256) == box:
        kept = {item.epoch: item for item in await store.wrapped_keys([BoxId(box)])}
        if epoch in kept and vault.open(kept[epoch]) == key:
            return
    raise NotAuthenticated(
        "This enrolment token is unknown, used or expired: make a new one on the server.",
        code="enrolment_token",
    )


async def make_enrolment_token(store: EnrolmentStore, *, now: datetime) -> str:
    """Return a new token for one box, good for one day; only its fingerprint is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.add_token(token_sha256=fingerprint(token), now=now, expires_at=now + TOKEN_VALID)
    return token


async def add_gateway(store: EnrolmentStore, *, gateway: str, now: datetime) -> str:
    """Make a gateway known and return its token; only the fingerprint is kept."""
    if not is_short_name(gateway):
        raise Malformed("A gateway id has 1 to 32 characters of a-z, 0-9, dot, _ and hyphen.")
    if await store.is_known_gateway(GatewayId(gateway)):
        raise Conflict(f"There is a gateway {gateway} already.", code="gateway_exists")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.add_gateway(GatewayId(gateway), token_sha256=fingerprint(token), now=now)
    return token
