"""Keeps the messages of banks, and the payments they tell of, each once and for ever."""

import hashlib
from datetime import date

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import (
    fresh_payments,
    notification_bodies,
    notifications,
    payments,
    remittances,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_money import NotificationRow, PaymentRow


async def add_notification(connection: AsyncConnection, row: NotificationRow) -> int | None:
    """Keep a message and return its number; None if its external id came today already."""
    told = row.notification
    statement = upsert(connection, notifications).values(
        partner_id=row.partner,
        bank_day=row.bank_day,
        external_id=row.external_id,
        timestamp=row.timestamp,
        signature=row.signature,
        body_sha256=hashlib.sha256(row.body).digest(),
        status=told.status.value if told else None,
        payment_key=row.payment_key,
        amount_idr=told.amount.amount if told else None,
        fault=row.fault,
        held=row.held,
        received_at=row.received_at,
    )
    kept = statement.on_conflict_do_nothing(
        index_elements=["partner_id", "bank_day", "external_id"]
    )
    result = await connection.execute(kept.returning(notifications.c.notification_id))
    number: int | None = result.scalar_one_or_none()
    if number is not None:
        await connection.execute(
            insert(notification_bodies).values(notification_id=number, body=row.body)
        )
    return number


async def body_sha256_of(
    connection: AsyncConnection, partner: str, bank_day: date, external_id: str
) -> bytes:
    """Return the digest of the body that came under this external id that day."""
    table = notifications
    statement = select(table.c.body_sha256).where(
        table.c.partner_id == partner,
        table.c.bank_day == bank_day,
        table.c.external_id == external_id,
    )
    return bytes((await connection.execute(statement)).scalar_one())


async def add_payment(connection: AsyncConnection, row: PaymentRow) -> bool:
    """Keep a payment unless it is kept already; say whether it was new.

    This is the one place that makes a payment count once, by `ONE_PER_PAYMENT`.
    """
    told = row.notification
    statement = upsert(connection, payments).values(
        partner_id=row.partner.partner_id,
        payment_key=row.payment_key,
        account_id=row.partner.account,
        amount_idr=told.amount.amount,
        fee_idr=_fee(row).amount,
        reference=told.reference,
        rrn=told.rrn,
        terminal=told.keys.terminal,
        store=told.keys.store,
        nmid=told.keys.nmid,
        mpan18=told.keys.mpan18,
        merchant=told.keys.merchant,
        issuer=told.issuer,
        box_id=row.box,
        paid_at=row.paid_at,
        held=row.held,
        notification_id=row.notification_id,
        recorded_at=row.recorded_at,
    )
    once = statement.on_conflict_do_nothing(index_elements=["partner_id", "payment_key"])
    result = await connection.execute(once.returning(payments.c.payment_id))
    payment_id = result.scalar_one_or_none()
    if payment_id is None:
        return False
    await _note_fresh(connection, row, payment_id)
    return True


def _fee(row: PaymentRow) -> Rupiah:
    """Return the reported fee if it can be one; a fee above its payment is a mistake."""
    fee, amount = row.notification.fee, row.notification.amount
    return fee if Rupiah(0) <= fee <= amount else Rupiah(0)


async def _note_fresh(connection: AsyncConnection, row: PaymentRow, payment_id: int) -> None:
    """Let totals know of the payment; one that pays in a remittance is no donation."""
    due = row.notification.amount - _fee(row)
    if await _is_remittance(connection, row):
        due = Rupiah(0)
    await connection.execute(
        insert(fresh_payments).values(
            payment_id=payment_id,
            due_idr=due.amount,
            unattributed_idr=0 if row.box else due.amount,
        )
    )


async def _is_remittance(connection: AsyncConnection, row: PaymentRow) -> bool:
    told = row.notification
    names = [name for name in (told.reference, told.rrn) if name]
    table = remittances
    statement = select(table.c.remittance_id).where(
        table.c.account_id == row.partner.account,
        table.c.reference.in_(names),
        table.c.method == "qris",
    )
    return (await connection.execute(statement.limit(1))).first() is not None


async def forget_fresh(connection: AsyncConnection, account: str, reference: str) -> None:
    """Take a payment that turns out to be a remittance out of the donations not yet matched."""
    table = payments
    named = select(table.c.payment_id).where(
        table.c.account_id == account,
        or_(table.c.reference == reference, table.c.rrn == reference),
    )
    await connection.execute(
        update(fresh_payments)
        .where(fresh_payments.c.payment_id.in_(named))
        .values(due_idr=0, unattributed_idr=0)
    )


async def payment_amount(
    connection: AsyncConnection, partner: str, payment_key: str
) -> Rupiah | None:
    """Return the amount of a payment that is kept, or None."""
    table = payments
    statement = select(table.c.amount_idr).where(
        table.c.partner_id == partner, table.c.payment_key == payment_key
    )
    amount = (await connection.execute(statement)).scalar_one_or_none()
    return None if amount is None else Rupiah(amount)
