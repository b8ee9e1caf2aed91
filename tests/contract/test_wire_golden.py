"""The wire of version 1, in bytes that must be read for ever, with cbor2 as a second opinion."""

import hashlib
import hmac
import io
import json
from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jimpitan_wire import cbor, cose, down, records
from jimpitan_wire.errors import NotCanonical, WireError

GOLDEN = json.loads(Path(__file__).with_name("wire-golden.json").read_text(encoding="utf-8"))
KEY = bytes.fromhex(GOLDEN["key"])
UP = cose.external_aad(GOLDEN["box"], GOLDEN["epoch"], cose.UP)
DOWN = cose.external_aad(GOLDEN["box"], GOLDEN["epoch"], cose.DOWN)
RECORDS = [bytes.fromhex(item["envelope"]) for item in GOLDEN["records"]]


def second_opinion(envelope: bytes, aad: bytes) -> dict:
    """Verify and decode as RFC 9052 says, with nothing of ours."""
    tagged = cbor2.loads(envelope)
    assert tagged.tag == 17
    protected, unprotected, payload, tag = tagged.value
    assert cbor2.loads(protected) == {1: 5}
    assert unprotected == {}
    structure = cbor2.dumps(["MAC0", protected, aad, payload])
    assert hmac.compare_digest(tag, hmac.digest(KEY, structure, hashlib.sha256))
    return cbor2.loads(payload)


@pytest.mark.parametrize("item", GOLDEN["records"], ids=lambda item: item["what"])
def test_every_kind_of_record_is_read_alike_by_us_and_by_cbor2(item):
    envelope = bytes.fromhex(item["envelope"])
    fields = records.parse(cose.unseal(cose.Key(KEY), UP, envelope))
    assert fields == second_opinion(envelope, UP)
    assert fields[records.KIND] == item["kind"]
    assert fields[records.SEQ] == item["seq"]
    assert cose.seal(cose.Key(KEY), UP, cbor.encode(fields)) == envelope


@pytest.mark.parametrize("item", GOLDEN["down"], ids=lambda item: str(item["kind"]))
def test_every_down_message_is_read_alike(item):
    envelope = bytes.fromhex(item["envelope"])
    fields = down.parse(cose.unseal(cose.Key(KEY), DOWN, envelope))
    assert fields == second_opinion(envelope, DOWN)
    assert fields[down.COUNTER] == item["counter"]


def test_the_golden_records_are_one_chain_and_one_message():
    assert cose.split(b"".join(RECORDS), records.RECORDS_PER_MESSAGE_MAX) == RECORDS
    stream = io.BytesIO(b"".join(RECORDS))
    assert len([cbor2.load(stream) for _ in RECORDS]) == len(RECORDS)
    prevs = [records.parse(cose.payload_of(raw))[records.PREV] for raw in RECORDS]
    assert prevs == [records.PREV_NONE] + [cose.tag_of(raw)[:8] for raw in RECORDS[:-1]]


@pytest.mark.parametrize("index", range(len(RECORDS)))
def test_every_flipped_bit_and_every_truncation_is_refused(index):
    key, envelope = cose.Key(KEY), RECORDS[index]
    for bit in range(len(envelope) * 8):
        mangled = bytearray(envelope)
        mangled[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(WireError):
            cose.unseal(key, UP, bytes(mangled))
    for length in range(len(envelope)):
        with pytest.raises(WireError):
            cose.unseal(key, UP, envelope[:length])


def longer_forms(raw: bytes):
    """Yield the same value with one head at a time in a longer form."""
    at = 0
    while at < len(raw):
        first = raw[at]
        if first >= 0xE0:
            at += 1
            continue
        major, number, end = cbor.read_head(raw, at)
        for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if size > max(0, end - at - 1):
                head = bytes((major << 5 | code,)) + number.to_bytes(size, "big")
                yield raw[:at] + head + raw[end:]
        is_string = major in {cbor.BYTES, cbor.TEXT}
        at = end + (number if is_string else 0)


@pytest.mark.parametrize("index", range(len(RECORDS)))
def test_no_longer_form_of_any_number_or_length_is_read(index):
    payload = cose.payload_of(RECORDS[index])
    variants = list(longer_forms(payload))
    assert len(variants) > 20
    for variant in variants:
        assert cbor2.loads(variant) == cbor2.loads(payload)
        with pytest.raises(NotCanonical):
            records.parse(variant)


@given(st.binary(max_size=600))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_refused_with_our_error_or_read_as_cbor2_reads_them(raw):
    try:
        value = cbor.decode(raw)
    except WireError:
        return
    assert cbor2.loads(raw) == value
    assert cbor.encode(value) == raw


@given(st.binary(max_size=2048))
@settings(max_examples=300, deadline=None)
def test_any_message_is_cut_or_refused(raw):
    try:
        envelopes = cose.split(raw, 20)
    except WireError:
        return
    assert b"".join(envelopes) == raw


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.binary(max_size=40)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 70_000), inner, max_size=5)
    ),
    max_leaves=10,
)


@given(VALUES)
@settings(max_examples=400, deadline=None)
def test_what_we_write_is_what_cbor2_writes_canonically(value):
    try:
        raw = cbor.encode(value)
    except WireError:
        return  # nested deeper than a record ever is
    assert raw == cbor2.dumps(value, canonical=True)
    assert cbor.decode(raw) == value
