"""Keeps a genuine notification and what it says: a payment, a hint, a refund, or nothing.

Money that was paid is answered with success whatever we think of it, because a refusal only
makes the bank send it again. What is refused is what cannot be read, what belongs to somebody
else, and two messages under one external id.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.money_discrepancies import BankFinding
from jimpitan_server.domain.money_errors import Fault
from jimpitan_server.domain.notification import BankNotification, PaymentStatus, parse_instant
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.thanks import Thanks, thanks_for
from jimpitan_server.services.bank_message import (
    NOTIFY_SERVICE,
    BankAnswer,
    RefusalReason,
    invalid_field,
    mandatory_field,
)
from jimpitan_server.services.notify import (
    BAD_REQUEST,
    CONFLICT,
    INVALID_MERCHANT,
    SUCCESSFUL,
    TOO_MANY,
    Examined,
)
from jimpitan_server.services.ports_bank import (
    BankStore,
    HintCause,
    HintRow,
    RefundRow,
    Seal,
)
from jimpitan_server.services.ports_money import NotificationRow, PaymentRow

# A payment time that the bank states is believed if it is not older than a resend from its back
# office can be, nor in the future by more than two clocks differ.
_PAID_BEFORE_MAX = timedelta(days=31)
_PAID_AFTER_MAX = timedelta(minutes=15)
# Without a signature over the body anybody who saw one header may send any number for a while.
UNSIGNED_A_DAY_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Booked:
    """The answer to a genuine message, the thanks that a new payment earns, or why it is none."""

    answer: BankAnswer
    thanks: Thanks | None = None
    refused: RefusalReason | None = None


async def book(
    examined: Examined, store: BankStore, seal: Seal, *, messages_max: int = UNSIGNED_A_DAY_MAX
) -> Booked:
    """Keep a genuine message and what it says, once; return the answer and a box's thanks."""
    partner = examined.partner
    answer, reason = _answer(examined)
    row = _row(examined, seal)
    if not partner.takes_money and (
        await store.messages_on(partner.partner_id, row.bank_day) >= messages_max
    ):
        return Booked(TOO_MANY, refused=RefusalReason.TOO_MANY)
    notification_id = await store.add_notification(row)
    if notification_id is None:
        known = await store.body_sha256_of(partner.partner_id, row.bank_day, row.external_id)
        if known == row.body_sha256:
            return Booked(answer, refused=reason)
        return Booked(CONFLICT, refused=RefusalReason.EXTERNAL_ID)
    if reason is None:
        return Booked(answer, await _book_payment(examined, row, notification_id, store))
    await store.raise_discrepancies([_refused(examined, answer)])
    return Booked(answer, refused=reason)


def _answer(examined: Examined) -> tuple[BankAnswer, RefusalReason | None]:
    fault = examined.fault
    if fault is not None:
        makers = {Fault.FORMAT: invalid_field, Fault.MANDATORY: mandatory_field}
        if fault.fault in makers:
            return makers[fault.fault](NOTIFY_SERVICE, fault.field), RefusalReason.BODY
        return BAD_REQUEST, RefusalReason.BODY
    assert examined.notification is not None
    merchant = examined.notification.keys.merchant
    ours = examined.partner.merchant_ids
    if ours and merchant and merchant not in ours:
        return INVALID_MERCHANT, RefusalReason.MERCHANT
    return SUCCESSFUL, None


def _row(examined: Examined, seal: Seal) -> NotificationRow:
    message, notification = examined.message, examined.notification
    partner_id, day = examined.partner.partner_id, bank_day(message.received_at)
    # A payment without a reference is known by its day; the day that the bank signed stays the
    # same when a message comes again later.
    stated = parse_instant(examined.timestamp) or message.received_at
    return NotificationRow(
        partner=partner_id,
        bank_day=day,
        external_id=examined.external_id,
        timestamp=examined.timestamp,
        signature=examined.signature,
        body_sha256=hashlib.sha256(message.body).digest(),
        sealed_body=seal(
            message.body, purpose=body_purpose(partner_id, day.isoformat(), examined.external_id)
        ),
        notification=notification,
        payment_key=notification.payment_key(bank_day(stated)) if notification else None,
        fault=str(examined.fault) if examined.fault else None,
        held=examined.held,
        received_at=message.received_at,
    )


def body_purpose(partner_id: str, day: str, external_id: str) -> str:
    """Return what a sealed body is bound to, so that none can be put in another's place."""
    return f"notification-body|{partner_id}|{day}|{external_id}"


async def _book_payment(
    examined: Examined, row: NotificationRow, notification_id: int, store: BankStore
) -> Thanks | None:
    """Keep what a readable notification says; note what contradicts a payment that is kept.

    Returns the thanks for a payment that is new, fresh and at a code of one box alone.
    """
    notification, partner = examined.notification, examined.partner
    assert notification is not None
    assert row.payment_key is not None
    if notification.status is PaymentStatus.SUCCESS and partner.takes_money:
        payment = PaymentRow(
            partner=partner,
            payment_key=row.payment_key,
            notification=notification,
            notification_id=notification_id,
            box=await store.box_of(notification.keys),
            paid_at=_paid_at(examined),
            held=examined.held,
            recorded_at=row.received_at,
        )
        if await store.add_payment(payment):
            await _note_early_refund(row, notification, store)
            return _thanks(payment)
    kept = await store.payment_amount(partner.partner_id, row.payment_key)
    if notification.status is PaymentStatus.REFUNDED:
        await _keep_refund(examined, row, notification_id, store)
    elif kept is None:
        await _keep_hint(examined, row, notification_id, store)
    finding = _contradiction(notification, kept)
    if finding is not None:
        await store.raise_discrepancies([_noted(row, finding, notification, kept)])
    return None


async def _note_early_refund(
    row: NotificationRow, notification: BankNotification, store: BankStore
) -> None:
    """Find a refund that overtook the payment it gives back."""
    assert row.payment_key is not None
    refund = await store.refund_of(row.partner, row.payment_key)
    if refund is not None:
        finding = BankFinding.PAYMENT_REFUNDED
        await store.raise_discrepancies([_noted(row, finding, notification, refund)])


async def _keep_refund(
    examined: Examined, row: NotificationRow, notification_id: int, store: BankStore
) -> None:
    assert examined.notification is not None
    assert row.payment_key is not None
    refund = RefundRow(
        partner_id=row.partner,
        payment_key=row.payment_key,
        amount=examined.notification.amount,
        notification_id=notification_id,
        is_signed=examined.partner.takes_money,
        told_at=row.received_at,
    )
    await store.add_refund(refund)


async def _keep_hint(
    examined: Examined, row: NotificationRow, notification_id: int, store: BankStore
) -> None:
    """Keep what may be a payment: nothing of it counts until something else says so."""
    notification, partner = examined.notification, examined.partner
    assert notification is not None
    assert row.payment_key is not None
    causes = {
        PaymentStatus.SUCCESS: HintCause.UNSIGNED_BODY,
        PaymentStatus.PAYING: HintCause.PAYING,
    }
    cause = causes.get(notification.status)
    if cause is None:
        return
    hint = HintRow(
        partner_id=partner.partner_id,
        account=partner.account,
        payment_key=row.payment_key,
        cause=cause,
        notification=notification,
        notification_id=notification_id,
        claimed_box=await store.box_of(notification.keys),
        paid_at=_paid_at(examined),
        bank_day=row.bank_day,
        recorded_at=row.received_at,
    )
    await store.add_hint(hint)


def _thanks(payment: PaymentRow) -> Thanks | None:
    if payment.box is None or payment.held:
        return None
    return thanks_for(payment.box, paid_at=payment.paid_at, received_at=payment.recorded_at)


def _contradiction(notification: BankNotification, kept: Rupiah | None) -> BankFinding | None:
    if kept is None:
        return None
    if notification.status is PaymentStatus.REFUNDED:
        return BankFinding.PAYMENT_REFUNDED
    if notification.status is PaymentStatus.SUCCESS and notification.amount != kept:
        return BankFinding.PAYMENT_CONTRADICTED
    return None


def _paid_at(examined: Examined) -> datetime:
    received_at = examined.message.received_at
    assert examined.notification is not None
    for stated in (examined.notification.paid_at, parse_instant(examined.timestamp)):
        if stated is None:
            continue
        if received_at - _PAID_BEFORE_MAX <= stated <= received_at + _PAID_AFTER_MAX:
            return stated
    return received_at


def _noted(
    row: NotificationRow,
    finding: BankFinding,
    notification: BankNotification,
    kept: Rupiah | None,
) -> Discrepancy:
    return Discrepancy(
        kind=finding,
        severity=Severity.WARNING,
        subject=f"{row.partner}/{row.payment_key}"[:200],
        found_at=row.received_at,
        evidence={
            "kept_idr": kept.amount if kept is not None else None,
            "told_idr": notification.amount.amount,
            "external_id": row.external_id,
        },
    )


def _refused(examined: Examined, answer: BankAnswer) -> Discrepancy:
    message = examined.message
    foreign = answer is INVALID_MERCHANT
    return Discrepancy(
        kind=BankFinding.MERCHANT_FOREIGN if foreign else BankFinding.NOTIFICATION_UNREADABLE,
        severity=Severity.WARNING,
        subject=f"{examined.partner.partner_id}/{bank_day(message.received_at)}"
        f"/{examined.external_id}",
        found_at=message.received_at,
        evidence={"answered": answer.code, "reason": answer.message},
    )
