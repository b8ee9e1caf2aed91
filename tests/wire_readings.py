"""What the server's channel makes of a sealed payload, beside what the wire's own reader says."""

from typing import Any

from jimpitan_server.adapters.wire import BoxChannel, body_of, epoch_key
from jimpitan_server.domain.ids import BoxId
from jimpitan_wire import cose, records
from jimpitan_wire.errors import WireError
from server_boxes import FakeBox

BOX = FakeBox()


def carried(payload: bytes) -> list[tuple[object, ...]]:
    """Return what the channel makes of a genuinely sealed payload, which may be no record."""
    try:
        epoch = records.epoch_of(payload)
    except WireError:
        epoch = 1
    channel = BoxChannel(BoxId(BOX.box), {epoch: epoch_key(BOX.secret, box=BOX.box, epoch=epoch)})
    aad = cose.external_aad(BOX.box, epoch, cose.UP)
    envelope = cose.seal(BOX.key, aad, payload)
    genuine, refused = channel.examine(envelope)
    assert len(genuine) + len(refused) == 1
    for record in genuine:
        assert (record.box, record.tag, record.raw) == (BOX.box, cose.tag_of(envelope), envelope)
        assert body_of(envelope) == records.parse(payload)[records.BODY]
    return [tuple(record[1:9]) for record in genuine]


def said(payload: bytes) -> list[tuple[object, ...]]:
    """Return the first eight fields as the wire's own reader finds them, or nothing."""
    try:
        fields: Any = records.parse(payload)
    except WireError:
        return []
    return [tuple(fields[key] for key in range(1, 9))]
