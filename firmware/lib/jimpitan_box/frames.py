"""How bytes stand on flash: length, CRC-32, content; a torn frame is told from a whole one."""

import binascii

HEAD_LENGTH = 6
CONTENT_LENGTH_MAX = 1024


def frame(content: bytes) -> bytes:
    """Return the frame around `content` (1 to 1024 bytes)."""
    length = len(content).to_bytes(2, "big")
    return length + _crc(length, content) + content


def content_length(head: bytes) -> int:
    """Return the length that the first six bytes promise, or 0 when they promise nothing."""
    if len(head) < HEAD_LENGTH:
        return 0
    length = int.from_bytes(head[:2], "big")
    return length if length <= CONTENT_LENGTH_MAX else 0


def is_whole(head: bytes, content: bytes) -> bool:
    """Return whether the content is what the head promises."""
    return len(content) == content_length(head) and head[2:] == _crc(head[:2], content)


def unframe(raw: bytes) -> "bytes | None":
    """Return the content of a file that holds one frame, None when it is torn."""
    head, content = raw[:HEAD_LENGTH], raw[HEAD_LENGTH:]
    return content if content and is_whole(head, content) else None


def _crc(length: bytes, content: bytes) -> bytes:
    value = binascii.crc32(content, binascii.crc32(length)) & 0xFFFFFFFF
    return value.to_bytes(4, "big")
