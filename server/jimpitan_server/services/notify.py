"""Takes in one notification of a bank: genuine or not, readable or not, new or known.

Money that was paid is answered with success whatever we think of it, because a refusal only
makes the bank send it again. What is refused is what is not genuine, what cannot be read, what
belongs to somebody else, and two messages under one external id.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.money_discrepancies import BankFinding
from jimpitan_server.domain.money_errors import Fault, NotificationMalformed
from jimpitan_server.domain.notification import (
    BankNotification,
    PaymentStatus,
    parse_instant,
    read_notification,
)
from jimpitan_server.domain.partner import BankPartner
from jimpitan_server.domain.thanks import Thanks, thanks_for
from jimpitan_server.services.ports_money import NotificationRow, NotificationStore, PaymentRow

HEADER_LENGTH_MAX = 64
# A payment time that the bank states is believed if it is not older than a resend from its back
# office can be, nor in the future by more than two clocks differ.
_PAID_BEFORE_MAX = timedelta(days=31)
_PAID_AFTER_MAX = timedelta(minutes=15)


class IsGenuine(Protocol):
    """Tells whether the holder of a partner's private key signed a body."""

    def __call__(
        self, *, public_key_pem: str, path: str, body: bytes, timestamp: str, signature: str
    ) -> bool:
        """Return True only for a signature that fits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request at the bank's door, as it came; absent headers are empty."""

    partner_id: str
    external_id: str
    timestamp: str
    signature: str
    path: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """An answer in the form banks expect: seven digits, of which three are the HTTP status."""

    code: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.code[:3])


@dataclass(frozen=True, slots=True)
class Booked:
    """The answer to a message that was kept, and the thanks that a new payment earns."""

    answer: BankAnswer
    thanks: Thanks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A genuine message, read as far as it can be."""

    message: Message
    partner: BankPartner
    notification: BankNotification | None
    fault: NotificationMalformed | None
    held: bool


# SNAP BI, service 52 (ASPI code table as published by acquirers).
SUCCESSFUL = BankAnswer("2005200", "Successful")
BAD_REQUEST = BankAnswer("4005200", "Bad Request")
CONFLICT = BankAnswer("4095200", "Conflict")
INVALID_MERCHANT = BankAnswer("4045208", "Invalid Merchant")
GENERAL_ERROR = BankAnswer("5005200", "General Error")
TIMEOUT = BankAnswer("5045200", "Timeout")


def invalid_field(field: str) -> BankAnswer:
    """Return the answer to a field that cannot be read."""
    return BankAnswer("4005201", f"Invalid Field Format {field}")


def mandatory_field(field: str) -> BankAnswer:
    """Return the answer to a field that is missing."""
    return BankAnswer("4005202", f"Invalid Mandatory Field {field}")


def unauthorized(reason: str) -> BankAnswer:
    """Return the answer to whom we do not believe."""
    return BankAnswer("4015200", f"Unauthorized. [{reason}]")


def check_headers(message: Message) -> BankAnswer | None:
    """Return what is wrong with the headers, before anything is looked up."""
    headers = {
        "X-PARTNER-ID": message.partner_id,
        "X-TIMESTAMP": message.timestamp,
        "X-SIGNATURE": message.signature,
        "X-EXTERNAL-ID": message.external_id,
    }
    for name, value in headers.items():
        if not value:
            return mandatory_field(name)
        too_long = name != "X-SIGNATURE" and len(value) > HEADER_LENGTH_MAX
        if too_long or not (value.isascii() and value.isprintable()):
            return invalid_field(name)
    return None


def examine(
    message: Message, partner: BankPartner | None, is_genuine: IsGenuine
) -> Examined | BankAnswer:
    """Return a genuine message, read, or the answer to one that is not genuine."""
    if partner is None:
        return unauthorized("Unknown client")
    if not partner.answers_at(message.path) or not is_genuine(
        public_key_pem=partner.public_key_pem,
        path=partner.path,
        body=message.body,
        timestamp=message.timestamp,
        signature=message.signature,
    ):
        return unauthorized("Signature")
    notification, fault = None, None
    try:
        notification = read_notification(message.body)
    except NotificationMalformed as error:
        fault = error
    return Examined(
        message=message,
        partner=partner,
        notification=notification,
        fault=fault,
        held=_is_held(message, partner),
    )


def _is_held(message: Message, partner: BankPartner) -> bool:
    """Tell whether a message is older or newer than its signature should be when it comes."""
    stated = parse_instant(message.timestamp)
    return stated is None or abs(message.received_at - stated) > partner.window


async def book(examined: Examined, store: NotificationStore) -> Booked:
    """Keep a genuine message and what it says, once; return the answer and a box's thanks."""
    message, partner = examined.message, examined.partner
    answer = _answer(examined)
    row = _row(examined)
    notification_id = await store.add_notification(row)
    if notification_id is None:
        known = await store.body_sha256_of(partner.partner_id, row.bank_day, message.external_id)
        return Booked(answer if known == hashlib.sha256(message.body).digest() else CONFLICT)
    if answer is SUCCESSFUL:
        return Booked(answer, await _book_payment(examined, row, notification_id, store))
    await store.raise_discrepancies([_refused(examined, answer)])
    return Booked(answer)


def _answer(examined: Examined) -> BankAnswer:
    fault = examined.fault
    if fault is not None:
        makers = {Fault.FORMAT: invalid_field, Fault.MANDATORY: mandatory_field}
        return makers[fault.fault](fault.field) if fault.fault in makers else BAD_REQUEST
    assert examined.notification is not None
    merchant = examined.notification.keys.merchant
    ours = examined.partner.merchant_ids
    return INVALID_MERCHANT if ours and merchant and merchant not in ours else SUCCESSFUL


def _row(examined: Examined) -> NotificationRow:
    message, notification = examined.message, examined.notification
    day = bank_day(message.received_at)
    return NotificationRow(
        partner=examined.partner.partner_id,
        bank_day=day,
        external_id=message.external_id,
        timestamp=message.timestamp,
        signature=message.signature,
        body=message.body,
        notification=notification,
        payment_key=notification.payment_key(day) if notification else None,
        fault=str(examined.fault) if examined.fault else None,
        held=examined.held,
        received_at=message.received_at,
    )


async def _book_payment(
    examined: Examined, row: NotificationRow, notification_id: int, store: NotificationStore
) -> Thanks | None:
    """Keep the payment of a successful notification; note what contradicts one that is kept.

    Returns the thanks for a payment that is new, fresh and at a code of one box alone.
    """
    notification, partner = examined.notification, examined.partner
    assert notification is not None
    assert row.payment_key is not None
    if notification.status is PaymentStatus.SUCCESS:
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
            return _thanks(payment)
    kept = await store.payment_amount(partner.partner_id, row.payment_key)
    finding = _contradiction(notification, kept)
    if finding is not None:
        await store.raise_discrepancies([_noted(row, finding, notification, kept)])
    return None


def _thanks(payment: PaymentRow) -> Thanks | None:
    if payment.box is None or payment.held:
        return None
    return thanks_for(payment.box, paid_at=payment.paid_at, received_at=payment.recorded_at)


def _contradiction(notification: BankNotification, kept: object) -> BankFinding | None:
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
    for stated in (examined.notification.paid_at, parse_instant(examined.message.timestamp)):
        if stated is None:
            continue
        if received_at - _PAID_BEFORE_MAX <= stated <= received_at + _PAID_AFTER_MAX:
            return stated
    return received_at


def _noted(
    row: NotificationRow, finding: BankFinding, notification: BankNotification, kept: object
) -> Discrepancy:
    return Discrepancy(
        kind=finding,
        severity=Severity.WARNING,
        subject=f"{row.partner}/{row.payment_key}"[:200],
        found_at=row.received_at,
        evidence={
            "kept_idr": getattr(kept, "amount", None),
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
        f"/{message.external_id}",
        found_at=message.received_at,
        evidence={"answered": answer.code, "reason": answer.message},
    )
