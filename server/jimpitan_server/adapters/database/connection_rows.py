"""Keeps how we ask banks ourselves, and how far their statements are fetched."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.bank_profiles import profile_named
from jimpitan_server.adapters.database.bank_schema import bank_backfills, bank_connections
from jimpitan_server.adapters.database.money_schema import bank_partners
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.bank_connection import BankConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """How far a bank's statement is fetched, and when to go on."""

    partner_id: str
    done_until: date | None
    due_at: datetime
    attempts: int


async def connect(connection: AsyncConnection, new: BankConnection, now: datetime) -> None:
    """Keep how a bank is asked; a later word replaces the earlier one."""
    values = {
        "base_url": new.base_url,
        "client_id": new.client_id,
        "profile": new.profile.name,
        "token_path": new.token_path,
        "query_path": new.query_path,
        "statement_path": new.statement_path,
        "channel_id": new.channel_id,
        "merchant_id": new.merchant_id,
        "account_no": new.account_no,
        "statement_from": new.statement_from,
        "connected_at": now,
    }
    statement = upsert(connection, bank_connections).values(partner_id=new.partner_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["partner_id"], set_=values)
    )
    backfill = upsert(connection, bank_backfills).values(
        partner_id=new.partner_id, done_until=None, due_at=now, attempts=0
    )
    await connection.execute(
        backfill.on_conflict_do_update(
            index_elements=["partner_id"], set_={"due_at": now, "attempts": 0}
        )
    )


async def connections(connection: AsyncConnection) -> list[BankConnection]:
    """Return how each bank that is not revoked is asked."""
    table = bank_connections
    statement = (
        select(table)
        .join(bank_partners, bank_partners.c.partner_id == table.c.partner_id)
        .where(bank_partners.c.revoked_at.is_(None))
        .order_by(table.c.partner_id)
    )
    return [
        BankConnection(
            partner_id=row["partner_id"],
            base_url=row["base_url"],
            client_id=row["client_id"],
            profile=profile_named(row["profile"]),
            token_path=row["token_path"],
            query_path=row["query_path"],
            statement_path=row["statement_path"],
            channel_id=row["channel_id"],
            merchant_id=row["merchant_id"],
            account_no=row["account_no"],
            statement_from=row["statement_from"],
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def backfill_due(
    connection: AsyncConnection, partner_id: str, now: datetime
) -> Backfill | None:
    """Return how far a bank's statement is, if it is time to go on."""
    table = bank_backfills
    statement = select(table).where(table.c.partner_id == partner_id, table.c.due_at <= now)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else Backfill(**row)


async def claim_backfill(connection: AsyncConnection, seen: Backfill, until: datetime) -> bool:
    """Take the next step of a statement for this process; False when another was faster."""
    table = bank_backfills
    done = await connection.execute(
        update(table)
        .where(table.c.partner_id == seen.partner_id, table.c.due_at == seen.due_at)
        .values(due_at=until)
    )
    return done.rowcount == 1


async def save_backfill(connection: AsyncConnection, now_is: Backfill) -> None:
    """Keep how far a bank's statement is."""
    table = bank_backfills
    await connection.execute(
        update(table)
        .where(table.c.partner_id == now_is.partner_id)
        .values(done_until=now_is.done_until, due_at=now_is.due_at, attempts=now_is.attempts)
    )
