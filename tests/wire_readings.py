"""What the server's channel makes of a sealed payload, beside what the wire's own reader says."""

from typing import Any

from hypothesis import strategies as st
from jimpitan_server.adapters.wire import BoxChannel, body_of, epoch_key
from jimpitan_server.domain.ids import BoxId
from jimpitan_wire import cose, records
from jimpitan_wire.errors import WireError
from server_boxes import FakeBox

BOX = FakeBox()
CHANNEL = BoxChannel(BoxId(BOX.box), {1: epoch_key(BOX.secret, box=BOX.box, epoch=1)})
numbers = st.integers(0, records.NUMBER_MAX) | st.sampled_from(
    [0, 23, 24, 255, 256, 65_535, 65_536, records.NUMBER_MAX]
)


def payloads_of(
    kind: st.SearchStrategy[int], body: st.SearchStrategy[dict[int, Any]]
) -> st.SearchStrategy[bytes]:
    """Return payloads of records of some kinds with some bodies, each field in its whole range."""
    return st.builds(
        records.payload,
        epoch=numbers,
        boot=numbers,
        seq=st.integers(1, records.NUMBER_MAX),
        uptime_ms=st.integers(0, records.UPTIME_MS_MAX) | numbers,
        wall_s=st.none() | numbers,
        wall_uncertainty_s=numbers,
        prev=st.binary(min_size=8, max_size=8),
        kind=kind,
        body=body,
    )


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
