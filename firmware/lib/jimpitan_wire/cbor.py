"""The small part of CBOR (RFC 8949) that we speak, in its one deterministic encoding.

Values are whole numbers, byte strings, texts, lists, maps with non-negative integer keys, True,
False and None. Floats, tags and indefinite lengths do not exist here. Decoding refuses every
encoding but the deterministic one of RFC 8949 section 4.2.1, never recurses deeper than
``DEPTH_MAX``, and never allocates more than the input is long.
"""

from jimpitan_wire.errors import Malformed, NotCanonical, TooLarge

DEPTH_MAX = 6
UNSIGNED, NEGATIVE, BYTES, TEXT, LIST, MAP = 0, 1, 2, 3, 4, 5
FALSE, TRUE, NULL = 0xF4, 0xF5, 0xF6


def head(major: int, number: int) -> bytes:
    """Return the initial bytes of an item: its major type (0–5) and its length or value."""
    if number < 24:
        return bytes((major << 5 | number,))
    if number < 0x100:
        return bytes((major << 5 | 24, number))
    for code, size in ((25, 2), (26, 4), (27, 8)):
        if not number >> (8 * size):
            return bytes((major << 5 | code,)) + number.to_bytes(size, "big")
    raise TooLarge("a number needs more than 64 bits")


def encode(value: object, depth: int = 0) -> bytes:
    """Return the deterministic encoding of `value`; raise `TooLarge` or `Malformed`."""
    if value is None:
        return bytes((NULL,))
    if value is True:
        return bytes((TRUE,))
    if value is False:
        return bytes((FALSE,))
    if isinstance(value, int):
        return head(UNSIGNED, value) if value >= 0 else head(NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return head(BYTES, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(TEXT, len(text)) + text
    if depth >= DEPTH_MAX:
        raise TooLarge("nested too deep")
    if isinstance(value, (list, tuple)):
        return head(LIST, len(value)) + b"".join([encode(item, depth + 1) for item in value])
    if isinstance(value, dict):
        return _encode_map(value, depth)
    raise Malformed("no CBOR form for this type")


def _encode_map(mapping: "dict[int, object]", depth: int) -> bytes:
    parts = [head(MAP, len(mapping))]
    for key in sorted(mapping):
        if key is True or key is False or key < 0:
            raise Malformed("keys are non-negative whole numbers")
        parts.append(head(UNSIGNED, key))
        parts.append(encode(mapping[key], depth + 1))
    return b"".join(parts)


def read_head(data: bytes, start: int) -> "tuple[int, int, int]":
    """Return (major type, number, position after the head) of the item at `start`."""
    if start >= len(data):
        raise Malformed("the bytes end before an item")
    first = data[start]
    major, code = first >> 5, first & 31
    if code < 24:
        return major, code, start + 1
    if code > 27:
        raise NotCanonical("indefinite or reserved length")
    size = 1 << (code - 24)
    end = start + 1 + size
    if end > len(data):
        raise Malformed("the bytes end inside a number")
    number = int.from_bytes(data[start + 1 : end], "big")
    if number < 24 or (size > 1 and not number >> (4 * size)):
        raise NotCanonical("a number is not in its shortest form")
    return major, number, end


def decode(data: bytes) -> object:
    """Return the one value that `data` encodes; raise `Malformed` when it is anything else."""
    value, end = decode_at(data, 0, 0)
    if end != len(data):
        raise Malformed("bytes follow the value")
    return value


def decode_at(data: bytes, start: int, depth: int) -> "tuple[object, int]":
    """Return (value, position after it) for the item that begins at `start`."""
    if start < len(data) and data[start] >= 0xE0:
        return _simple(data[start]), start + 1
    major, number, at = read_head(data, start)
    if major <= NEGATIVE:
        return (number if major == UNSIGNED else -1 - number), at
    if number > len(data) - at:
        raise Malformed("a length reaches past the end")
    if major == BYTES:
        return bytes(data[at : at + number]), at + number
    if major == TEXT:
        return _text(data[at : at + number]), at + number
    if depth >= DEPTH_MAX:
        raise Malformed("nested too deep")
    if major == LIST:
        return _list(data, number, at, depth)
    if major == MAP:
        return _map(data, number, at, depth)
    raise Malformed("tags are not part of a value")


def _list(data: bytes, count: int, at: int, depth: int) -> "tuple[list[object], int]":
    items: "list[object]" = []
    for _ in range(count):
        item, at = decode_at(data, at, depth + 1)
        items.append(item)
    return items, at


def _map(data: bytes, pairs: int, at: int, depth: int) -> "tuple[dict[int, object], int]":
    mapping: "dict[int, object]" = {}
    last = -1
    for _ in range(pairs):
        major, key, at = read_head(data, at)
        if major != UNSIGNED:
            raise Malformed("keys are non-negative whole numbers")
        if key <= last:
            raise NotCanonical("keys are not in rising order")
        last = key
        mapping[key], at = decode_at(data, at, depth + 1)
    return mapping, at


def _simple(first: int) -> "bool | None":
    if first == NULL:
        return None
    if first in {FALSE, TRUE}:
        return first == TRUE
    raise Malformed("floats and other simple values do not exist here")


def _text(raw: bytes) -> str:
    try:
        return str(raw, "utf-8")
    except UnicodeError:
        raise Malformed("a text is not UTF-8") from None
