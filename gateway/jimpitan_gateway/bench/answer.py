"""Reads what the server answers to a box without network, a file that a person carries back.

The file is a CBOR sequence (RFC 8742): first ["jimpitan-answer", 1, box id], then one byte string
for each signed message, exactly as it would have come over the broker.
"""

from pathlib import Path

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

from jimpitan_gateway.errors import FileRefused

MARK = "jimpitan-answer"
VERSION = 1
FILE_LENGTH_MAX = 64 * 1024
MESSAGE_LENGTH_MAX = 1024  # an envelope of at most 512 bytes of payload, with room


def read_answer(path: Path) -> tuple[str, list[bytes]]:
    """Return (box, messages) of an answer file, or raise `FileRefused`."""
    try:
        content = path.read_bytes() if path.stat().st_size <= FILE_LENGTH_MAX else b""
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from error
    found: list[object] = []
    at = 0
    try:
        while at < len(content):
            value, at = cbor.decode_at(content, at, 0)
            found.append(value)
    except WireError as error:
        raise FileRefused(f"{path} is no answer of a server: {error}.") from error
    head = found[0] if found else None
    if not isinstance(head, list) or len(head) != 3 or head[:2] != [MARK, VERSION]:
        raise FileRefused(f"{path} is no answer of a server.")
    messages = [one for one in found[1:] if isinstance(one, bytes)]
    if len(messages) != len(found) - 1 or not all(
        len(one) <= MESSAGE_LENGTH_MAX for one in messages
    ):
        raise FileRefused(f"{path} holds something that is no message.")
    return str(head[2]), messages
