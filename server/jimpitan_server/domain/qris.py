"""Reading QRIS payloads without believing them, and composing synthetic ones.

A payload with the right CRC is well copied, not authentic: anybody can compute a CRC. Whether
the sticker is ours is told by comparing it with the registered one.
"""

from collections.abc import Mapping

from jimpitan_server.domain.money_errors import QrisMalformed
from jimpitan_server.domain.qris_payload import MPAN_LENGTH, QrisPayload, take_apart
from jimpitan_server.domain.qris_rules import judge
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.tlv import CRC_HEAD, crc_of, write_tlv

# EMVCo merchant-presented mode, v1.1, section 4: a payload has at most 512 characters.
PAYLOAD_LENGTH_MAX = 512
# A national numbering system number that no acquirer holds (our own choice): what is composed
# with it can never be mistaken for a real merchant's code.
SYNTHETIC_NNS = "93600999"


def parse(payload: str | bytes) -> QrisPayload:
    """Take a payload apart and judge it; raise `QrisMalformed` when it has no shape at all."""
    return judge(take_apart(_text_of(payload)))


def _text_of(payload: str | bytes) -> str:
    if isinstance(payload, bytes):
        try:
            payload = payload.decode("utf-8")
        except UnicodeDecodeError as error:
            raise QrisMalformed("the payload is no text") from error
    text = payload.strip(" \r\n\t")
    if not text or len(text) > PAYLOAD_LENGTH_MAX:
        raise QrisMalformed(f"a payload has 1 to {PAYLOAD_LENGTH_MAX} characters")
    return text


def compose(
    *,
    mpan: str,
    nmid: str,
    merchant_name: str,
    city: str,
    terminal_label: str | None = None,
    amount: Rupiah | None = None,
    mcc: str = "8398",  # ISO 18245, charitable and social service organisations.
) -> str:
    """Return a synthetic payload for tests and simulated towns.

    It refuses any MPAN outside `SYNTHETIC_NNS`: real codes come from the acquirer, and a code
    that we altered ourselves would belong to no terminal that the acquirer knows.
    """
    if not mpan.startswith(SYNTHETIC_NNS) or len(mpan) != MPAN_LENGTH:
        raise QrisMalformed(f"a synthetic MPAN has 18 digits and begins with {SYNTHETIC_NNS}")
    account = _nested({"00": "ID.CO.CONTOH.WWW", "01": mpan, "02": mpan[-10:], "03": "URE"})
    national = _nested({"00": "ID.CO.QRIS.WWW", "02": nmid, "03": "URE"})
    values = {"00": "01", "01": "12" if amount else "11", "26": account, "51": national}
    values |= {"52": mcc, "53": "360"}
    if amount:
        values["54"] = str(amount.amount)
    values |= {"58": "ID", "59": merchant_name, "60": city, "61": "42311"}
    if terminal_label:
        values["62"] = write_tlv("07", terminal_label)
    body = _nested(values) + CRC_HEAD
    return body + crc_of(body)


def _nested(values: Mapping[str, str]) -> str:
    return "".join(write_tlv(tag, value) for tag, value in values.items())
