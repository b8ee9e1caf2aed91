"""The bench's end of the line protocol on a box's USB console.

The firmware describes it in jimpitan_box/console.py; no code is shared. A request is repeated
with its number until it is answered, so nothing is done twice; what is not an answer to it
(log lines, a prompt, a late answer) is passed over.
"""

import base64
import binascii
import re
import secrets
import time
import zlib
from collections.abc import Iterator
from typing import TypeVar

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

from jimpitan_gateway.bench.port import Port
from jimpitan_gateway.errors import BoxRefused, BoxSilent

ANSWER = re.compile(rb"!jmp (([0-9]{1,10}) (ok|no) ([A-Za-z0-9+/=-]{1,1000})) ([0-9a-f]{8})\r?$")
TRIES_MAX = 4
WAIT_S = 1.5  # a box in a flash write answers some 100 ms later
PART_LENGTH = 600
ANSWER_LENGTH_MAX = 8192
RECEIVED_LENGTH_MAX = 65_536
NUMBER_MAX = 2_000_000_000
First = TypeVar("First")
Second = TypeVar("Second")


class Line:
    """Asks a box, one request at a time."""

    def __init__(self, port: Port, *, wait_s: float = WAIT_S) -> None:
        self._port = port
        self._wait_s = wait_s
        self._number = secrets.randbelow(NUMBER_MAX)
        self._received = b""

    def ask(self, word: str, *arguments: object) -> object:
        """Return the whole answer to a request; raise `BoxRefused` or `BoxSilent`."""
        length, content = _typed(self._once(word, list(arguments)), int, bytes)
        if length > ANSWER_LENGTH_MAX:
            raise BoxSilent("The box promises an answer that is longer than any: flash it anew.")
        while len(content) < length:
            start, part = _typed(self._once("more", [len(content)]), int, bytes)
            if start != len(content) or not part:
                raise BoxSilent("The box lost its answer; unplug it, plug it in, try again.")
            content += part
        return _decoded(content)

    def deliver(self, word: str, content: bytes) -> object:
        """Bring long content in parts, then let the box act on it; return its answer."""
        for index, start in enumerate(range(0, len(content), PART_LENGTH)):
            self._once("part", [index, content[start : start + PART_LENGTH]])
        return self.ask(word, len(content), zlib.crc32(content))

    def _once(self, word: str, arguments: list[object]) -> object:
        self._number = (self._number + 1) % NUMBER_MAX
        content = base64.b64encode(cbor.encode(arguments)) if arguments else b"-"
        body = b"%d %s %s" % (self._number, word.encode(), content)
        request = b"\n?jmp " + body + b" %08x\n" % zlib.crc32(body)
        for _ in range(TRIES_MAX):
            self._port.write(request)
            for verdict, answer in self._answers():
                if verdict == b"ok":
                    return answer
                code, sentence = _typed(answer, str, str)
                raise BoxRefused(code, sentence)
        raise BoxSilent(
            "Nothing on this port answers as a box of Jimpitan does. A new board must be flashed"
            " first (`jimpitan-gateway box flash`); otherwise try another port, cable or unplug"
            " the box and plug it in again."
        )

    def _answers(self) -> Iterator[tuple[bytes, object]]:
        """Yield the answer to the request under way, if it comes in time."""
        until_s = time.monotonic() + self._wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            self._received += self._port.read(left_s)
            *lines, self._received = self._received.split(b"\n")
            self._received = self._received[-RECEIVED_LENGTH_MAX:]
            for raw in lines:
                found = self._parsed(raw)
                if found is not None:
                    yield found

    def _parsed(self, raw: bytes) -> tuple[bytes, object] | None:
        match = ANSWER.search(raw)
        if match is None or b"%08x" % zlib.crc32(match[1]) != match[5]:
            return None
        if int(match[2]) != self._number:
            return None
        try:
            return match[3], _decoded(base64.b64decode(match[4], validate=True))
        except binascii.Error:
            return None


def _decoded(content: bytes) -> object:
    try:
        return cbor.decode(content)
    except WireError as error:
        raise BoxSilent("The box answers in a way this bench does not know.") from error


def _typed(answer: object, first: type[First], second: type[Second]) -> tuple[First, Second]:
    """Return the two parts of an answer if they are of the right types."""
    if isinstance(answer, list) and len(answer) == 2:
        one, two = answer
        if isinstance(one, first) and isinstance(two, second):
            return one, two
    raise BoxSilent("The box answers in a way this bench does not know; are both up to date?")
