"""The database of one transaction, as the banks' doors see it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import bank_partner_rows, hint_rows
from jimpitan_server.adapters.database.bank_schema import access_tokens
from jimpitan_server.adapters.database.money_store import DatabaseMoney
from jimpitan_server.domain.partner import BankPartner, KeyPurpose
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_bank import (
    HintOutcome,
    HintRow,
    KeyView,
    RefundRow,
    TokenRow,
)


@dataclass(frozen=True, slots=True)
class DatabaseBank(DatabaseMoney):
    """Every store of `ports_bank` on one open transaction."""

    async def add_hint(self, row: HintRow) -> bool:
        """Keep a hint; say whether it said anything new."""
        return await hint_rows.add_hint(self.connection, row)

    async def messages_on(self, partner_id: str, day: date) -> int:
        """Return how many messages of a partner were kept on a bank day."""
        return await hint_rows.messages_on(self.connection, partner_id, day)

    async def add_refund(self, row: RefundRow) -> bool:
        """Keep a refund; say whether it said anything new."""
        return await hint_rows.add_refund(self.connection, row)

    async def refund_of(self, partner_id: str, payment_key: str) -> Rupiah | None:
        """Return the amount of a refund that was told of this payment, or None."""
        return await hint_rows.refund_of(self.connection, partner_id, payment_key)

    async def end_hint(self, hint_id: int, outcome: HintOutcome, now: datetime) -> bool:
        """Let a hint end; say whether it was open until now."""
        return await hint_rows.end_hint(self.connection, hint_id, outcome, now)

    async def is_named(self, account: str, names: Iterable[str]) -> bool:
        """Say whether a payment of this account has one of these as reference or RRN."""
        return await hint_rows.is_named(self.connection, account, sorted(names))

    async def add_token(self, row: TokenRow, *, kept_max: int) -> None:
        """Keep a token; the oldest of the partner beyond `kept_max` end."""
        table = access_tokens
        await self.connection.execute(
            insert(table).values(
                token_sha256=row.token_sha256,
                partner_id=row.partner_id,
                issued_at=row.issued_at,
                expires_at=row.expires_at,
            )
        )
        beyond = (
            select(table.c.token_sha256)
            .where(table.c.partner_id == row.partner_id)
            .order_by(table.c.issued_at.desc(), table.c.token_sha256)
            .offset(kept_max)
        )
        old = list((await self.connection.execute(beyond)).scalars())
        if old:
            await self.connection.execute(delete(table).where(table.c.token_sha256.in_(old)))

    async def names_taken(self, *names: str) -> bool:
        """Say whether a partner was ever added under one of these names."""
        return await bank_partner_rows.names_taken(self.connection, *names)

    async def add_partner(self, partner: BankPartner, *, profile: str, now: datetime) -> None:
        """Keep a new partner."""
        await bank_partner_rows.add_partner(self.connection, partner, profile=profile, now=now)

    async def add_key(self, values: Mapping[str, Any]) -> int:
        """Keep a key; return its number."""
        return await bank_partner_rows.add_key(self.connection, values)

    async def keys_of(self, partner_id: str) -> tuple[KeyView, ...]:
        """Return every key of a partner, revoked ones too."""
        return await bank_partner_rows.keys_of(self.connection, partner_id)

    async def revoke_key(self, partner_id: str, key_id: int, now: datetime) -> KeyPurpose | None:
        """Let a key count no longer; return its purpose, None if there is none such."""
        return await bank_partner_rows.revoke_key(self.connection, partner_id, key_id, now)

    async def revoke_partner(self, partner_id: str, now: datetime) -> bool:
        """Believe a partner no longer; say whether it was believed until now."""
        return await bank_partner_rows.revoke_partner(self.connection, partner_id, now)

    async def end_tokens(self, partner_id: str) -> None:
        """End every access token of a partner."""
        await bank_partner_rows.end_tokens(self.connection, partner_id)


async def holder_of_token(
    connection: AsyncConnection, token_sha256: bytes, now: datetime
) -> tuple[str, datetime] | None:
    """Return whose a token is and until when, unless it is over."""
    table = access_tokens
    statement = select(table.c.partner_id, table.c.expires_at).where(
        table.c.token_sha256 == token_sha256, table.c.expires_at > now
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def end_old_tokens(connection: AsyncConnection, now: datetime) -> int:
    """Forget access tokens that are over; return how many."""
    done = await connection.execute(delete(access_tokens).where(access_tokens.c.expires_at <= now))
    return done.rowcount
