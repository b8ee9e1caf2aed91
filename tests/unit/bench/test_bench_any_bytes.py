"""Any bytes on the cable, either way: nothing raises or hangs, the next request is answered."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_box.console import ANSWER, ASK, LINE_LENGTH_MAX, line, parse
from jimpitan_gateway.bench.box import Box
from jimpitan_gateway.bench.line import Line
from jimpitan_gateway.errors import BenchFailed
from jimpitan_simulator.usb import UsbBox
from jimpitan_wire import cbor

WORDS = ("status", "logs", "selftest", "calibration", "sealed", "pull", "commit", "wipe")
WORDS += ("calibrate", "provision", "more", "part", "nonsense")
numbers = st.integers(-(2**63), 2**63)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.binary(max_size=20) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(numbers.filter(lambda n: n >= 0), inner, max_size=2)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def desk() -> UsbBox:
    """Return one box for all examples: what one leaves behind must not disturb the next."""
    return UsbBox()


def asked(desk: UsbBox, number: int, word: str, content: bytes = b"") -> object:
    """Return the verdict of one well-formed request."""
    found = parse(ANSWER, desk.step(b"\n" + line(ASK, number, word, content))[:-1])
    assert found is not None
    assert found[0] == number
    return found[1]


@given(noise=st.binary(max_size=3000))
def test_noise_never_stops_the_console(desk: UsbBox, noise: bytes) -> None:
    desk.step(noise)
    assert asked(desk, len(noise) + 1, "status") == "ok"


@given(
    word=st.sampled_from(WORDS), arguments=st.lists(values, max_size=3), number=st.integers(1, 9)
)
def test_any_request_in_good_form_is_answered(
    desk: UsbBox, word: str, arguments: list[object], number: int
) -> None:
    assert asked(desk, number, word, cbor.encode(arguments)) in {"ok", "no"}


@given(content=st.binary(max_size=600), word=st.sampled_from(("calibrate", "provision")))
def test_any_content_that_is_brought_is_answered(desk: UsbBox, content: bytes, word: str) -> None:
    assert asked(desk, 11, "part", cbor.encode([0, content])) == "ok"
    receipt = cbor.encode([len(content), zlib.crc32(content)])
    assert asked(desk, 12, word, receipt) in {"ok", "no"}


class Talker:
    """A port on which something else talks."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def read(self, timeout_s: float) -> bytes:
        """Return what is left to say, then nothing."""
        said, self.said = self.said, b""
        return said

    def write(self, content: bytes) -> None:
        """Take no notice."""


@given(said=st.binary(max_size=2000) | st.just(b"!jmp 1 ok gA== 00000000\n" * 50))
def test_any_answer_ends_in_a_sentence(said: bytes) -> None:
    with pytest.raises(BenchFailed):
        Box(Line(Talker(said), wait_s=0.001)).status()


class Liar:
    """A port whose answers are well formed and say anything."""

    def __init__(self, values: list[object]) -> None:
        self.values = values
        self.out = b""

    def read(self, timeout_s: float) -> bytes:
        """Return the answer to the last request."""
        out, self.out = self.out, b""
        return out

    def write(self, content: bytes) -> None:
        """Answer at once."""
        found = parse(ASK, content.strip(b"\n"))
        assert found is not None
        value = cbor.encode(self.values.pop(0) if self.values else None)
        if len(value) < LINE_LENGTH_MAX // 2:
            self.out = line(ANSWER, found[0], "ok", value)


@given(said=st.lists(values, min_size=1, max_size=4), first=values)
def test_any_well_formed_answer_is_read_or_refused(said: list[object], first: object) -> None:
    content = cbor.encode(first)
    for question in ("status", "logs", "selftest", "calibration", "sealed"):
        for answers in (list(said), [[len(content), content]]):
            box = Box(Line(Liar(answers), wait_s=0.001))
            try:
                getattr(box, question)()
            except BenchFailed:
                continue
