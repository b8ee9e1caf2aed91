"""The packets of MQTT 3.1.1 (OASIS standard, sections in brackets) that a box speaks."""

from jimpitan_wire.errors import Malformed, TooLarge

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
PACKET_LENGTH_MAX = 4096
PACKET_ID_MAX = 65_535


def text(value: str) -> bytes:
    """Return a UTF-8 string with its length in front (1.5.3)."""
    return binary(value.encode())


def binary(value: bytes) -> bytes:
    """Return bytes with their length in front."""
    if len(value) > 0xFFFF:
        raise TooLarge("a string has at most 65535 bytes")
    return len(value).to_bytes(2, "big") + value


def packet(kind: int, flags: int, *parts: bytes) -> bytes:
    """Return a whole packet: fixed header with remaining length (2.2), then the parts."""
    length = sum([len(part) for part in parts])
    head = bytearray((kind << 4 | flags,))
    while True:
        length, digit = length >> 7, length & 0x7F
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + b"".join(parts)


def connect(
    client_id: str,
    keepalive_s: int,
    will: "tuple[str, bytes]",
    login: "tuple[str, bytes] | None",
) -> bytes:
    """Return CONNECT (3.1): a kept session, a retained will at QoS 1, an optional login."""
    flags = 0x2C | (0xC0 if login else 0)
    parts = [
        b"\x00\x04MQTT\x04",
        bytes((flags,)),
        keepalive_s.to_bytes(2, "big"),
        text(client_id),
        text(will[0]),
        binary(will[1]),
    ]
    if login:
        parts.append(text(login[0]))
        parts.append(binary(login[1]))
    return packet(CONNECT, 0, *parts)


def publish(topic: str, payload: bytes, packet_id: int, is_retained: bool) -> bytes:
    """Return PUBLISH at QoS 1 (3.3)."""
    flags = 0x02 | (0x01 if is_retained else 0)
    return packet(PUBLISH, flags, text(topic), packet_id.to_bytes(2, "big"), payload)


def subscribe(topic: str, packet_id: int, qos: int = 1) -> bytes:
    """Return SUBSCRIBE to one topic (3.8)."""
    return packet(SUBSCRIBE, 2, packet_id.to_bytes(2, "big"), text(topic), bytes((qos,)))


def unsubscribe(topic: str, packet_id: int) -> bytes:
    """Return UNSUBSCRIBE from one topic (3.10)."""
    return packet(UNSUBSCRIBE, 2, packet_id.to_bytes(2, "big"), text(topic))


def puback(packet_id: int) -> bytes:
    """Return PUBACK (3.4)."""
    return packet(PUBACK, 0, packet_id.to_bytes(2, "big"))


def pingreq() -> bytes:
    """Return PINGREQ (3.12)."""
    return packet(PINGREQ, 0)


def packet_id(body: bytes) -> int:
    """Return the packet identifier that begins a body."""
    if len(body) < 2:
        raise Malformed("a packet identifier is missing")
    return body[0] << 8 | body[1]


def parse_publish(flags: int, body: bytes) -> "tuple[str, bytes, int]":
    """Return (topic, payload, packet id or 0 at QoS 0) of a PUBLISH (3.3)."""
    qos = flags >> 1 & 3
    if qos > 1 or len(body) < 2:
        raise Malformed("a message of a kind that was not asked for")
    at = 2 + (body[0] << 8 | body[1])
    if at > len(body):
        raise Malformed("the topic reaches past the end")
    try:
        topic = str(body[2:at], "utf-8")
    except UnicodeError:
        raise Malformed("the topic is not UTF-8") from None
    if not qos:
        return topic, body[at:], 0
    return topic, body[at + 2 :], packet_id(body[at : at + 2])


class Reader:
    """Cuts a stream of bytes into packets, one byte or one megabyte at a time."""

    def __init__(self) -> None:
        self._buffer = b""

    def reset(self) -> None:
        """Forget what a closed connection left."""
        self._buffer = b""

    def feed(self, content: bytes) -> "list[tuple[int, int, bytes]]":
        """Return the packets completed by `content` as (kind, flags, body).

        Raises `TooLarge` for a packet beyond 4096 bytes and `Malformed` for a length that is
        none; the connection is of no use after either.
        """
        buffer = self._buffer + content
        found = []
        at = 0
        while True:
            head = _remaining_length(buffer, at)
            if head is None or head[1] + head[0] > len(buffer):
                break
            length, start = head
            found.append((buffer[at] >> 4, buffer[at] & 15, buffer[start : start + length]))
            at = start + length
        self._buffer = buffer[at:]
        return found


def _remaining_length(buffer: bytes, at: int) -> "tuple[int, int] | None":
    """Return (remaining length, start of the body), None when more bytes must come (2.2.3)."""
    length = 0
    for index in range(4):
        if at + 1 + index >= len(buffer):
            return None
        digit = buffer[at + 1 + index]
        length |= (digit & 0x7F) << (7 * index)
        if length > PACKET_LENGTH_MAX:
            raise TooLarge("a packet is larger than any of ours")
        if not digit & 0x80:
            return length, at + 2 + index
    raise Malformed("a remaining length has at most four bytes")
