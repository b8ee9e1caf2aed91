"""The quick verifier says the same as the wire's own reader, and refuses everything else."""

from itertools import product

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jimpitan_server.adapters import wire_canonical
from jimpitan_server.adapters.wire import (
    BoxChannel,
    ack_payload,
    epoch_key,
)
from jimpitan_server.adapters.wire_facts import fact_of
from jimpitan_server.adapters.wire_fields import PLAIN_RECORD, fields_of, plain_fields
from jimpitan_server.domain import facts
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.record import RecordKind
from jimpitan_wire import cbor, cose, down, records, topics
from jimpitan_wire.errors import Malformed, WireError
from wire_readings import BOX, CHANNEL, carried, numbers, payloads_of, said

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=30)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(numbers, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(numbers, values, max_size=5)
payloads = payloads_of(numbers, bodies)


# A plain record up to its body.
PLAIN_HEAD = records.payload(
    epoch=1,
    boot=1,
    seq=1,
    uptime_ms=1,
    wall_s=None,
    wall_uncertainty_s=0,
    prev=bytes(8),
    kind=3,
    body={},
)[:-1]


def readings(payload: bytes) -> tuple[object, object]:
    """Return what the wire's own reader and the quick one make of a payload."""
    found: list[object] = []
    for reader in (records.parse, fields_of):
        try:
            found.append(reader(payload))
        except WireError:
            found.append("refused")
    return found[0], found[1]


@given(payloads)
def test_every_payload_of_the_grammar_is_read_alike(payload: bytes) -> None:
    own, quick = readings(payload)
    assert own == quick != "refused"


@given(payloads, st.data())
def test_damaged_payload_is_read_alike(payload: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(payload) - 1))
    byte = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([payload, payload[:place], payload + bytes([byte])]))
    damaged = bytearray(cut)
    if place < len(damaged):
        damaged[place] = byte
    own, quick = readings(bytes(damaged))
    assert own == quick


@given(st.binary(max_size=60))
@example(b"\xa9\x01\x18\x17")
@example(b"\x81" * 40)
def test_any_bytes_are_read_alike(payload: bytes) -> None:
    own, quick = readings(payload)
    assert own == quick


@pytest.mark.parametrize(
    "tail",
    [
        b"\xa1\x01\x81\x81\x81\x81\x00",
        b"\xa1\x01\x81\x81\x81\x81\x81\x00",
        b"\xa1\x01\x81\x81\x81\x81\x81\x81\x00",
        b"\xa0\x00",
        b"\xa0\x61.",
        b"\xa2\x01\x00",
        b"\xa2\x02\x00\x01\x00",
        b"\xa2\x01\x00\x01\x00",
        b"\xa1\x20\x00",
        b"\xa1\xf5\x00",
        b"\xa1\x01\xf7",
        b"\xa1\x01\xf9\x00\x00",
        b"\xa1\x01\xc2\x41\x05",
        b"\xa2\x01\xd8\x1c\x85\x01\x01\x01\x01\x01\x02\xd8\x1d\x00",
        b"\xa1\x01\x9f\xff",
        b"\xa1\x01\x18\x17",
        b"\xa1\x01\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x01\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbf\xff",
    ],
)
def test_bodies_at_the_edge_of_the_grammar_are_read_alike(tail: bytes) -> None:
    own, quick = readings(PLAIN_HEAD + tail)
    assert own == quick


@given(values)
def test_shortest_length_is_that_of_the_encoding(value: object) -> None:
    try:
        raw = cbor.encode(value)
    except WireError:
        return
    ordered = cbor.decode(raw)
    assert wire_canonical.shortest_length(ordered) == len(raw)
    assert wire_canonical.decode(raw) == ordered == value


@pytest.mark.parametrize(
    "raw", [b"\x18\x01", b"\x58\x01a", b"\xa2\x02\x00\x01\x00", b"\x01\x02", b"\xf9\x00\x00"]
)
def test_other_encodings_are_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        wire_canonical.decode(raw)


@pytest.mark.parametrize("runs", [b"", b"\x00\xff\x81\x18\x61.\x40\x48", b"12345678"])
def test_heartbeat_that_names_its_firmware_takes_the_quick_way(runs: bytes) -> None:
    body = {**dict.fromkeys(range(1, 11), 7), 11: runs, 12: 3}
    payload = cose.payload_of(BOX.sign(seq=1, kind=records.HEARTBEAT, body=body))
    assert PLAIN_RECORD.fullmatch(payload)
    expected, found = readings(payload)
    assert found == expected
    assert fields_of(payload)[records.BODY] == body
    for changed in (payload.replace(b"\x0b", b"\x0a", 1), payload[:-1], payload + b"\x00"):
        expected, found = readings(changed)
        assert found == expected


def test_plain_deposit_takes_the_quick_way() -> None:
    payload = cose.payload_of(BOX.sign(seq=1))
    assert PLAIN_RECORD.fullmatch(payload)
    assert fields_of(payload) == cbor2.loads(payload)


# Bodies of plain items only that end too early, take too much, or are whole.
TAILS = (
    b"\xa0",
    b"\xa0\x00",
    b"\xa0\x00\x01",
    b"\xa1\x01",
    b"\xa1\x01\x00",
    b"\xa1\x01\x81",
    b"\xa1\x01\x82",
    b"\xa1\x01\x83",
    b"\xa2\x01\x00",
    b"\xa2\x01\x00\x02",
    b"\xa2\x01\x00\x02\x82\x00",
    b"\xb7\x01\x00",
)


@pytest.mark.parametrize("tails", list(product(TAILS, repeat=2)) + list(product(TAILS, repeat=3)))
def test_records_read_together_are_read_as_one_by_one(tails: tuple[bytes, ...]) -> None:
    payloads = [PLAIN_HEAD + tail for tail in tails]
    together = plain_fields(payloads)
    alone = [readings(payload)[0] for payload in payloads]
    assert together is None or together == alone
    assert (together is None) == ("refused" in alone)


@given(st.lists(payloads, max_size=6))
def test_any_records_read_together_are_read_as_one_by_one(several: list[bytes]) -> None:
    together = plain_fields(several)
    assert together is None or together == [records.parse(payload) for payload in several]


@given(payloads)
def test_record_carries_what_was_signed(payload: bytes) -> None:
    assert carried(payload) == said(payload) != []


def test_every_flipped_bit_and_every_cut_is_refused() -> None:
    envelope = BOX.sign(seq=5)
    for bit in range(len(envelope) * 8):
        changed = bytearray(envelope)
        changed[bit // 8] ^= 1 << bit % 8
        assert CHANNEL.examine(bytes(changed))[0] == []
    for length in range(len(envelope)):
        assert CHANNEL.examine(envelope[:length])[0] == []


def test_record_for_another_box_epoch_or_direction_is_refused() -> None:
    payload = cose.payload_of(BOX.sign(seq=5))
    for aad in (
        cose.external_aad("box-0002", 1, cose.UP),
        cose.external_aad(BOX.box, 2, cose.UP),
        cose.external_aad(BOX.box, 1, cose.DOWN),
    ):
        genuine, refused = CHANNEL.examine(cose.seal(BOX.key, aad, payload))
        assert (genuine, [item.reason for item in refused]) == ([], ["not_genuine"])


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "empty"),
        (b"junk", "malformed"),
        (bytes(2049), "too_large"),
        (BOX.sign(seq=1, body={}) * 21, "too_large"),
        (BOX.sign(seq=1)[:-1], "malformed"),
        (BOX.seal(b"\xa9\x01\x01junk"), "malformed"),
        (BOX.seal(b"\xa9\x01\x18\x01"), "not_canonical"),
    ],
)
def test_refused_message_names_its_reason(message: bytes, reason: str) -> None:
    genuine, refused = CHANNEL.examine(message)
    assert (genuine, refused[0].reason) == ([], reason)


def test_revoked_key_verifies_nothing_and_signs_nothing() -> None:
    key = epoch_key(BOX.secret, box=BOX.box, epoch=1, revoked=True)
    channel = BoxChannel(BoxId(BOX.box), {1: key})
    assert channel.examine(BOX.sign(seq=1))[1][0].reason == "key_revoked"
    assert channel.sign_ack(1, counter=1, seq=1, time_ms=1) is None
    assert channel.sign_collection_open(1, counter=1, visit=1, valid_ms=1) is None
    assert channel.sign_ack(2, counter=1, seq=1, time_ms=1) is None


@given(numbers, numbers, numbers, st.integers(0, down.TIME_MS_MAX))
def test_ack_is_what_the_wire_would_write(
    epoch: int, counter: int, seq: int, time_ms: int
) -> None:
    body: dict[int, object] = {down.ACK_SEQ: seq, down.ACK_TIME_MS: time_ms}
    expected = down.payload(epoch, counter, down.ACK, body)
    assert ack_payload(epoch, counter=counter, seq=seq, time_ms=time_ms) == expected


def test_down_messages_open_with_the_box_key() -> None:
    ack = CHANNEL.sign_ack(1, counter=7, seq=9, time_ms=11)
    opening = CHANNEL.sign_collection_open(1, counter=8, visit=3, valid_ms=600_000)
    assert ack is not None
    assert opening is not None
    assert BOX.open_down(ack) == {1: 1, 2: 7, 3: down.ACK, 4: {1: 9, 2: 11}}
    assert BOX.open_down(opening)[down.BODY] == {1: 3, 2: 600_000}


def test_domain_and_wire_name_the_same_kinds() -> None:
    assert {kind.value: kind.name.lower() for kind in RecordKind} == records.KIND_NAMES


@given(st.text(alphabet="abz09-A_ é\n/", max_size=34))
def test_domain_and_wire_agree_on_box_ids(text: str) -> None:
    try:
        topics.checked_box(text)
    except Malformed:
        assert not is_box_id(text)
    else:
        assert is_box_id(text)


def test_a_sign_of_tampering_is_read_with_what_it_tells() -> None:
    body: dict[int, object] = {
        records.TAMPER_SIGN: records.SIGN_FISHING,
        records.TAMPER_DURATION_MS: 0,
        records.TAMPER_MASS_MG: 900,
    }
    assert fact_of(records.TAMPER, body) == facts.Tampered("fishing", 900, None)
    freed: dict[int, object] = {records.TAMPER_SIGN: records.SIGN_SLOT_FREED}
    assert fact_of(records.TAMPER, freed) == facts.Tampered(None, None, None)
    assert fact_of(records.TAMPER, {1: "x"}) == facts.Tampered(None, None, None)


@given(st.sampled_from(sorted(records.KIND_NAMES)), bodies)
def test_any_body_is_read_or_left_unread(kind: int, body: dict[int, object]) -> None:
    fact = fact_of(kind, body)
    if isinstance(fact, facts.JournalGap):
        assert 0 < fact.seq_from <= fact.seq_to <= records.NUMBER_MAX
    if isinstance(fact, facts.Booted) and fact.version is not None:
        assert fact.version.isprintable()
