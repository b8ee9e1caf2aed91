"""Lets a hint become a payment, or end: by the bank's answer, or by a statement line."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.mentions import REFERENCE_LENGTH_MIN, plain, words_of
from jimpitan_server.domain.money_discrepancies import BankFinding
from jimpitan_server.domain.money_errors import Fault, NotificationMalformed
from jimpitan_server.domain.notification import (
    BankNotification,
    PaymentKeys,
    PaymentStatus,
    read_notification,
)
from jimpitan_server.domain.partner import BankPartner
from jimpitan_server.domain.rupiah import NOTHING
from jimpitan_server.services.ports_bank import (
    BankStore,
    ConfirmStore,
    HintOutcome,
    OpenHint,
    RefundRow,
)
from jimpitan_server.services.ports_money import PaymentRow

# No credit comes later (`books.Rules`: 4 days and 21 more), and no query says more after a month.
HINT_LIVES = timedelta(days=31)
# "Not found" soon after a payment may mean "not yet": it is believed the third time.
NOT_FOUND_BELIEVED = 3
_NEVER = {
    PaymentStatus.CANCELLED,
    PaymentStatus.FAILED,
    PaymentStatus.NOT_FOUND,
    PaymentStatus.EXPIRED,
    PaymentStatus.REJECTED,
}


class HintStore(BankStore, ConfirmStore, Protocol):
    """One open transaction, in which a hint is confirmed or ends."""

    async def is_named(self, account: str, names: Iterable[str]) -> bool:
        """Say whether a payment of this account has one of these as reference or RRN."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a bank answered about one payment; None when it knows of none."""

    told: BankNotification | None


def read_query(body: bytes, hint: OpenHint) -> Asked:
    """Return what the answer to a query says, or refuse one about another payment.

    Some banks do not repeat which payment they were asked about.
    """
    try:
        told = read_notification(body)
    except NotificationMalformed as error:
        if error.field != "originalReferenceNo" or error.fault is not Fault.MANDATORY:
            raise
        fields = json.loads(body, parse_float=str, parse_int=str)
        told = read_notification(json.dumps(fields | {"originalReferenceNo": "asked"}).encode())
        told = replace(told, reference=hint.reference, rrn=hint.rrn)
    if hint.reference and told.reference and told.reference != hint.reference:
        raise Malformed("The bank answered about another payment than was asked for.")
    return Asked(told)


def query_of(hint: OpenHint, merchant_id: str | None) -> dict[str, object]:
    """Return what to ask a bank (service 51) about a hint; 47 is the QR of a merchant."""
    fields = {
        "originalReferenceNo": hint.reference,
        "originalPartnerReferenceNo": hint.partner_reference,
        "serviceCode": "47",
        "merchantId": merchant_id,
    }
    return {name: value for name, value in fields.items() if value}


async def settle(
    store: HintStore, partner: BankPartner, hint: OpenHint, asked: Asked, now: datetime
) -> HintOutcome | None:
    """Do what a bank's answer means for a hint; None when it stays open."""
    told = asked.told
    if told is None or told.status in _NEVER:
        believed = told is not None or hint.attempts + 1 >= NOT_FOUND_BELIEVED
        return await _end(store, hint, HintOutcome.DENIED, now) if believed else None
    if told.status is PaymentStatus.REFUNDED:
        await store.add_refund(_refund(hint, told, now))
        return await _end(store, hint, HintOutcome.DENIED, now)
    if told.status is not PaymentStatus.SUCCESS:
        return None
    if not await store.end_hint(hint.hint_id, HintOutcome.QUERY, now):
        return None
    box = await store.box_of(told.keys)
    await store.add_payment(_payment(partner, hint, told, now, box=box))
    if told.amount != hint.amount and hint.amount:
        await store.raise_discrepancies([_contradiction(hint, told, now)])
    return HintOutcome.QUERY


async def _end(
    store: HintStore, hint: OpenHint, outcome: HintOutcome, now: datetime
) -> HintOutcome | None:
    return outcome if await store.end_hint(hint.hint_id, outcome, now) else None


def names_of(hint: OpenHint) -> list[str]:
    """Return the names under which a statement may mention a hint."""
    return [
        name
        for name in (hint.reference, hint.rrn)
        if name and len(plain(name)) >= REFERENCE_LENGTH_MIN
    ]


def is_mentioned(hint: OpenHint, texts: Iterable[str]) -> bool:
    """Tell whether a bank's text names a hint by its reference or RRN, as a whole word."""
    wanted = {plain(name) for name in names_of(hint)}
    return any(wanted & words_of(text) for text in texts)


async def confirm_by_statement(
    store: HintStore, partner: BankPartner, hint: OpenHint, now: datetime
) -> HintOutcome | None:
    """Let a hint that a statement line names become a payment, whose box stays open.

    A payment that has one of its names already is the one that the line means.
    """
    if await store.payment_amount(hint.partner_id, hint.payment_key) is not None:
        return await _end(store, hint, HintOutcome.NOTIFIED, now)
    if await store.is_named(hint.account, names_of(hint)):
        return None
    if not await store.end_hint(hint.hint_id, HintOutcome.STATEMENT, now):
        return None
    told = BankNotification(
        status=PaymentStatus.SUCCESS,
        reference=hint.reference,
        partner_reference=hint.partner_reference,
        rrn=hint.rrn,
        amount=hint.amount,
        fee=NOTHING,
        keys=PaymentKeys(),
        issuer=None,
        paid_at=hint.paid_at,
    )
    await store.add_payment(_payment(partner, hint, told, now, box=None))
    return HintOutcome.STATEMENT


async def give_up(store: HintStore, hint: OpenHint, now: datetime) -> HintOutcome | None:
    """Let a hint end that nothing confirmed in a month, or whose payment came by itself."""
    if await store.payment_amount(hint.partner_id, hint.payment_key) is not None:
        return await _end(store, hint, HintOutcome.NOTIFIED, now)
    if now - hint.recorded_at <= HINT_LIVES:
        return None
    return await _end(store, hint, HintOutcome.UNANSWERED, now)


def _payment(
    partner: BankPartner,
    hint: OpenHint,
    told: BankNotification,
    now: datetime,
    *,
    box: object,
) -> PaymentRow:
    return PaymentRow(
        partner=partner,
        payment_key=hint.payment_key,
        notification=told,
        notification_id=hint.notification_id,
        box=box,  # type: ignore[arg-type]  # what the store found
        paid_at=told.paid_at or hint.paid_at,
        held=False,
        recorded_at=now,
    )


def _refund(hint: OpenHint, told: BankNotification, now: datetime) -> RefundRow:
    return RefundRow(
        partner_id=hint.partner_id,
        payment_key=hint.payment_key,
        amount=told.amount,
        notification_id=hint.notification_id,
        is_signed=True,
        told_at=now,
    )


def _contradiction(hint: OpenHint, told: BankNotification, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=BankFinding.PAYMENT_CONTRADICTED,
        severity=Severity.WARNING,
        subject=f"{hint.partner_id}/{hint.payment_key}"[:200],
        found_at=now,
        evidence={"kept_idr": told.amount.amount, "told_idr": hint.amount.amount},
    )
