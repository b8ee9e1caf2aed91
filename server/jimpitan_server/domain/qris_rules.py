"""What is wrong or unusual in a QRIS payload, each as a fixed code and a sentence.

An error means: do not print it, do not pay to it. A warning means: look at it. Real stickers
break small rules (a name of 26 characters, an MCC of three digits), so those only warn. Lengths
are those of ASPI's standard as banks publish them; MDR, fees and ownership cannot be read here.
What the fields say one by one is in `qris_fields`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from jimpitan_server.domain.money_errors import QrisMalformed
from jimpitan_server.domain.qris_fields import account_warnings, field_warnings, tag_warnings
from jimpitan_server.domain.qris_payload import (
    MPAN_LENGTH,
    NATIONAL_TAG,
    TEMPLATE_TAGS,
    MerchantAccount,
    QrisPayload,
    Remark,
)
from jimpitan_server.domain.tlv import CRC_TAG, read_tlvs

RUPIAH_CURRENCY = "360"  # ISO 4217.
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{0,2})?")
_TRANSFER_TAG = "40"
TRANSFER_MCC = "4829"  # ISO 18245, money transfer.
TRANSFER_PURPOSES = ("BOOK", "DMCT", "XBCT")  # ASPI, QRIS transfer, tag 62.08.


def judge(payload: QrisPayload) -> QrisPayload:
    """Return the payload with its errors and warnings, in a fixed order."""
    errors = (*_envelope_errors(payload), *_account_errors(payload), *_field_errors(payload))
    warnings = (*account_warnings(payload), *field_warnings(payload), *tag_warnings(payload))
    return replace(payload, errors=errors, warnings=warnings)


def mpan_has_check_digit(mpan: str) -> bool:
    """Tell whether 19 digits end in the Luhn check digit of the first 18 (ISO/IEC 7812-1)."""
    if len(mpan) != MPAN_LENGTH + 1 or not (mpan.isascii() and mpan.isdigit()):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(mpan))]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


def _envelope_errors(payload: QrisPayload) -> Iterator[Remark]:
    first, last = payload.tags[0], payload.tags[-1]
    if first.tag != "00" or first.value != "01":
        yield Remark("format_unknown", "The payload does not begin with format 01.")
    if payload.value(CRC_TAG) is None:
        yield Remark("crc_missing", "The payload has no checksum (tag 63).")
    elif last.tag != CRC_TAG:
        yield Remark("crc_not_last", "Something stands behind the checksum (tag 63).")
    elif not payload.crc_valid:
        yield Remark("crc_wrong", "The checksum does not fit: misread, misprinted or altered.")
    for tag, times in sorted(Counter(tlv.tag for tlv in payload.tags).items()):
        if times > 1:
            yield Remark("tag_repeated", f"Tag {tag} stands {times} times; it may stand once.")
    for tlv in payload.tags:
        if tlv.tag in TEMPLATE_TAGS:
            yield from _template_errors(tlv.tag, tlv.value)


def _template_errors(tag: str, value: str) -> Iterator[Remark]:
    try:
        inside = Counter(tlv.tag for tlv in read_tlvs(value))
    except QrisMalformed:
        yield Remark("template_unreadable", f"Tag {tag} does not hold tags of its own.")
        return
    for inner, times in sorted(inside.items()):
        if times > 1:
            yield Remark("tag_repeated", f"Tag {tag}.{inner} stands {times} times.")


def _account_errors(payload: QrisPayload) -> Iterator[Remark]:
    if _is_transfer(payload):
        yield Remark("transfer_code", "This is a transfer to a person or account, no donation.")
    if not payload.accounts and payload.value(NATIONAL_TAG) is None:
        yield Remark("account_missing", "No acquirer and no national register is named.")
    for account in payload.accounts:
        if account.tag != _TRANSFER_TAG:
            yield from _one_account_errors(account)


def _one_account_errors(account: MerchantAccount) -> Iterator[Remark]:
    parts = (account.domain, account.mpan, account.merchant_id, account.criteria)
    if not all(parts):
        yield Remark("account_incomplete", f"Tag {account.tag} lacks one of its four parts.")
    if account.mpan and not (account.mpan.isascii() and account.mpan.isdigit()):
        yield Remark("mpan_malformed", f"The MPAN in tag {account.tag} is no number.")
    elif len(account.mpan) == MPAN_LENGTH + 1 and not mpan_has_check_digit(account.mpan):
        yield Remark(
            "mpan_check_wrong", f"The check digit of the MPAN in tag {account.tag} is wrong."
        )


def _is_transfer(payload: QrisPayload) -> bool:
    """Tell a code of "QRIS transfer" by its tag, its category or its purpose."""
    purpose = payload.additional("08")
    return (
        payload.value(_TRANSFER_TAG) is not None
        or payload.mcc == TRANSFER_MCC
        or purpose in TRANSFER_PURPOSES
    )


def _field_errors(payload: QrisPayload) -> Iterator[Remark]:
    initiation, amount = payload.value("01"), payload.value("54")
    if initiation is not None and payload.point_of_initiation is None:
        yield Remark("initiation_unknown", f"Tag 01 is {initiation!r}; only 11 and 12 exist.")
    if payload.value("53") != RUPIAH_CURRENCY:
        yield Remark("currency_foreign", "The currency (tag 53) is not 360, rupiah.")
    if payload.value("58") != "ID":
        yield Remark("country_foreign", "The country (tag 58) is not ID.")
    if not payload.merchant_name:
        yield Remark("name_missing", "No merchant name (tag 59) for the payer to check.")
    if not payload.city:
        yield Remark("city_missing", "No city (tag 60).")
    readable = amount is None or (_AMOUNT.fullmatch(amount) and payload.amount)
    if not readable:
        yield Remark("amount_unreadable", f"The amount {amount!r} (tag 54) is no money.")
