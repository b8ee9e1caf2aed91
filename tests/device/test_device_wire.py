"""The wire, on whichever interpreter runs this: only our bytes, only in their one form."""

from jimpitan_wire import cbor, cose, down, records, topics
from jimpitan_wire.errors import Malformed, NotCanonical, NotGenuine, TooLarge, WireError

KEY = cose.Key(bytes(range(32)))
AAD = cose.external_aad("box-0007", 1, cose.UP)


def raised(kind, action, *arguments):
    try:
        action(*arguments)
    except kind:
        return True
    return False


def a_payload(seq=17, body=None):
    return records.payload(
        epoch=1,
        boot=3,
        seq=seq,
        uptime_ms=123456,
        wall_s=1795300000,
        wall_uncertainty_s=2,
        prev=bytes(8),
        kind=records.DEPOSIT,
        body=body or {1: 32000, 2: 33000, 3: 40000, 4: [[1, 900], [0, 100]]},
    )


def test_values_come_back_as_they_went():
    for value in (
        0,
        23,
        24,
        255,
        256,
        65535,
        65536,
        4294967295,
        4294967296,
        (1 << 63) - 1,
        -1,
        -24,
        -25,
        -61,
        -500,
        b"",
        b"abc",
        "teks",
        [],
        [1, [2, [b"x"]]],
        {1: None, 2: True, 300: False, 70000: {1: "a"}},
    ):
        assert cbor.decode(cbor.encode(value)) == value


def test_maps_are_written_in_rising_order_whatever_the_dictionary_does():
    assert cbor.encode({9: 1, 1: 2, 24: 3}) == b"\xa3\x01\x02\x09\x01\x18\x18\x03"


def test_longer_forms_of_a_number_are_refused():
    for raw in (b"\x18\x05", b"\x19\x00\x05", b"\x1a\x00\x00\xff\xff", b"\x1b" + bytes(8)):
        assert raised(NotCanonical, cbor.decode, raw), raw


def test_what_is_no_value_of_ours_is_refused():
    for raw in (
        b"",
        b"\x9f\xff",
        b"\x5f\xff",
        b"\xf9\x3c\x00",
        b"\xfb" + bytes(8),
        b"\xc0\x01",
        b"\xf7",
        b"\xff",
        b"\xa1\x20\x01",
        b"\xa1\x61a\x01",
        b"\x61\xff",
        b"\x01\x01",
        b"\x1c",
    ):
        assert raised(Malformed, cbor.decode, raw), raw


def test_keys_twice_or_falling_are_refused():
    assert raised(NotCanonical, cbor.decode, b"\xa2\x01\x01\x01\x02")
    assert raised(NotCanonical, cbor.decode, b"\xa2\x02\x01\x01\x02")


def test_a_length_beyond_the_bytes_is_refused_before_anything_is_made():
    for raw in (b"\x9b\x7f" + bytes(7), b"\xbb\x7f" + bytes(7), b"\x5a\xff\xff\xff\xff"):
        assert raised(Malformed, cbor.decode, raw), raw


def test_nesting_is_bounded_both_ways():
    assert raised(Malformed, cbor.decode, b"\x81" * 500 + b"\x01")
    deep = []
    for _ in range(20):
        deep = [deep]
    assert raised(TooLarge, cbor.encode, deep)


def test_tags_are_those_of_rfc_4231():
    # Test cases 1 and 2 of RFC 4231 with their keys padded by zeros, which HMAC does anyway.
    key = cose.Key(b"\x0b" * 20 + bytes(12))
    assert key.tag(b"Hi ", b"There")[:4] == b"\xb0\x34\x4c\x61"
    key = cose.Key(b"Jefe" + bytes(28))
    assert key.tag(b"what do ya want for nothing?")[:4] == b"\x5b\xdc\xc1\x46"


def test_a_sealed_payload_opens_with_the_same_key_box_epoch_and_direction_only():
    envelope = cose.seal(KEY, AAD, a_payload())
    assert cose.unseal(KEY, AAD, envelope) == a_payload()
    assert raised(NotGenuine, cose.unseal, cose.Key(bytes(32)), AAD, envelope)
    for other in (("box-0008", 1, "up"), ("box-0007", 2, "up"), ("box-0007", 1, "down")):
        assert raised(NotGenuine, cose.unseal, KEY, cose.external_aad(*other), envelope)


def test_every_flipped_bit_is_refused():
    envelope = cose.seal(KEY, AAD, a_payload())
    for index in range(len(envelope) * 8):
        mangled = bytearray(envelope)
        mangled[index // 8] ^= 1 << (index % 8)
        assert raised(WireError, cose.unseal, KEY, AAD, bytes(mangled)), index


def test_every_truncation_and_every_extra_byte_is_refused():
    envelope = cose.seal(KEY, AAD, a_payload())
    for length in range(len(envelope)):
        assert raised(WireError, cose.unseal, KEY, AAD, envelope[:length]), length
    assert raised(Malformed, cose.unseal, KEY, AAD, envelope + b"\x00")


def test_a_payload_length_in_a_longer_form_is_refused():
    envelope = cose.seal(KEY, AAD, b"\x01" * 20)
    longer = envelope[:7] + b"\x58\x14" + envelope[8:]
    assert raised(NotCanonical, cose.unseal, KEY, AAD, longer)


def test_a_message_is_cut_into_its_envelopes():
    one, two = cose.seal(KEY, AAD, b"\x01"), cose.seal(KEY, AAD, a_payload())
    assert cose.split(one + two, 20) == [one, two]
    assert cose.split(b"", 20) == []
    assert raised(TooLarge, cose.split, one * 21, 20)
    assert raised(Malformed, cose.split, one + b"\x00", 20)


def test_a_record_is_read_as_it_was_written():
    fields = records.parse(a_payload())
    assert fields[records.SEQ] == 17 and fields[records.KIND] == records.DEPOSIT
    assert records.epoch_of(a_payload()) == 1


def test_fields_that_are_wrong_are_refused():
    good = cbor.decode(a_payload())
    for key, value in (
        (records.SEQ, 0),
        (records.SEQ, -1),
        (records.SEQ, True),
        (records.SEQ, 1 << 32),
        (records.UPTIME_MS, 1 << 53),
        (records.WALL_S, "now"),
        (records.PREV, bytes(7)),
        (records.BODY, [1]),
        (records.KIND, None),
    ):
        changed = dict(good)
        changed[key] = value
        assert raised(Malformed, records.parse, cbor.encode(changed)), key
    changed = dict(good)
    changed[10] = 1
    assert raised(Malformed, records.parse, cbor.encode(changed))
    assert raised(Malformed, records.parse, cbor.encode([1]))


def test_a_record_of_an_unknown_kind_is_read():
    changed = cbor.decode(a_payload())
    changed[records.KIND] = 999
    assert records.parse(cbor.encode(changed))[records.KIND] == 999


def test_a_down_message_is_read_as_it_was_written():
    raw = down.payload(1, 5, down.ACK, {down.ACK_SEQ: 9, down.ACK_TIME_MS: 1795300000000})
    fields = down.parse(raw)
    assert fields[down.COUNTER] == 5
    assert down.whole(fields[down.BODY], down.ACK_TIME_MS) == 1795300000000
    assert raised(Malformed, down.whole, fields[down.BODY], 99)
    assert raised(Malformed, down.parse, cbor.encode({1: 1, 2: 2, 3: 3}))
    assert raised(Malformed, down.parse, cbor.encode({1: 1, 2: -2, 3: 3, 4: {}}))


def test_topics_name_one_box():
    assert topics.topic("box-0007", topics.DOWN) == "jimpitan/1/box-0007/down"
    assert topics.parse_topic("jimpitan/1/box-0007/records") == ("box-0007", "records")
    for name in ("jimpitan/1/BOX/records", "jimpitan/2/a/records", "jimpitan/1/a/b/c", "x", ""):
        assert raised(Malformed, topics.parse_topic, name), name
    for box in ("", "a" * 33, "a/b", "a+", "#", "ü"):
        assert raised(Malformed, topics.checked_box, box), box
