"""The TLV texts of EMVCo merchant QR codes: two-digit tag, two-digit length, value.

Lengths count characters, and tags come in any order (EMVCo, "QR Code Specification for Payment
Systems, Merchant-Presented Mode", v1.1, section 3).
"""

from dataclasses import dataclass

from jimpitan_server.domain.money_errors import QrisMalformed

_HEAD_LENGTH = 4
VALUE_LENGTH_MAX = 99
CRC_TAG = "63"
CRC_HEAD = CRC_TAG + "04"


@dataclass(frozen=True, slots=True)
class Tlv:
    """One tag with its value, and where the tag began in its text."""

    tag: str
    value: str
    at: int = 0


def _is_number(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isdigit()


def read_tlvs(text: str) -> tuple[Tlv, ...]:
    """Return the tags of one level in the order of the text, or raise `QrisMalformed`."""
    tlvs: list[Tlv] = []
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + _HEAD_LENGTH]
        if not (_is_number(tag) and _is_number(length)):
            raise QrisMalformed(f"no tag and length at character {at + 1}")
        end = at + _HEAD_LENGTH + int(length)
        if end > len(text):
            raise QrisMalformed(f"tag {tag} claims {int(length)} characters and has fewer")
        tlvs.append(Tlv(tag, text[at + _HEAD_LENGTH : end], at))
        at = end
    return tuple(tlvs)


def write_tlv(tag: str, value: str) -> str:
    """Return one tag as text; raise `QrisMalformed` when the grammar cannot hold it."""
    if not _is_number(tag) or len(value) > VALUE_LENGTH_MAX:
        raise QrisMalformed(f"tag {tag!r} with {len(value)} characters cannot be written")
    return f"{tag}{len(value):02d}{value}"


def crc_of(text: str) -> str:
    """Return the four upper-case hexadecimal digits that close a payload ending in `6304`.

    CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection (EMVCo, section 4.7.3;
    check value of "123456789" is 29B1).
    """
    register = 0xFFFF
    for byte in text.encode("utf-8", "surrogatepass"):
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ (0x1021 if register & 0x8000 else 0)
            register &= 0xFFFF
    return f"{register:04X}"
