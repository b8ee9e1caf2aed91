"""What is unusual in the single fields of a QRIS payload: worth a look, and often seen."""

import re
from collections.abc import Iterator

from jimpitan_server.domain.qris_payload import (
    DOMESTIC_TAGS,
    MPAN_LENGTH,
    NATIONAL_TAG,
    MerchantAccount,
    PointOfInitiation,
    QrisPayload,
    Remark,
    first_value,
)

# ASPI, table of merchant criteria: micro to large, regular, public service.
CRITERIA = ("UMI", "UKE", "UME", "UBE", "URE", "PSO", "BLU")
# ISO 18245: charitable and social, religious, civic and fraternal organisations.
DONATION_CATEGORIES = ("8398", "8661", "8641")
NATIONAL_DOMAINS = ("ID.CO.QRIS.WWW", "ID.OR.GPNQR.WWW")
# BI: at most Rp 10,000,000 in one payment.
_AMOUNT_IDR_MAX = 10_000_000
_NAME_LENGTH_MAX, _CITY_LENGTH_MAX, _LABEL_LENGTH_MAX = 25, 15, 25
_DOMAIN_LENGTH_MAX, _MERCHANT_ID_LENGTH_MAX, _POSTAL_LENGTH_MAX = 32, 15, 10
_NMID = re.compile(r"ID[0-9]{13}")
_TIP_TAGS = ("55", "56", "57")
_PAYER_FILLS_IN = "***"
_INTERNATIONAL = frozenset(f"{tag:02d}" for tag in range(2, 26))
# EMVCo: 46 to 50 further accounts, 65 to 79 reserved, 80 to 99 for anybody's use.
_NOT_OURS = frozenset(f"{tag:02d}" for tag in (*range(46, 51), *range(65, 100)))


def account_warnings(payload: QrisPayload) -> Iterator[Remark]:
    """Return what is unusual with whom the money goes to."""
    for account in payload.accounts:
        yield from _one_account(account)
    if len({account.mpan18 for account in payload.accounts if account.mpan}) > 1:
        yield Remark("mpan_several", "Two acquirers are named: the payer's app chooses one.")
    if payload.nmid is None:
        yield Remark("nmid_missing", "No NMID (tag 51.02), as a printed code should have.")
    elif not _NMID.fullmatch(payload.nmid):
        yield Remark("nmid_unusual", f"The NMID {payload.nmid!r} is not ID and 13 digits.")
    if not DOMESTIC_TAGS.intersection(tlv.tag for tlv in payload.tags):
        yield Remark("acquirer_missing", "No acquirer's block (tags 26 to 45).")
    yield from _national(payload)


def _one_account(account: MerchantAccount) -> Iterator[Remark]:
    if len(account.mpan) == MPAN_LENGTH + 1:
        yield Remark("mpan_check_digit", f"The MPAN in tag {account.tag} has its check digit.")
    elif account.mpan and len(account.mpan) != MPAN_LENGTH:
        yield Remark("mpan_length", f"The MPAN in tag {account.tag} has not 18 digits.")
    if account.mpan and not account.mpan.startswith("9360"):
        yield Remark("mpan_foreign", "The MPAN has no number of an Indonesian acquirer.")
    if account.criteria and account.criteria not in CRITERIA:
        yield Remark("criteria_unknown", f"Tag {account.tag}.03 is no merchant criterion.")
    if len(account.domain) > _DOMAIN_LENGTH_MAX:
        yield Remark("domain_long", f"The domain in tag {account.tag} has over 32 characters.")
    if len(account.merchant_id) > _MERCHANT_ID_LENGTH_MAX:
        yield Remark("merchant_id_long", f"The id in tag {account.tag}.02 has over 15 characters.")


def _national(payload: QrisPayload) -> Iterator[Remark]:
    if payload.value(NATIONAL_TAG) is None:
        return
    national = payload.templates.get(NATIONAL_TAG, ())
    if first_value(national, "00") not in NATIONAL_DOMAINS:
        yield Remark("national_unusual", "Tag 51 does not name the national register.")
    criteria = first_value(national, "03")
    if criteria is not None and criteria not in CRITERIA:
        yield Remark("criteria_unknown", "Tag 51.03 is no merchant criterion.")


def field_warnings(payload: QrisPayload) -> Iterator[Remark]:
    """Return what is unusual with what the payer sees and pays."""
    if len(payload.merchant_name or "") > _NAME_LENGTH_MAX:
        yield Remark("name_long", "The merchant name is longer than 25 characters.")
    if len(payload.city or "") > _CITY_LENGTH_MAX:
        yield Remark("city_long", "The city is longer than 15 characters.")
    if not payload.value("61"):
        yield Remark("postal_missing", "No postal code (tag 61).")
    elif len(payload.value("61") or "") > _POSTAL_LENGTH_MAX:
        yield Remark("postal_long", "The postal code is longer than 10 characters.")
    yield from _category(payload.mcc)
    yield from _payment(payload)
    yield from _label(payload.terminal_label)


def _category(mcc: str | None) -> Iterator[Remark]:
    if not re.fullmatch(r"[0-9]{4}", mcc or ""):
        yield Remark("mcc_unusual", "The merchant category (tag 52) has not four digits.")
    elif mcc not in DONATION_CATEGORIES:
        yield Remark("mcc_no_donation", f"Category {mcc} is none of donations: fees may apply.")


def _payment(payload: QrisPayload) -> Iterator[Remark]:
    if any(payload.value(tag) for tag in _TIP_TAGS):
        yield Remark("tip_asked", "The code asks for a tip: no donation box does.")
    if payload.amount is not None and payload.amount.amount > _AMOUNT_IDR_MAX:
        yield Remark("amount_large", "The amount is above what one payment may be.")
    if payload.point_of_initiation is PointOfInitiation.STATIC and payload.value("54"):
        yield Remark("static_with_amount", "A printed code with a fixed amount.")
    if payload.point_of_initiation is PointOfInitiation.DYNAMIC:
        yield Remark("dynamic", "A code for one payment: it must not be printed.")


def _label(label: str | None) -> Iterator[Remark]:
    if label is None:
        yield Remark("terminal_missing", "No terminal label (62.07): payments name no box.")
    elif len(label) > _LABEL_LENGTH_MAX:
        yield Remark("terminal_long", "The terminal label is longer than 25 characters.")
    elif label == _PAYER_FILLS_IN:
        yield Remark("terminal_asked", "The payer is asked for the terminal: it names no box.")


def tag_warnings(payload: QrisPayload) -> Iterator[Remark]:
    """Return which tags no Indonesian sticker needs."""
    tags = {tlv.tag for tlv in payload.tags}
    if tags & _INTERNATIONAL:
        yield Remark("international", "A foreign card scheme is named (tags 02 to 25).")
    for tag in sorted(tags & _NOT_OURS):
        yield Remark("tag_unknown", f"Tag {tag} has no meaning in QRIS.")
    if payload.value("64") is not None:
        language = payload.templates.get("64", ())
        if not (first_value(language, "00") and first_value(language, "01")):
            yield Remark("language_incomplete", "Tag 64 lacks its language or its name.")
