"""What is wrong or unusual in a QRIS payload, each as a fixed code and a sentence.

An error means: do not print it, do not pay to it. A warning means: look at it. Real stickers
break small rules (a name of 26 characters, an MCC of three digits), so those only warn. Lengths
are those of ASPI's standard as banks publish them; MDR, fees and ownership cannot be read here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from jimpitan_server.domain.money_errors import QrisMalformed
from jimpitan_server.domain.qris_payload import (
    DOMESTIC_TAGS,
    MPAN_LENGTH,
    NATIONAL_TAG,
    TEMPLATE_TAGS,
    MerchantAccount,
    PointOfInitiation,
    QrisPayload,
    Remark,
)
from jimpitan_server.domain.tlv import CRC_TAG, read_tlvs

RUPIAH_CURRENCY = "360"  # ISO 4217.
_NAME_LENGTH_MAX, _CITY_LENGTH_MAX, _LABEL_LENGTH_MAX = 25, 15, 25
_NMID = re.compile(r"ID[0-9]{13}")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{0,2})?")
_TRANSFER_TAG = "40"
_TIP_TAGS = ("55", "56", "57")
_PAYER_FILLS_IN = "***"


def judge(payload: QrisPayload) -> QrisPayload:
    """Return the payload with its errors and warnings, in a fixed order."""
    errors = (*_envelope_errors(payload), *_account_errors(payload), *_field_errors(payload))
    warnings = (*_account_warnings(payload), *_field_warnings(payload))
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
    if payload.value(_TRANSFER_TAG) is not None:
        yield Remark("transfer_code", "Tag 40 is a transfer to a person, not a donation.")
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


def _account_warnings(payload: QrisPayload) -> Iterator[Remark]:
    for account in payload.accounts:
        if account.mpan and len(account.mpan) != MPAN_LENGTH:
            yield Remark("mpan_length", f"The MPAN in tag {account.tag} has not 18 digits.")
        if account.mpan and not account.mpan.startswith("9360"):
            yield Remark("mpan_foreign", "The MPAN has no number of an Indonesian acquirer.")
    if payload.nmid is None:
        yield Remark("nmid_missing", "No NMID (tag 51.02), as a printed code should have.")
    elif not _NMID.fullmatch(payload.nmid):
        yield Remark("nmid_unusual", f"The NMID {payload.nmid!r} is not ID and 13 digits.")
    if not DOMESTIC_TAGS.intersection(tlv.tag for tlv in payload.tags):
        yield Remark("acquirer_missing", "No acquirer's block (tags 26 to 45).")


def _field_warnings(payload: QrisPayload) -> Iterator[Remark]:
    if len(payload.merchant_name or "") > _NAME_LENGTH_MAX:
        yield Remark("name_long", "The merchant name is longer than 25 characters.")
    if len(payload.city or "") > _CITY_LENGTH_MAX:
        yield Remark("city_long", "The city is longer than 15 characters.")
    if not re.fullmatch(r"[0-9]{4}", payload.mcc or ""):
        yield Remark("mcc_unusual", "The merchant category (tag 52) has not four digits.")
    if any(payload.value(tag) for tag in _TIP_TAGS):
        yield Remark("tip_asked", "The code asks for a tip: no donation box does.")
    if payload.point_of_initiation is PointOfInitiation.STATIC and payload.value("54"):
        yield Remark("static_with_amount", "A printed code with a fixed amount.")
    if payload.point_of_initiation is PointOfInitiation.DYNAMIC:
        yield Remark("dynamic", "A code for one payment: it must not be printed.")
    yield from _label_warnings(payload.terminal_label)


def _label_warnings(label: str | None) -> Iterator[Remark]:
    if label is None:
        yield Remark("terminal_missing", "No terminal label (62.07): payments name no box.")
    elif len(label) > _LABEL_LENGTH_MAX:
        yield Remark("terminal_long", "The terminal label is longer than 25 characters.")
    elif label == _PAYER_FILLS_IN:
        yield Remark("terminal_asked", "The payer is asked for the terminal: it names no box.")
