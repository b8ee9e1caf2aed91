"""Reads the file in which a bench carries the records of a box without network, and answers it.

A CBOR sequence (RFC 8742): ["jimpitan-pull", 1, box id], then one byte string for each message
as the box would have published it. The file proves nothing; every record in it proves itself.
The answer has the same form under another mark: signed messages as a gateway would carry them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

from jimpitan_server.domain.errors import Malformed, TooLarge
from jimpitan_server.domain.ids import is_box_id

MARK = "jimpitan-pull"
ANSWER_MARK = "jimpitan-answer"
VERSION = 1
FILE_LENGTH_MAX = 16 * 1024 * 1024
MESSAGE_LENGTH_MAX = 4096  # as the broker bounds a message


@dataclass(frozen=True, slots=True)
class PullFile:
    """The box that the file names, and its messages in the order of the file."""

    box: str
    messages: list[bytes]


def read_pull_file(content: bytes) -> PullFile:
    """Return what a pull file holds, or say in one sentence what is wrong with it."""
    if len(content) > FILE_LENGTH_MAX:
        raise TooLarge(f"A pull file has at most {FILE_LENGTH_MAX} bytes.")
    try:
        head, at = cbor.decode_at(content, 0, 0)
    except WireError as error:
        raise _no_pull_file() from error
    if not isinstance(head, list) or len(head) != 3 or head[0] != MARK:
        raise _no_pull_file()
    if head[1] != VERSION:
        raise Malformed(f"This pull file has version {head[1]}; this server reads {VERSION}.")
    if not isinstance(head[2], str) or not is_box_id(head[2]):
        raise Malformed("This pull file names no box.")
    return PullFile(head[2], list(_messages(content, at)))


def _messages(content: bytes, at: int) -> list[bytes]:
    messages = []
    while at < len(content):
        try:
            major, length, start = cbor.read_head(content, at)
        except WireError as error:
            raise _torn(at) from error
        at = start + length
        if major != cbor.BYTES or length > MESSAGE_LENGTH_MAX or at > len(content):
            raise _torn(start)
        messages.append(content[start:at])
    return messages


def _no_pull_file() -> Malformed:
    return Malformed("This is no pull file: make one with `jimpitan-gateway box pull FILE`.")


def _torn(at: int) -> Malformed:
    return Malformed(
        f"This pull file is damaged at byte {at}; nothing of it was taken in. Pull it again."
    )


def write_answer_file(box: str, messages: Sequence[bytes]) -> bytes:
    """Return the file that carries signed messages back to a box."""
    head = cbor.encode([ANSWER_MARK, VERSION, box])
    return head + b"".join(cbor.encode(message) for message in messages)
