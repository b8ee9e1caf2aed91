"""A deposit is read in one look, and never otherwise than the wire's own reader reads it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.wire_deposit import GUESSES_MAX, deposit_at
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.record import Reason, Refusal
from jimpitan_wire import cose, records
from wire_readings import BOX, CHANNEL, carried, numbers, payloads_of, said

deposits = payloads_of(
    st.just(records.DEPOSIT),
    st.fixed_dictionaries(
        {1: numbers, 2: numbers, 3: numbers, 4: st.lists(st.tuples(numbers, numbers), max_size=6)}
    ),
)


@given(deposits)
def test_deposit_is_read_in_one_look_as_it_was_signed(payload: bytes) -> None:
    assert carried(payload) == said(payload) != []
    fields: Any = records.parse(payload)
    found = deposit_at(BoxId(BOX.box), cose.seal(BOX.key, b"", payload), 0)
    assert (found is not None) == (len(fields[records.BODY][4]) <= GUESSES_MAX)


@given(deposits, st.data())
def test_damaged_deposit_is_read_as_the_wires_own_reader_does(
    payload: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(payload) - 1))
    byte = data.draw(st.integers(0, 255) | st.sampled_from([0x18, 0x19, 0x1A, 0x1B, 0x80, 0xF6]))
    width = data.draw(st.integers(0, 2))
    damaged = payload[:place] + bytes([byte]) * width + payload[place + 1 :]
    assert carried(damaged) == said(damaged)


@pytest.mark.parametrize(
    "envelope",
    [
        BOX.sign(seq=1).replace(b"\xa0\x58", b"\xa0\x59", 1),
        BOX.sign(seq=1)[:7] + b"\x58\x18" + BOX.sign(seq=1)[9:],
        BOX.sign(seq=1)[:7] + b"\x58\xff" + BOX.sign(seq=1)[9:],
    ],
)
def test_a_length_that_is_not_the_payloads_is_no_deposit(envelope: bytes) -> None:
    assert deposit_at(BoxId(BOX.box), BOX.sign(seq=1), 0) is not None
    assert deposit_at(BoxId(BOX.box), envelope, 0) is None
    assert CHANNEL.examine(envelope)[0] == []


def test_mixed_message_loses_nothing_and_one_broken_end_refuses_it_whole() -> None:
    kinds = [3, 3, records.LID_OPENED, 3, records.HEARTBEAT, 3]
    envelopes = [
        BOX.sign(seq=at, kind=kind) if kind == records.DEPOSIT
        else BOX.sign(seq=at, kind=kind, body={1: 0})
        for at, kind in enumerate(kinds, 1)
    ]  # fmt: skip
    genuine, refused = CHANNEL.examine(b"".join(envelopes))
    assert sorted(record.seq for record in genuine) == [1, 2, 3, 4, 5, 6]
    assert sorted(record.raw for record in genuine) == sorted(envelopes)
    assert refused == []
    whole = b"".join(envelopes) + b"\xd1"
    assert CHANNEL.examine(whole) == ([], [Refusal(Reason.MALFORMED, whole)])
    many = b"".join(BOX.sign(seq=at) for at in range(1, 22))
    assert CHANNEL.examine(many) == (
        [],
        [Refusal(Reason.TOO_LARGE, many[: records.MESSAGE_LENGTH_MAX])],
    )
