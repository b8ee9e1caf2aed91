"""Keeps the messages of banks, and the payments they tell of, each once and for ever."""

from datetime import date
from functools import cache

from sqlalchemy import Executable, String, Table, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bank_schema import sealed_bodies
from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.money_schema import (
    fresh_payments,
    notifications,
    payments,
    remittances,
)
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_money import NotificationRow, PaymentRow

INSERT_BODY = insert(sealed_bodies)
INSERT_FRESH = insert(fresh_payments)
REMITTANCE_NAMED = (
    select(remittances.c.remittance_id)
    .where(
        remittances.c.account_id == bindparam("account"),
        or_(
            remittances.c.reference == bindparam("reference", type_=String),
            remittances.c.reference == bindparam("rrn", type_=String),
        ),
        remittances.c.method == "qris",
    )
    .limit(1)
)


@cache
def _insert_once(dialect: str, table: Table, *unique: str) -> Executable:
    """Return an INSERT of values given later that leaves a known row alone.

    It is built once: building it for each message costs more than running it.
    """
    inserting = postgresql.insert(table) if dialect == POSTGRESQL else sqlite.insert(table)
    number = next(iter(table.primary_key))
    return inserting.on_conflict_do_nothing(index_elements=list(unique)).returning(number)


async def add_notification(connection: AsyncConnection, row: NotificationRow) -> int | None:
    """Keep a message and return its number; None if its external id came today already."""
    told = row.notification
    statement = _insert_once(
        connection.dialect.name, notifications, "partner_id", "bank_day", "external_id"
    )
    values = {
        "partner_id": row.partner,
        "bank_day": row.bank_day,
        "external_id": row.external_id,
        "timestamp": row.timestamp,
        "signature": row.signature,
        "body_sha256": row.body_sha256,
        "status": told.status.value if told else None,
        "payment_key": row.payment_key,
        "amount_idr": told.amount.amount if told else None,
        "fault": row.fault,
        "held": row.held,
        "received_at": row.received_at,
    }
    number: int | None = (await connection.execute(statement, values)).scalar_one_or_none()
    if number is not None:
        sealed = {"bank_day": row.bank_day, "sealed": row.sealed_body}
        await connection.execute(INSERT_BODY, {"notification_id": number} | sealed)
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
    statement = _insert_once(connection.dialect.name, payments, "partner_id", "payment_key")
    values = {
        "partner_id": row.partner.partner_id,
        "payment_key": row.payment_key,
        "account_id": row.partner.account,
        "amount_idr": told.amount.amount,
        "fee_idr": _fee(row).amount,
        "reference": told.reference,
        "rrn": told.rrn,
        "terminal": told.keys.terminal,
        "store": told.keys.store,
        "nmid": told.keys.nmid,
        "mpan18": told.keys.mpan18,
        "merchant": told.keys.merchant,
        "issuer": told.issuer,
        "box_id": row.box,
        "paid_at": row.paid_at,
        "held": row.held,
        "notification_id": row.notification_id,
        "recorded_at": row.recorded_at,
    }
    payment_id = (await connection.execute(statement, values)).scalar_one_or_none()
    if payment_id is None:
        return False
    await _note_fresh(connection, row, payment_id)
    return True


def _fee(row: PaymentRow) -> Rupiah:
    """Return the reported fee if it can be one; a fee above its payment is a mistake."""
    fee, amount = row.notification.fee, row.notification.amount
    return fee if Rupiah(0) <= fee <= amount else Rupiah(0)


async def _note_fresh(connection: AsyncConnection, row: PaymentRow, payment_id: int) -> None:
    """Let totals know of the payment; one that pays in a remittance is no gift."""
    due = row.notification.amount - _fee(row)
    if await _is_remittance(connection, row):
        due = Rupiah(0)
    values = {
        "payment_id": payment_id,
        "due_idr": due.amount,
        "unattributed_idr": 0 if row.box else due.amount,
    }
    await connection.execute(INSERT_FRESH, values)


async def _is_remittance(connection: AsyncConnection, row: PaymentRow) -> bool:
    told = row.notification
    values = {"account": row.partner.account, "reference": told.reference, "rrn": told.rrn}
    return (await connection.execute(REMITTANCE_NAMED, values)).first() is not None


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
