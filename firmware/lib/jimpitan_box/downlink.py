"""Messages from the server: only genuine ones, each once, never an older one."""

from jimpitan_wire import cose, down
from jimpitan_wire.errors import Malformed, WireError


class Downlink:
    """Checks what comes on the down topic against box, epoch and the rising counter."""

    def __init__(self, box: str, epoch: int, key: cose.Key) -> None:
        self._aad = cose.external_aad(box, epoch, cose.DOWN)
        self._epoch = epoch
        self._key = key
        self.refused = 0

    def open(self, message: bytes, counter_before: int) -> "dict[int, object] | None":
        """Return the checked fields of a message, or None for one that must not be obeyed."""
        try:
            fields = down.parse(cose.unseal(self._key, self._aad, message))
            body = fields[down.BODY]
            counter = fields[down.COUNTER]
            if isinstance(body, dict):
                _check(fields[down.KIND], body)
        except WireError:
            self.refused += 1
            return None
        if fields[down.EPOCH] != self._epoch or not isinstance(counter, int):
            self.refused += 1
            return None
        if counter <= counter_before:
            self.refused += 1
            return None
        return fields


def _check(kind: object, body: "dict[int, object]") -> None:
    """Raise `Malformed` when the body of a kind that this box knows is not what it must be."""
    if kind == down.ACK:
        down.whole(body, down.ACK_SEQ, down.NUMBER_MAX)
        down.whole(body, down.ACK_TIME_MS)
    elif kind == down.COLLECTION_OPEN:
        down.whole(body, down.OPEN_VISIT)
        down.whole(body, down.OPEN_VALID_MS, down.NUMBER_MAX)
    elif kind == down.THANKS:
        down.whole(body, down.THANKS_VALID_MS, down.THANKS_VALID_MS_MAX)
        down.whole(body, down.THANKS_TIME_MS)
    elif kind == down.CONFIGURE:
        down.whole(body, down.CONFIGURE_REVISION, down.NUMBER_MAX)
        if not isinstance(body.get(down.CONFIGURE_OPTIONS), dict):
            raise Malformed("the options are a map")
    elif kind == down.UPDATE:
        down.whole(body, down.UPDATE_MANIFEST_LENGTH, down.MANIFEST_LENGTH_MAX)
        down.whole(body, down.UPDATE_NUMBER, down.NUMBER_MAX)
        down.whole(body, down.UPDATE_ATTEMPT, down.NUMBER_MAX)
        if len(down.fingerprint(body)) != down.FINGERPRINT_LENGTH:
            raise Malformed("a fingerprint has 32 bytes")
