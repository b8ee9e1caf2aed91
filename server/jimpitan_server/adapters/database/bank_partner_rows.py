"""Keeps bank partners and their keys: public ones as they are, secrets wrapped."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.bank_profiles import profile_described, profile_named
from jimpitan_server.adapters.database.bank_schema import (
    access_tokens,
    bank_connections,
    bank_partner_keys,
)
from jimpitan_server.adapters.database.money_schema import bank_partners
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.bank_profile import SigningProfile
from jimpitan_server.domain.partner import BankPartner, KeyPurpose, PartnerKey
from jimpitan_server.services.ports_bank import KeyView

PARTNERS_SHOWN = 200
CUSTOM = "{"  # a stored profile that begins so was described by a person


def key_purpose(partner_id: str, purpose: str) -> str:
    """Return what a wrapped key of a partner is bound to."""
    return f"partner-key|{partner_id}|{purpose}"


async def partner_named(
    connection: AsyncConnection, name: str, master: MasterKey
) -> BankPartner | None:
    """Return the partner that sends this name, as partner or as client; None when revoked."""
    table = bank_partners
    statement = (
        select(table)
        .where(
            or_(table.c.partner_id == name, table.c.client_key == name),
            table.c.revoked_at.is_(None),
        )
        .order_by(table.c.partner_id != name)
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else await _with_keys(connection, row, master)


async def partner_of_hint(
    connection: AsyncConnection, partner_id: str, master: MasterKey
) -> BankPartner:
    """Return the partner that gave a hint, revoked or not."""
    statement = select(bank_partners).where(bank_partners.c.partner_id == partner_id)
    row = (await connection.execute(statement)).mappings().one()
    return await _with_keys(connection, row, master)


async def all_partners(
    connection: AsyncConnection, master: MasterKey
) -> list[tuple[BankPartner, datetime, datetime | None]]:
    """Return every partner with when it was added and revoked, in the order of its id."""
    statement = select(bank_partners).order_by(bank_partners.c.partner_id).limit(PARTNERS_SHOWN)
    rows = (await connection.execute(statement)).mappings().all()
    return [
        (await _with_keys(connection, row, master), row["created_at"], row["revoked_at"])
        for row in rows
    ]


async def _with_keys(
    connection: AsyncConnection, row: RowMapping, master: MasterKey
) -> BankPartner:
    table = bank_partner_keys
    statement = select(table).where(
        table.c.partner_id == row["partner_id"], table.c.revoked_at.is_(None)
    )
    keys = (await connection.execute(statement.order_by(table.c.key_id))).mappings()
    return BankPartner(
        partner_id=row["partner_id"],
        account=row["account_id"],
        profile=_profile(row["profile"]),
        path=row["path"],
        url=row["url"],
        client_key=row["client_key"],
        token_path=row["token_path"],
        window=timedelta(seconds=row["window_s"]),
        merchant_ids=tuple(json.loads(row["merchant_ids"])),
        keys=tuple(_key(key, master) for key in keys),
    )


def _profile(stored: str) -> SigningProfile:
    if not stored.startswith(CUSTOM):
        return profile_named(stored)
    described = json.loads(stored)
    return profile_described(described["name"], json.dumps(described["fields"]))


def _key(row: RowMapping, master: MasterKey) -> PartnerKey:
    purpose = row["purpose"]
    if row["public_pem"] is not None:
        material = row["public_pem"].encode()
    else:
        bound = key_purpose(row["partner_id"], purpose)
        material = master.unwrap(bytes(row["wrapped"]), purpose=bound)
    return PartnerKey(
        key_id=row["key_id"],
        purpose=KeyPurpose(purpose),
        material=material,
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )


async def names_taken(connection: AsyncConnection, *names: str) -> bool:
    """Say whether a partner, revoked ones too, was ever added under one of these names."""
    table = bank_partners
    statement = select(table.c.partner_id).where(
        or_(table.c.partner_id.in_(names), table.c.client_key.in_(names))
    )
    return (await connection.execute(statement)).first() is not None


async def add_partner(
    connection: AsyncConnection, new: BankPartner, *, profile: str, now: datetime
) -> None:
    """Keep a new partner; `profile` is its name, or the text that describes it."""
    await connection.execute(
        insert(bank_partners).values(
            partner_id=new.partner_id,
            account_id=new.account,
            path=new.path,
            window_s=int(new.window.total_seconds()),
            merchant_ids=json.dumps(list(new.merchant_ids)),
            created_at=now,
            profile=profile,
            url=new.url,
            client_key=new.client,
            token_path=new.token_path,
        )
    )


async def revoke_partner(connection: AsyncConnection, partner_id: str, now: datetime) -> bool:
    """Believe a partner no longer, and end its tokens; say whether it was believed until now."""
    table = bank_partners
    done = await connection.execute(
        update(table)
        .where(table.c.partner_id == partner_id, table.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    await end_tokens(connection, partner_id)
    return done.rowcount == 1


async def end_tokens(connection: AsyncConnection, partner_id: str) -> None:
    """End every access token of a partner."""
    table = access_tokens
    await connection.execute(table.delete().where(table.c.partner_id == partner_id))


async def add_key(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Keep a key; return its number."""
    statement = insert(bank_partner_keys).values(**values)
    done = await connection.execute(statement.returning(bank_partner_keys.c.key_id))
    number: int = done.scalar_one()
    return number


async def revoke_key(
    connection: AsyncConnection, partner_id: str, key_id: int, now: datetime
) -> KeyPurpose | None:
    """Let a key count no longer, whatever it signs; return its purpose, None if there is none."""
    table = bank_partner_keys
    done = await connection.execute(
        update(table)
        .where(
            table.c.partner_id == partner_id,
            table.c.key_id == key_id,
            table.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(table.c.purpose)
    )
    purpose = done.scalar_one_or_none()
    return None if purpose is None else KeyPurpose(purpose)


async def keys_of(connection: AsyncConnection, partner_id: str) -> tuple[KeyView, ...]:
    """Return every key of a partner as people see it, revoked ones too."""
    table = bank_partner_keys
    statement = select(table).where(table.c.partner_id == partner_id).order_by(table.c.key_id)
    return tuple(
        KeyView(
            key_id=row["key_id"],
            purpose=KeyPurpose(row["purpose"]),
            fingerprint=row["fingerprint"],
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
            revoked_at=row["revoked_at"],
        )
        for row in (await connection.execute(statement)).mappings()
    )


async def connected(connection: AsyncConnection) -> set[str]:
    """Return the partners that we may ask ourselves."""
    rows = await connection.execute(select(bank_connections.c.partner_id))
    return set(rows.scalars())
