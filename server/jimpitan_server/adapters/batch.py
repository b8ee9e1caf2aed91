"""Reads the batch in which a gateway hands over messages, within fixed bounds."""

from typing import Any, NoReturn

import cbor2
from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

from jimpitan_server.domain.errors import Malformed, TooLarge

ITEMS_MAX = 500
BOX_LENGTH_MAX = 64
RECEIVED_MS_MAX = 253_402_300_799_000  # the end of the year 9999, where datetime ends
DEPTH_MAX = 2  # the array, and the array of one item


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("tags are not part of a batch")


def read_batch(body: bytes) -> list[tuple[str, int, bytes]]:
    """Return the items [box, received_ms, message] of a batch, each of the right types."""
    try:
        major, count, _ = cbor.read_head(body, 0)
    except WireError as error:
        raise Malformed("The batch is no CBOR array.") from error
    if major != cbor.LIST:
        raise Malformed("The batch is no CBOR array.")
    if count > ITEMS_MAX:
        raise TooLarge(f"A batch has at most {ITEMS_MAX} items.")
    try:
        items: Any = cbor2.loads(
            body, tag_hook=_refuse_tag, max_depth=DEPTH_MAX, allow_indefinite=False
        )
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise Malformed("The batch cannot be decoded.") from error
    return [_item(item, place) for place, item in enumerate(items)]


def _item(item: Any, place: int) -> tuple[str, int, bytes]:
    if type(item) is not list or len(item) != 3:
        raise Malformed(f"Item {place} of the batch is no [box, received_ms, message].")
    box, received_ms, message = item
    if type(box) is not str or len(box) > BOX_LENGTH_MAX:
        raise Malformed(f"The box of item {place} is no short text.")
    if type(received_ms) is not int or not 0 <= received_ms <= RECEIVED_MS_MAX:
        raise Malformed(f"The time of item {place} is no Unix time in ms.")
    if type(message) is not bytes:
        raise Malformed(f"The message of item {place} is no byte string.")
    return box, received_ms, message
