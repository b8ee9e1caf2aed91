"""One envelope for everything: COSE_Mac0 (RFC 9052) with HMAC 256/256, in one fixed form.

    D1 84 43 A1 01 05 A0 <bstr payload> 58 20 <32 byte tag>

The tag covers the protected header, the payload and an `external_aad` that names the box, the
key epoch and the direction; the unprotected header is always empty. Everything else in the
envelope is fixed, so a change of any single bit is refused.
"""

import hashlib

from jimpitan_wire import cbor
from jimpitan_wire.errors import Malformed, NotCanonical, NotGenuine, TooLarge

PREFIX = b"\xd1\x84\x43\xa1\x01\x05\xa0"  # tag 17, array of 4, {1: 5}, {}: RFC 9052 section 6.2
TAG_HEAD = b"\x58\x20"
TAG_LENGTH = 32
KEY_LENGTH = 32
PAYLOAD_LENGTH_MAX = 512
MAC_STRUCTURE = b"\x84\x64MAC0\x43\xa1\x01\x05"  # ["MAC0", protected, ...: RFC 9052 section 6.3
BLOCK_LENGTH = 64  # of SHA-256: FIPS 180-4

UP, DOWN = "up", "down"


class Key:
    """A box key of 32 bytes, kept as the two HMAC pads of RFC 2104."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_LENGTH:
            raise Malformed("a box key has 32 bytes")
        block = secret + bytes(BLOCK_LENGTH - KEY_LENGTH)
        self._inner = bytes([byte ^ 0x36 for byte in block])
        self._outer = bytes([byte ^ 0x5C for byte in block])

    def tag(self, *parts: bytes) -> bytes:
        """Return the 32 bytes of HMAC-SHA256 over the concatenated parts."""
        inner = hashlib.sha256(self._inner)
        for part in parts:
            inner.update(part)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


def external_aad(box: str, epoch: int, direction: str) -> bytes:
    """Return what the tag is bound to beside the payload: box, key epoch and direction."""
    name = "jimpitan/1/%s/%d" % (box, epoch)
    return (name if direction == UP else name + "/" + direction).encode()


def mac_prefix(aad: bytes) -> bytes:
    """Return the bytes of the MAC_structure that stand before the payload."""
    return MAC_STRUCTURE + cbor.head(cbor.BYTES, len(aad)) + aad


def seal(key: Key, aad: bytes, payload: bytes) -> bytes:
    """Return the envelope around `payload` (at most 512 bytes)."""
    if len(payload) > PAYLOAD_LENGTH_MAX:
        raise TooLarge("a payload has at most 512 bytes")
    body = cbor.head(cbor.BYTES, len(payload)) + payload
    return PREFIX + body + TAG_HEAD + key.tag(mac_prefix(aad), body)


def tag_of(envelope: bytes) -> bytes:
    """Return the tag of an envelope whose form was checked before."""
    return envelope[-TAG_LENGTH:]


def payload_of(envelope: bytes) -> bytes:
    """Return the payload without checking its tag; raise `Malformed` on any other form."""
    start, end, after = _bounds(envelope, 0)
    if after != len(envelope):
        raise Malformed("bytes follow the envelope")
    return envelope[start:end]


def unseal(key: Key, aad: bytes, envelope: bytes) -> bytes:
    """Return the payload if the envelope is whole and genuine, else raise a `WireError`."""
    payload = payload_of(envelope)
    body = envelope[len(PREFIX) : -TAG_LENGTH - len(TAG_HEAD)]
    if not equal(key.tag(mac_prefix(aad), body), tag_of(envelope)):
        raise NotGenuine("the tag does not fit")
    return payload


def equal(left: bytes, right: bytes) -> bool:
    """Compare two byte strings in a time that does not tell where they differ."""
    if len(left) != len(right):
        return False
    difference = 0
    for index in range(len(left)):
        difference |= left[index] ^ right[index]
    return difference == 0


def split(message: bytes, envelopes_max: int) -> "list[bytes]":
    """Return the envelopes of a CBOR sequence (RFC 8742), in order; at most `envelopes_max`."""
    envelopes: "list[bytes]" = []
    at = 0
    while at < len(message):
        if len(envelopes) == envelopes_max:
            raise TooLarge("too many envelopes in one message")
        after = _bounds(message, at)[2]
        envelopes.append(message[at:after])
        at = after
    return envelopes


def _bounds(data: bytes, start: int) -> "tuple[int, int, int]":
    """Return (payload start, payload end, envelope end) of the envelope at `start`."""
    if data[start : start + len(PREFIX)] != PREFIX:
        raise Malformed("no envelope of ours begins here")
    major, length, at = cbor.read_head(data, start + len(PREFIX))
    if major != cbor.BYTES:
        raise Malformed("the payload is no byte string")
    if length > PAYLOAD_LENGTH_MAX:
        raise TooLarge("a payload has at most 512 bytes")
    end = at + length
    if data[end : end + len(TAG_HEAD)] != TAG_HEAD:
        raise NotCanonical("no tag of 32 bytes follows the payload")
    after = end + len(TAG_HEAD) + TAG_LENGTH
    if after > len(data):
        raise Malformed("the bytes end inside the tag")
    return at, end, after
