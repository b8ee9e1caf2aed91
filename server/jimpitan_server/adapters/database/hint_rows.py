"""Keeps what may be a payment, how far it is known, and what banks said was given back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bank_schema import (
    hint_progress,
    payment_hints,
    payment_refunds,
)
from jimpitan_server.adapters.database.money_schema import (
    notifications,
    payments,
    statement_lines,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_bank import HintOutcome, HintRow, OpenHint, RefundRow

# BRI: ask at the earliest 15 minutes after the transaction.
QUERY_AFTER = timedelta(minutes=15)
OPEN = (
    select(payment_hints, hint_progress.c.attempts)
    .join(hint_progress, hint_progress.c.hint_id == payment_hints.c.hint_id)
    .where(hint_progress.c.ended_at.is_(None))
)


async def add_hint(connection: AsyncConnection, row: HintRow) -> bool:
    """Keep a hint; say whether it said anything new."""
    told = row.notification
    statement = (
        upsert(connection, payment_hints)
        .values(
            partner_id=row.partner_id,
            account_id=row.account,
            payment_key=row.payment_key,
            cause=row.cause.value,
            amount_idr=told.amount.amount,
            reference=told.reference,
            partner_reference=told.partner_reference,
            rrn=told.rrn,
            claimed_box_id=row.claimed_box,
            paid_at=row.paid_at,
            bank_day=row.bank_day,
            notification_id=row.notification_id,
            recorded_at=row.recorded_at,
        )
        .on_conflict_do_nothing(index_elements=["partner_id", "payment_key", "amount_idr"])
        .returning(payment_hints.c.hint_id)
    )
    number = (await connection.execute(statement)).scalar_one_or_none()
    if number is None:
        return False
    due_at = row.recorded_at + QUERY_AFTER
    await connection.execute(
        insert(hint_progress).values(hint_id=number, attempts=0, due_at=due_at)
    )
    return True


async def messages_on(connection: AsyncConnection, partner_id: str, day: date) -> int:
    """Return how many messages of a partner were kept on a bank day."""
    table = notifications
    statement = (
        select(func.count())
        .select_from(table)
        .where(table.c.partner_id == partner_id, table.c.bank_day == day)
    )
    return int((await connection.execute(statement)).scalar_one())


async def add_refund(connection: AsyncConnection, row: RefundRow) -> bool:
    """Keep a refund; say whether it said anything new."""
    statement = (
        upsert(connection, payment_refunds)
        .values(
            partner_id=row.partner_id,
            payment_key=row.payment_key,
            amount_idr=row.amount.amount,
            notification_id=row.notification_id,
            is_signed=row.is_signed,
            told_at=row.told_at,
        )
        .on_conflict_do_nothing(
            index_elements=["partner_id", "payment_key", "amount_idr", "is_signed"]
        )
        .returning(payment_refunds.c.refund_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none() is not None


async def refund_of(
    connection: AsyncConnection, partner_id: str, payment_key: str
) -> Rupiah | None:
    """Return the amount of the first refund that was told of this payment, or None."""
    table = payment_refunds
    statement = (
        select(table.c.amount_idr)
        .where(table.c.partner_id == partner_id, table.c.payment_key == payment_key)
        .order_by(table.c.refund_id)
        .limit(1)
    )
    amount = (await connection.execute(statement)).scalar_one_or_none()
    return None if amount is None else Rupiah(amount)


async def hints_due(
    connection: AsyncConnection, partners: Sequence[str], now: datetime, *, limit: int
) -> list[OpenHint]:
    """Return open hints of these partners that may be asked about now, the oldest first."""
    statement = (
        OPEN.where(
            payment_hints.c.partner_id.in_(partners),
            hint_progress.c.due_at <= now,
            or_(
                payment_hints.c.reference.is_not(None),
                payment_hints.c.partner_reference.is_not(None),
            ),
        )
        .order_by(hint_progress.c.due_at, payment_hints.c.hint_id)
        .limit(limit)
    )
    return await _hints(connection, statement)


def day_of(hint: OpenHint) -> date:
    """Return the bank's day of what may be a payment."""
    return bank_day(hint.paid_at)


async def open_hints(
    connection: AsyncConnection,
    *,
    after: int,
    limit: int,
    recorded_before: datetime | None = None,
) -> list[OpenHint]:
    """Return open hints beyond a number, in the order of their numbers."""
    statement = OPEN.where(payment_hints.c.hint_id > after)
    if recorded_before is not None:
        statement = statement.where(payment_hints.c.recorded_at < recorded_before)
    return await _hints(connection, statement.order_by(payment_hints.c.hint_id).limit(limit))


async def _hints(connection: AsyncConnection, statement: object) -> list[OpenHint]:
    rows = await connection.execute(statement)  # type: ignore[call-overload]
    return [
        OpenHint(
            hint_id=row["hint_id"],
            partner_id=row["partner_id"],
            account=row["account_id"],
            payment_key=row["payment_key"],
            amount=Rupiah(row["amount_idr"]),
            reference=row["reference"],
            partner_reference=row["partner_reference"],
            rrn=row["rrn"],
            notification_id=row["notification_id"],
            paid_at=row["paid_at"],
            recorded_at=row["recorded_at"],
            attempts=row["attempts"],
        )
        for row in rows.mappings()
    ]


async def claim_hint(connection: AsyncConnection, hint: OpenHint, *, due_at: datetime) -> bool:
    """Note that a hint is being asked about; False when another process was faster."""
    table = hint_progress
    done = await connection.execute(
        update(table)
        .where(
            table.c.hint_id == hint.hint_id,
            table.c.attempts == hint.attempts,
            table.c.ended_at.is_(None),
        )
        .values(attempts=hint.attempts + 1, due_at=due_at)
    )
    return done.rowcount == 1


async def end_hint(
    connection: AsyncConnection, hint_id: int, outcome: HintOutcome, now: datetime
) -> bool:
    """Let a hint end; say whether it was open until now."""
    table = hint_progress
    done = await connection.execute(
        update(table)
        .where(table.c.hint_id == hint_id, table.c.ended_at.is_(None))
        .values(outcome=outcome.value, ended_at=now)
    )
    return done.rowcount == 1


async def is_named(connection: AsyncConnection, account: str, names: Sequence[str]) -> bool:
    """Say whether a payment of this account has one of these as reference or RRN."""
    table = payments
    statement = select(table.c.payment_id).where(
        table.c.account_id == account,
        or_(table.c.reference.in_(names), table.c.rrn.in_(names)),
    )
    return (await connection.execute(statement.limit(1))).first() is not None


async def credit_texts(
    connection: AsyncConnection, account: str, *, amount: Rupiah, since: date, until: date
) -> list[str]:
    """Return the texts of statement lines that brought exactly this amount in these days."""
    table = statement_lines
    statement = select(table.c.description, table.c.reference).where(
        table.c.account_id == account,
        table.c.booked_on.between(since, until),
        table.c.amount_idr == amount.amount,
    )
    return [f"{text} {reference}" for text, reference in await connection.execute(statement)]


async def open_by_partner(connection: AsyncConnection) -> dict[str, int]:
    """Return how many hints of each partner are open."""
    table = payment_hints
    statement = (
        select(table.c.partner_id, func.count())
        .join(hint_progress, hint_progress.c.hint_id == table.c.hint_id)
        .where(hint_progress.c.ended_at.is_(None))
        .group_by(table.c.partner_id)
    )
    return dict((await connection.execute(statement)).all())


async def open_of_box(connection: AsyncConnection, box: str) -> tuple[int, Rupiah]:
    """Return how many open hints name a box, and what they would sum up to."""
    table = payment_hints
    statement = (
        select(func.count(), func.coalesce(func.sum(table.c.amount_idr), 0))
        .join(hint_progress, hint_progress.c.hint_id == table.c.hint_id)
        .where(table.c.claimed_box_id == box, hint_progress.c.ended_at.is_(None))
    )
    number, amount = (await connection.execute(statement)).one()
    return int(number), Rupiah(int(amount))
