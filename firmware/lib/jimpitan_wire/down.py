"""Messages from the server to one box: acknowledgement, collection, thanks, configuration, update.

Each is a COSE_Mac0 under the box key with the direction in its `external_aad`, and carries a
counter that only rises: a box obeys a message once and never an older one.
"""

from jimpitan_wire import cbor
from jimpitan_wire.errors import Malformed

EPOCH, COUNTER, KIND, BODY = 1, 2, 3, 4
NUMBER_MAX = 0xFFFFFFFF
TIME_MS_MAX = (1 << 53) - 1

ACK = 1
COLLECTION_OPEN = 2
THANKS = 3
CONFIGURE = 4
UPDATE = 5

# Body keys of ACK: the highest sequence number up to which the server durably holds every
# record, and the server's Unix time in ms when it signed.
ACK_SEQ, ACK_TIME_MS = 1, 2
# Body keys of COLLECTION_OPEN: the visit and how long the box may be opened, in ms of uptime.
OPEN_VISIT, OPEN_VALID_MS = 1, 2
# Body keys of THANKS: how long the thanks may be shown after it was signed, in ms, and the
# server's Unix time in ms when it signed.
THANKS_VALID_MS, THANKS_TIME_MS = 1, 2
THANKS_VALID_MS_MAX = 60_000
# Body keys of CONFIGURE: the revision, which only rises, and the whole map {option: value};
# an option that is not named has its default. Options and bounds: `jimpitan_wire.options`.
CONFIGURE_REVISION, CONFIGURE_OPTIONS = 1, 2
# Body keys of UPDATE: SHA-256 of the release's manifest, length of the manifest in bytes, the
# number of the release (`release.number_of`), and the attempt, which rises in the life of a box.
UPDATE_FINGERPRINT, UPDATE_MANIFEST_LENGTH, UPDATE_NUMBER, UPDATE_ATTEMPT = 1, 2, 3, 4
FINGERPRINT_LENGTH = 32
MANIFEST_LENGTH_MAX = 16_384


def payload(epoch: int, counter: int, kind: int, body: "dict[int, object]") -> bytes:
    """Return the payload of one down message."""
    return cbor.encode({EPOCH: epoch, COUNTER: counter, KIND: kind, BODY: body})


def parse(raw: bytes) -> "dict[int, object]":
    """Return the four fields of a down message, each checked, or raise `Malformed`."""
    fields = cbor.decode(raw)
    if not isinstance(fields, dict) or len(fields) != BODY:
        raise Malformed("a down message has four fields")
    for key in (EPOCH, COUNTER, KIND):
        value = fields.get(key)
        if value is True or value is False or not isinstance(value, int):
            raise Malformed("a field is no whole number")
        if value < 0 or value > NUMBER_MAX:
            raise Malformed("a field is out of bounds")
    if not isinstance(fields.get(BODY), dict):
        raise Malformed("the body is a map")
    return fields


def whole(body: "dict[int, object]", key: int, value_max: int = TIME_MS_MAX) -> int:
    """Return the whole number under `key` of a body, or raise `Malformed`."""
    value = body.get(key)
    if value is True or value is False or not isinstance(value, int):
        raise Malformed("a body field is no whole number")
    if value < 0 or value > value_max:
        raise Malformed("a body field is out of bounds")
    return value


def fingerprint(body: "dict[int, object]") -> bytes:
    """Return the fingerprint of an UPDATE, b"" when it has none."""
    value = body.get(UPDATE_FINGERPRINT)
    return value if isinstance(value, bytes) else b""
