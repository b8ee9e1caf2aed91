"""Makes bank partners known, changes their keys with an overlap, and revokes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.partner import Account, BankPartner, KeyPurpose, wanted_keys
from jimpitan_server.services.partner import add_account
from jimpitan_server.services.ports_bank import KeyView
from jimpitan_server.services.ports_money import PartnerStore

# Old ones stay as evidence; a partner that needs more is another partner.
KEYS_KEPT_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as a person hands it in; without `valid_from` it counts at once."""

    purpose: KeyPurpose
    text: str = field(repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a key that would never count."""
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise Malformed("A key counts from an instant until a later one.")


class BankPartnerStore(PartnerStore, Protocol):
    """One open transaction, for bank partners and their keys."""

    async def names_taken(self, *names: str) -> bool:
        """Say whether a partner was ever added under one of these names."""
        ...

    async def add_partner(self, partner: BankPartner, *, profile: str, now: datetime) -> None:
        """Keep a new partner."""
        ...

    async def add_key(self, values: Mapping[str, Any]) -> int:
        """Keep a key; return its number."""
        ...

    async def keys_of(self, partner_id: str) -> tuple[KeyView, ...]:
        """Return every key of a partner, revoked ones too."""
        ...

    async def revoke_key(self, partner_id: str, key_id: int, now: datetime) -> KeyPurpose | None:
        """Let a key count no longer; return its purpose, None if there is none such."""
        ...

    async def revoke_partner(self, partner_id: str, now: datetime) -> bool:
        """Believe a partner no longer; say whether it was believed until now."""
        ...

    async def end_tokens(self, partner_id: str) -> None:
        """End every access token of a partner."""
        ...


Keeper = Callable[[BankPartner, NewKey], Mapping[str, Any]]


async def add_partner(
    store: BankPartnerStore,
    partner: BankPartner,
    account: Account,
    *,
    profile: str,
    keys: Sequence[NewKey],
    keep: Keeper,
    now: datetime,
) -> None:
    """Make a bank partner known with the account it pays into and the keys it cannot lack."""
    missing = set(wanted_keys(partner.profile)) - {key.purpose for key in keys}
    if missing:
        raise Malformed(
            f"Profile {partner.profile.name} needs a key for: {', '.join(sorted(missing))}.",
            code="key_missing",
        )
    kept = [keep(partner, key) for key in keys]
    await add_account(store, account, now)
    if await store.names_taken(partner.partner_id, partner.client):
        raise Conflict(f"There is a partner {partner.partner_id} already.", code="partner_exists")
    await store.add_partner(partner, profile=profile, now=now)
    for values in kept:
        await store.add_key(values)


async def add_key(
    store: BankPartnerStore, partner: BankPartner, key: NewKey, *, keep: Keeper
) -> int:
    """Give a partner one more key; those it has go on counting until they end."""
    kept = keep(partner, key)
    there = await store.keys_of(partner.partner_id)
    if len(there) >= KEYS_KEPT_MAX:
        raise Conflict(f"A partner has at most {KEYS_KEPT_MAX} keys.", code="keys_many")
    return await store.add_key(kept)


async def revoke_key(
    store: BankPartnerStore, partner_id: str, key_id: int, now: datetime
) -> KeyPurpose:
    """Let a key count no longer; tokens given out on it end too."""
    purpose = await store.revoke_key(partner_id, key_id, now)
    if purpose is None:
        raise NotFound(
            f"Partner {partner_id} has no key {key_id} that counts.", code="key_unknown"
        )
    if purpose is KeyPurpose.TOKEN:
        await store.end_tokens(partner_id)
    return purpose


async def revoke_partner(store: BankPartnerStore, partner_id: str, now: datetime) -> None:
    """Believe a partner no longer; what it said stays."""
    if not await store.revoke_partner(partner_id, now):
        raise NotFound(f"There is no partner {partner_id}.", code="partner_unknown")
