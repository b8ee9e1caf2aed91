"""A bank's notification of one QRIS payment (SNAP service 52), read leniently and kept small.

Acquirers spell the same field in many ways, so each is looked for under its known names. What
would tell who the donor is (names, card and telephone numbers) is never taken out of the body.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from jimpitan_server.domain.bank_day import WIB, bank_day
from jimpitan_server.domain.money_errors import Fault, MoneyMalformed, NotificationMalformed
from jimpitan_server.domain.qris_payload import MPAN_LENGTH, normalise_nmid
from jimpitan_server.domain.rupiah import NumberStyle, Rupiah, parse_rupiah

# SNAP BI, service 52: references have at most 64 characters, terminals and stores 64, MPAN 19.
_TEXT_LENGTH_MAX = 64
_ISSUER_LENGTH_MAX = 25
# QRIS allows 10 million rupiah in one payment (Bank Indonesia); a hundred times that leaves room
# for a higher limit, and not for a number that breaks a sum.
PAYMENT_MAX = Rupiah(1_000_000_000)
_NESTED_KEYS = ("additionalinfo", "qrdetail", "paymentdetail")
_PRINTABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")

# Names that acquirers use for one field, in the order of trust (Finpay, iFortePay, Netzme, DANA,
# DOKU, Nicepay, Winpay and Onebrick documentation of qr-mpm-notify); case and `_` do not count.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "reference": ("originalreferenceno",),
    "partner_reference": ("originalpartnerreferenceno", "originalpartnerreferanceno"),
    "rrn": ("rrn", "retrievalreferenceno"),
    "terminal": ("terminalid", "terminallabel"),
    "store": ("externalstoreid", "storeid", "shopid"),
    "nmid": ("nmid", "merchantnmid"),
    "mpan": ("mpan", "merchantpan", "merchantaccountnumber"),
    "merchant": ("merchantid",),
    "issuer": ("issuer", "issuername"),
    "issuer_number": ("nnsissuer", "issuerid", "cpan", "customerpan"),
    "paid_at": ("paidtime", "finishedtime", "localtransactiondate", "localtrasactiondate"),
}
_AMOUNT_KEYS = ("amount", "totalamount")
_FEE_KEYS = ("feeamount",)


class PaymentStatus(StrEnum):
    """`latestTransactionStatus` (SNAP BI); only SUCCESS is money."""

    SUCCESS = "00"
    """Paid."""
    INITIATED = "01"
    """Begun."""
    PAYING = "02"
    """Being paid; some acquirers mean paid, so it is asked again, never booked."""
    PENDING = "03"
    """Waiting."""
    REFUNDED = "04"
    """Given back to the payer."""
    CANCELLED = "05"
    """Called off."""
    FAILED = "06"
    """Did not happen."""
    NOT_FOUND = "07"
    """Unknown or expired."""
    EXPIRED = "08"
    """Too late."""
    REJECTED = "09"
    """Refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentKeys:
    """What a payment or a sticker says about where it belongs; None where it says nothing."""

    terminal: str | None = None
    store: str | None = None
    nmid: str | None = None
    mpan18: str | None = None
    merchant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankNotification:
    """What a bank says about one payment; provisional until a statement confirms it."""

    status: PaymentStatus
    reference: str | None
    partner_reference: str | None
    rrn: str | None
    amount: Rupiah
    fee: Rupiah
    keys: PaymentKeys
    issuer: str | None
    paid_at: datetime | None

    def payment_key(self, received_on: date) -> str:
        """Return what makes this payment one payment, whatever message brings it.

        The acquirer's reference alone when there is one; else the RRN, which is not unique by
        itself across issuers and days, with account, amount and day.
        """
        if self.reference:
            return f"reference:{self.reference}"
        day = bank_day(self.paid_at) if self.paid_at else received_on
        account = self.keys.mpan18 or self.keys.nmid or self.keys.merchant or ""
        return f"rrn:{self.rrn}:{account}:{self.amount.amount}:{day.isoformat()}"


def read_notification(body: bytes) -> BankNotification:
    """Return what a request body says, or raise `NotificationMalformed`.

    Amount and reference are demanded of a successful payment only: other messages move no money.
    """
    fields = _flatten(_object_of(body))
    status = _status(fields)
    amount = _money(fields, _AMOUNT_KEYS, "amount")
    if status is PaymentStatus.SUCCESS and (amount is None or amount <= Rupiah(0)):
        fault = Fault.MANDATORY if amount is None else Fault.FORMAT
        raise NotificationMalformed(fault, "amount.value")
    reference, rrn = _text(fields, "reference"), _text(fields, "rrn")
    if not (reference or rrn):
        raise NotificationMalformed(Fault.MANDATORY, "originalReferenceNo")
    return BankNotification(
        status=status,
        reference=reference,
        partner_reference=_text(fields, "partner_reference"),
        rrn=rrn,
        amount=amount or Rupiah(0),
        fee=_fee(fields),
        keys=_keys(fields),
        issuer=_issuer(fields),
        paid_at=parse_instant(_optional_text(fields, "paid_at")),
    )


def _object_of(body: bytes) -> Mapping[str, object]:
    try:
        # Numbers stay as written: no float comes near money.
        value = json.loads(body.decode("utf-8"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise NotificationMalformed(Fault.UNPARSABLE, "body") from error
    if not isinstance(value, dict):
        raise NotificationMalformed(Fault.UNPARSABLE, "body")
    return value


def _flatten(body: Mapping[str, object]) -> dict[str, object]:
    """Return fields by plain name, those further out before those further in."""
    fields: dict[str, object] = {}
    levels = [body]
    while levels:
        level = levels.pop(0)
        for name, value in level.items():
            key = name.lower().replace("_", "").replace("-", "")
            if isinstance(value, dict) and key in _NESTED_KEYS:
                levels.append(value)
            elif value not in (None, ""):
                fields.setdefault(key, value)
    return fields


def _status(fields: Mapping[str, object]) -> PaymentStatus:
    value = fields.get("latesttransactionstatus")
    if value is None:
        raise NotificationMalformed(Fault.MANDATORY, "latestTransactionStatus")
    try:
        return PaymentStatus(str(value))
    except ValueError:
        raise NotificationMalformed(Fault.FORMAT, "latestTransactionStatus") from None


def _text(fields: Mapping[str, object], field: str) -> str | None:
    """Return a short printable text, or None when it is absent; refuse any other."""
    for key in ALIASES[field]:
        value = fields.get(key)
        if value is None:
            continue
        text = value.strip() if isinstance(value, str) else ""
        if len(text) > _TEXT_LENGTH_MAX or not _PRINTABLE.fullmatch(text):
            raise NotificationMalformed(Fault.FORMAT, key)
        return text
    return None


def _optional_text(fields: Mapping[str, object], field: str) -> str | None:
    """Return a text that no payment depends on; an unreadable one counts as absent."""
    try:
        return _text(fields, field)
    except NotificationMalformed:
        return None


def _money(fields: Mapping[str, object], keys: tuple[str, ...], name: str) -> Rupiah | None:
    value = next((fields[key] for key in keys if key in fields), None)
    if isinstance(value, dict):
        if str(value.get("currency", "IDR")).upper() != "IDR":
            raise NotificationMalformed(Fault.FORMAT, f"{name}.currency")
        value = value.get("value")
    if value is None:
        return None
    try:
        money = parse_rupiah(value if isinstance(value, str) else "", NumberStyle.PLAIN)
    except MoneyMalformed:
        raise NotificationMalformed(Fault.FORMAT, f"{name}.value") from None
    if abs(money) > PAYMENT_MAX:
        raise NotificationMalformed(Fault.FORMAT, f"{name}.value")
    return money


def _fee(fields: Mapping[str, object]) -> Rupiah:
    """Return the fee in whole rupiah; one with sen, as per cents give, counts as untold."""
    try:
        return _money(fields, _FEE_KEYS, "feeAmount") or Rupiah(0)
    except NotificationMalformed:
        return Rupiah(0)


def _keys(fields: Mapping[str, object]) -> PaymentKeys:
    nmid, mpan = _optional_text(fields, "nmid"), _optional_text(fields, "mpan")
    return PaymentKeys(
        terminal=_optional_text(fields, "terminal"),
        store=_optional_text(fields, "store"),
        nmid=normalise_nmid(nmid) if nmid else None,
        mpan18=mpan[:MPAN_LENGTH] if mpan else None,
        merchant=_optional_text(fields, "merchant"),
    )


def _issuer(fields: Mapping[str, object]) -> str | None:
    """Return the donor's bank or wallet, never the donor: a name, or the eight-digit number."""
    name = _optional_text(fields, "issuer")
    if name and not any(sign.isdigit() for sign in name):
        return name[:_ISSUER_LENGTH_MAX]
    number = _optional_text(fields, "issuer_number") or name or ""
    return number[:8] if re.match(r"9360[0-9]{4}", number) else None


def parse_instant(text: str | None) -> datetime | None:
    """Return the instant a bank wrote in any usual form, or None; naive times are WIB."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=WIB)).astimezone(WIB)
    except (ValueError, OverflowError):
        return None
