"""Decodes a payload with `cbor2` and refuses every encoding but the deterministic one.

No shorter encoding of a value exists than the deterministic one of RFC 8949 section 4.2.1, and
tags (which could make up for length by sharing) and indefinite lengths are refused while
decoding. So bytes are canonical exactly when the keys of each map rise and the length is that
of the shortest form: a sum, many times cheaper than encoding the value again.
"""

from typing import Any, NoReturn

import cbor2
from jimpitan_wire.cbor import DEPTH_MAX
from jimpitan_wire.errors import Malformed, NotCanonical

# Tags that cbor2 resolves by itself; any other goes to the tag hook.
TAGS_KNOWN = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261)
TAGS_KNOWN_LONG = (1004, 43000, 55799)


def _refuse_tag(*_: object) -> NoReturn:
    raise Malformed("tags are not part of a value")


_REFUSED: Any = dict.fromkeys(TAGS_KNOWN + TAGS_KNOWN_LONG, _refuse_tag)


def decode(raw: bytes) -> object:
    """Return the one value that `raw` encodes in its deterministic form, else raise."""
    try:
        value = cbor2.loads(
            raw,
            tag_hook=_refuse_tag,
            semantic_decoders=_REFUSED,
            max_depth=DEPTH_MAX + 1,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise Malformed("the bytes are no value of ours") from error
    if shortest_length(value) != len(raw):
        raise NotCanonical("a part is not in its shortest form, or bytes follow the value")
    return value


def _number_length(number: int) -> int:
    if number < 0x100000000:
        return 1 if number < 24 else 2 if number < 0x100 else 3 if number < 0x10000 else 5
    if number > 0xFFFFFFFFFFFFFFFF:
        raise Malformed("a number needs more than 64 bits")
    return 9


def shortest_length(value: object, depth: int = 0) -> int:
    """Return how many bytes the deterministic encoding of `value` has; refuse other types."""
    kind = type(value)
    if kind is int:
        return _number_length(value if value >= 0 else -1 - value)  # type: ignore[operator,arg-type]
    if kind is bytes:
        return _number_length(len(value)) + len(value)  # type: ignore[arg-type]
    if kind is dict:
        return _map_length(value, depth)  # type: ignore[arg-type]
    if kind is list:
        if depth >= DEPTH_MAX:
            raise Malformed("nested too deep")
        length = _number_length(len(value))  # type: ignore[arg-type]
        for item in value:  # type: ignore[attr-defined]
            length += shortest_length(item, depth + 1)
        return length
    if kind is str:
        size = len(value.encode())  # type: ignore[attr-defined]
        return _number_length(size) + size
    if value is None or kind is bool:
        return 1
    raise Malformed("floats, tags and other simple values do not exist here")


def _map_length(mapping: dict[object, object], depth: int) -> int:
    if depth >= DEPTH_MAX:
        raise Malformed("nested too deep")
    length = _number_length(len(mapping))
    last = -1
    for key, value in mapping.items():
        if type(key) is not int or key < 0:
            raise Malformed("keys are non-negative whole numbers")
        if key <= last:
            raise NotCanonical("keys are not in rising order")
        last = key
        length += _number_length(key)
        length += (
            _number_length(value)
            if type(value) is int and value >= 0
            else (shortest_length(value, depth + 1))
        )
    return length
