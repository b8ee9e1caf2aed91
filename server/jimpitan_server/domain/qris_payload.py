"""The value of a QRIS payload, taken apart and not yet judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jimpitan_server.domain.money_errors import MoneyMalformed, QrisMalformed
from jimpitan_server.domain.rupiah import NumberStyle, Rupiah, parse_rupiah
from jimpitan_server.domain.tlv import CRC_HEAD, CRC_TAG, Tlv, crc_of, read_tlvs

MPAN_LENGTH = 18
# Tags whose value is again a text of tags (ASPI, "Standar Nasional QR Code Pembayaran").
TEMPLATE_TAGS = frozenset([f"{tag:02d}" for tag in range(26, 52)] + ["62", "64"])
DOMESTIC_TAGS = frozenset(f"{tag:02d}" for tag in range(26, 46))
NATIONAL_TAG = "51"


class PointOfInitiation(StrEnum):
    """Whether a code is printed once or made for one payment."""

    STATIC = "static"
    """Printed: the payer types the amount."""
    DYNAMIC = "dynamic"
    """Made for one payment, with its amount."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that stands out in a payload: a fixed code and a sentence for a person."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantAccount:
    """What one acquirer's block says about the merchant; empty texts were absent."""

    tag: str
    domain: str
    mpan: str
    merchant_id: str
    criteria: str

    @property
    def mpan18(self) -> str:
        """The MPAN as notifications and stickers share it, without a check digit."""
        return self.mpan[:MPAN_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class QrisPayload:
    """A payload taken apart; `errors` and `warnings` say what is wrong or unusual with it."""

    text: str
    tags: tuple[Tlv, ...]
    templates: Mapping[str, tuple[Tlv, ...]]
    crc_valid: bool
    accounts: tuple[MerchantAccount, ...]
    nmid: str | None
    mpan: str | None
    merchant_name: str | None
    city: str | None
    terminal_label: str | None
    point_of_initiation: PointOfInitiation | None
    amount: Rupiah | None
    mcc: str | None
    warnings: tuple[Remark, ...] = ()
    errors: tuple[Remark, ...] = ()

    def value(self, tag: str) -> str | None:
        """Return the value of a top-level tag, or None when the payload has none."""
        return first_value(self.tags, tag)

    @property
    def is_whole(self) -> bool:
        """Whether every tag that holds tags of its own could be taken apart."""
        return all(_has_shape(tlv.value) for tlv in self.tags if tlv.tag in TEMPLATE_TAGS)

    def additional(self, tag: str) -> str | None:
        """Return a value of the additional data, tag 62, or None."""
        return first_value(self.templates.get("62", ()), tag)


def first_value(tlvs: tuple[Tlv, ...], tag: str) -> str | None:
    """Return the value of the first `tag`, or None; a repeated tag is an error elsewhere."""
    return next((tlv.value for tlv in tlvs if tlv.tag == tag), None)


def normalise_nmid(text: str) -> str:
    """Return an NMID as registers hold it: some screens print a space after `ID`."""
    return text.replace(" ", "").upper()


def take_apart(text: str) -> QrisPayload:
    """Return the parts of `text`, or raise `QrisMalformed` when it has no shape at all."""
    tags = read_tlvs(text)
    templates = {tlv.tag: _template(tlv) for tlv in reversed(tags) if tlv.tag in TEMPLATE_TAGS}
    accounts = tuple(_account(tlv.tag, templates[tlv.tag]) for tlv in _account_tags(tags))
    national = templates.get(NATIONAL_TAG, ())
    nmid = first_value(national, "02")
    return QrisPayload(
        text=text,
        tags=tags,
        templates=templates,
        crc_valid=_crc_fits(text, tags),
        accounts=accounts,
        nmid=normalise_nmid(nmid) if nmid else None,
        mpan=next((account.mpan for account in accounts if account.mpan), None),
        merchant_name=first_value(tags, "59"),
        city=first_value(tags, "60"),
        terminal_label=first_value(templates.get("62", ()), "07") or None,
        point_of_initiation=_point_of_initiation(first_value(tags, "01")),
        amount=_amount(first_value(tags, "54")),
        mcc=first_value(tags, "52"),
    )


def _template(tlv: Tlv) -> tuple[Tlv, ...]:
    """Return the tags inside; a value that is no TLV has none, which the rules report."""
    try:
        return read_tlvs(tlv.value)
    except QrisMalformed:
        return ()


def _has_shape(value: str) -> bool:
    try:
        read_tlvs(value)
    except QrisMalformed:
        return False
    return True


def _account_tags(tags: tuple[Tlv, ...]) -> list[Tlv]:
    seen: set[str] = set()
    firsts = []
    for tlv in tags:
        if tlv.tag in DOMESTIC_TAGS and tlv.tag not in seen:
            firsts.append(tlv)
        seen.add(tlv.tag)
    return firsts


def _account(tag: str, tlvs: tuple[Tlv, ...]) -> MerchantAccount:
    return MerchantAccount(
        tag=tag,
        domain=first_value(tlvs, "00") or "",
        mpan=first_value(tlvs, "01") or "",
        merchant_id=first_value(tlvs, "02") or "",
        criteria=first_value(tlvs, "03") or "",
    )


def _crc_fits(text: str, tags: tuple[Tlv, ...]) -> bool:
    last = tags[-1]
    body_end = last.at + len(CRC_HEAD)
    return last.tag == CRC_TAG and last.value.upper() == crc_of(text[:body_end])


def _point_of_initiation(value: str | None) -> PointOfInitiation | None:
    known = {"11": PointOfInitiation.STATIC, "12": PointOfInitiation.DYNAMIC}
    return known.get(value or "")


def _amount(value: str | None) -> Rupiah | None:
    try:
        return parse_rupiah(value.removesuffix("."), NumberStyle.PLAIN) if value else None
    except MoneyMalformed:
        return None
