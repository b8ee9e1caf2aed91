"""Reads the fields of a record's payload: quickly when it is plain, exactly in every case.

A pattern recognises the deterministic encoding of a plain record: the nine fields in range, a
body without texts and maps inside, and with byte strings of 0 or 8 bytes only. Each alternative
of the pattern begins with another byte, so it reads the heads of the items one after the other
exactly as a decoder does, and only shortest forms match. Plain records of one message are decoded
together, as calls of the decoder cost more than its work. What it does not recognise goes the
exact way; both ways give the same answer (a property test holds them against `records.parse`).
"""

import re
from collections.abc import Sequence
from typing import Any

import cbor2
from jimpitan_wire import cbor, records
from jimpitan_wire.cbor import DEPTH_MAX

from jimpitan_server.adapters import wire_canonical

# Heads of shortest form: RFC 8949 section 4.2.1.
NUMBER = rb"(?:[\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00)..|\x1a(?!\x00\x00)....)"
_LONG = rb"(?:\x1b(?!\x00{4}).{8})"
UPTIME = rb"(?:" + NUMBER + rb"|\x1b(?!\x00{4})\x00[\x00-\x1f].{6})"  # below 2^53
_NEGATIVE = rb"(?:[\x20-\x37]|\x38[\x18-\xff]|\x39(?!\x00)..|\x3a(?!\x00\x00)....)"
_SHORT = rb"(?:\x40|\x48.{8})"  # the beginning of a fingerprint, or none
_PLAIN = (
    rb"(?:" + NUMBER + rb"|" + _LONG + rb"|" + _NEGATIVE + rb"|[\x80-\x97]|[\xf4-\xf6]"
    rb"|" + _SHORT + rb")"
)
PLAIN_RECORD = re.compile(
    rb"\xa9\x01" + NUMBER + rb"\x02" + NUMBER
    + rb"\x03(?!\x00)" + NUMBER + rb"\x04" + UPTIME
    + rb"\x05(?:" + NUMBER + rb"|\xf6)\x06" + NUMBER
    + rb"\x07\x48.{8}\x08" + NUMBER
    + rb"\x09[\xa0-\xb7]" + _PLAIN + rb"*+",
    re.DOTALL,
)  # fmt: skip
# A text can stand nowhere in a plain record: if it is what follows the decoded record, then no
# bytes stood between.
_END = b"\x61."


def fields_of(payload: bytes) -> dict[int, Any]:
    """Return the nine checked fields of a payload, or raise a `WireError`."""
    plain = plain_fields((payload,))
    return plain[0] if plain else records.checked(wire_canonical.decode(payload))


def plain_fields(payloads: Sequence[bytes]) -> list[dict[int, Any]] | None:
    """Return the fields of payloads that are all plain, decoded together; None for others.

    They are decoded as one array [record, ".", record, "."]. A record that ends too early leaves
    an item where "." must stand; one that takes of its neighbour leaves the array too short.
    """
    if not all(map(PLAIN_RECORD.fullmatch, payloads)):
        return None
    head = cbor.head(cbor.LIST, 2 * len(payloads))
    try:
        items = cbor2.loads(
            b"".join((head, _END.join(payloads), _END)),
            max_depth=DEPTH_MAX + 1,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORDecodeError, ValueError, TypeError):
        return None
    plain: list[dict[int, Any]] = items[::2]
    if items[1::2] != ["."] * len(payloads) or not all(map(_is_whole, plain)):
        return None
    return plain


def _is_whole(fields: dict[int, Any]) -> bool:
    if len(fields) != records.BODY:
        return False
    last = -1
    for key in fields[records.BODY]:
        if type(key) is not int or key <= last:
            return False
        last = key
    return True
