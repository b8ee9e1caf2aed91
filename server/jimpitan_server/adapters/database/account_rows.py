"""Keeps the programme's bank accounts, and how QRIS payments reach each of them."""

from collections import defaultdict
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import account_settlements, accounts
from jimpitan_server.adapters.database.statement_rows import next_generation
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.settlement import Settlement


async def account(connection: AsyncConnection, account_id: str) -> Account | None:
    """Return an account, or None."""
    found = [one for one in await all_accounts(connection) if one.account_id == account_id]
    return found[0] if found else None


async def all_accounts(connection: AsyncConnection) -> list[Account]:
    """Return every account in the order of its id, with the changes of its settlement."""
    table = account_settlements
    changed = select(table).order_by(table.c.change_id)
    by_account: dict[str, dict[date, str]] = defaultdict(dict)
    for row in (await connection.execute(changed)).mappings():
        by_account[row["account_id"]][row["valid_from"]] = row["profile"]
    statement = select(accounts.c.account_id, accounts.c.settlement)
    rows = await connection.execute(statement.order_by(accounts.c.account_id))
    return [
        Account(
            account_id=one,
            settlement=Settlement(by),
            changes=tuple(sorted(by_account[one].items())),
        )
        for one, by in rows
    ]


async def add_account(connection: AsyncConnection, new: Account, now: datetime) -> None:
    """Keep a new account."""
    await connection.execute(
        insert(accounts).values(
            account_id=new.account_id, settlement=new.settlement.value, created_at=now
        )
    )


async def add_settlement(
    connection: AsyncConnection,
    account_id: str,
    *,
    profile: str,
    valid_from: date,
    actor: str,
    now: datetime,
) -> None:
    """Keep how an account settles from a day on; what was matched before is too old."""
    await connection.execute(
        insert(account_settlements).values(
            account_id=account_id,
            valid_from=valid_from,
            profile=profile,
            actor=actor,
            recorded_at=now,
        )
    )
    await next_generation(connection)
