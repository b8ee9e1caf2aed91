"""The bench's line on the USB console: one numbered, checked line for each request and answer.

    ?jmp <number> <word> <content> <check>      the bench asks
    !jmp <number> <ok|no> <content> <check>     the box answers

Content is base64 of CBOR, or a hyphen for none; the check is the CRC-32 of everything between
the marker and itself. What does not fit (log noise, REPL text, half lines) is passed over. A
request that is repeated with its number gets the same answer and is not done again. What is
longer than a line goes in parts: the box keeps one answer, of which the bench asks for part
after part with `more`, and one content, which the bench brings part after part with `part`.
"""

import binascii

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

MYPY = False
if MYPY:
    from jimpitan_box.ports import Answerer

ASK, ANSWER = b"?jmp ", b"!jmp "
LINE_LENGTH_MAX = 1024
PART_LENGTH = 600  # 800 characters of base64, so that a line keeps within its bound
BROUGHT_LENGTH_MAX = 4096
ANSWER_LENGTH_MAX = 8192
NOTHING = b"-"
OK, NO = "ok", "no"


class Refused(Exception):
    """The box will not do what was asked: a short code and a sentence for the person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def check_of(body: bytes) -> bytes:
    """Return the check of a line's body as eight hexadecimal characters."""
    return ("%08x" % (binascii.crc32(body) & 0xFFFFFFFF)).encode()


def line(marker: bytes, number: int, word: str, content: bytes) -> bytes:
    """Return one whole line."""
    coded = binascii.b2a_base64(content)[:-1] if content else NOTHING
    body = ("%d %s " % (number, word)).encode() + coded
    return marker + body + b" " + check_of(body) + b"\n"


def parse(marker: bytes, raw: bytes) -> "tuple[int, str, bytes] | None":
    """Return (number, word, content) of a line, or None when it is none of ours."""
    start = raw.rfind(marker)
    if start < 0:
        return None
    parts = bytes(raw[start + len(marker) :]).split(b" ")
    if len(parts) != 4 or check_of(b" ".join(parts[:3])) != parts[3]:
        return None
    try:
        content = b"" if parts[2] == NOTHING else binascii.a2b_base64(parts[2])
        return int(str(parts[0], "utf-8")), str(parts[1], "utf-8"), content
    except ValueError:
        return None


class Console:
    """Takes bytes as they come, gives bytes to send; never waits and never raises."""

    def __init__(self, commands: "Answerer") -> None:
        self._commands = commands
        self._received = bytearray()
        self._is_overlong = False
        self._last = (-1, b"")  # number and check of the last request
        self._last_line = b""
        self._answer = b""
        self._brought = bytearray()
        self._parts = 0
        self.passed_over = 0

    def step(self, received: bytes) -> bytes:
        """Take what came in since the last step and return what goes out."""
        out = b""
        for byte in received:
            if byte not in b"\r\n":
                self._take(byte)
                continue
            raw, self._received = bytes(self._received), bytearray()
            is_overlong, self._is_overlong = self._is_overlong, False
            if raw and not is_overlong:
                out += self._answer_line(raw)
        return out

    def _take(self, byte: int) -> None:
        if len(self._received) < LINE_LENGTH_MAX:
            self._received.append(byte)
        else:
            self._is_overlong = True

    def _answer_line(self, raw: bytes) -> bytes:
        request = parse(ASK, raw)
        if request is None:
            self.passed_over += 1
            return b""
        number, word, content = request
        if (number, raw[-8:]) != self._last:
            self._last_line = self._done(number, word, content)
            self._last = (number, raw[-8:])
        return self._last_line

    def _done(self, number: int, word: str, content: bytes) -> bytes:
        try:
            arguments = cbor.decode(content) if content else []
            if not isinstance(arguments, list):
                raise Refused("malformed", "the content of a request is a list")
            answer = self._run(word, arguments)
            return line(ANSWER, number, OK, cbor.encode(answer))
        except Refused as error:
            return line(ANSWER, number, NO, cbor.encode([error.code, error.sentence]))
        except WireError as error:
            return line(ANSWER, number, NO, cbor.encode(["malformed", str(error)]))
        except OSError:
            sentence = "the flash of the box refused; nothing else changed"
            return line(ANSWER, number, NO, cbor.encode(["flash", sentence]))

    def _run(self, word: str, arguments: "list[object]") -> "list[object]":
        """Return the answer: for `part` how many bytes lie here, else length and first part."""
        if word == "more":
            return self._part_of_answer(arguments)
        if word == "part":
            return self._take_part(arguments)
        brought, self._brought, self._parts = bytes(self._brought), bytearray(), 0
        answer = cbor.encode(self._commands.run(word, arguments, brought))
        if len(answer) > ANSWER_LENGTH_MAX:
            raise Refused("too_long", "the answer is longer than the console carries")
        self._answer = answer
        return [len(answer), answer[:PART_LENGTH]]

    def _part_of_answer(self, arguments: "list[object]") -> "list[object]":
        start = arguments[0] if arguments else None
        if not isinstance(start, int) or not 0 <= start < len(self._answer):
            raise Refused("malformed", "there is no such part of the answer")
        return [start, self._answer[start : start + PART_LENGTH]]

    def _take_part(self, arguments: "list[object]") -> "list[object]":
        if len(arguments) != 2:
            raise Refused("malformed", "a part is a number and bytes")
        index, content = arguments
        if not isinstance(index, int) or not isinstance(content, bytes):
            raise Refused("malformed", "a part is a number and bytes")
        if index == 0:
            self._brought, self._parts = bytearray(), 0
        if index != self._parts:
            raise Refused("out_of_order", "a part is missing; begin again with the first")
        if len(self._brought) + len(content) > BROUGHT_LENGTH_MAX:
            raise Refused("too_long", "more was brought than the console takes")
        self._brought += content
        self._parts += 1
        return [len(self._brought)]
