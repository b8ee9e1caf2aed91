"""Listening on a cable that carries MQTT: who was promised what, and a hand that flips bits."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from jimpitan_box import packets
from jimpitan_wire import cose, topics
from jimpitan_wire.errors import WireError

from jimpitan_simulator.proxy import Tap


@dataclass(slots=True)
class Promises:
    """What was published and acknowledged on one link, over all its connections."""

    seed: int = 0
    acknowledged: dict[tuple[str, bytes], bytes] = field(default_factory=dict)
    acks: list[tuple[str, bytes]] = field(default_factory=list)  # signed down messages seen
    flips_wanted: int = 0
    flips_done: int = 0
    on_acknowledged: Callable[[], None] | None = None
    on_published: Callable[[], None] | None = None
    _open: list[dict[int, tuple[str, bytes]]] = field(default_factory=list)

    @property
    def in_flight(self) -> int:
        """Return how many published messages wait for their acknowledgement now."""
        return sum(len(waiting) for waiting in self._open)

    def connection_ended(self) -> None:
        """Forget what was under way on connections that are gone."""
        self._open.clear()

    def taps(self) -> tuple[Tap, Tap]:
        """Return the taps for a new connection: (from the client, from the broker).

        Publications may go either way; the acknowledgement comes the other way.
        """
        up: dict[int, tuple[str, bytes]] = {}
        down: dict[int, tuple[str, bytes]] = {}
        self._open += [up, down]
        self._open = self._open[-2000:]
        return self._tap(published=up, answered=down), self._tap(published=down, answered=up)

    def _tap(
        self,
        *,
        published: dict[int, tuple[str, bytes]],
        answered: dict[int, tuple[str, bytes]],
    ) -> Tap:
        reader = packets.Reader()

        def tap(chunk: bytes) -> bytes:
            passed = []
            for kind, flags, body in reader.feed(chunk):
                passed.append(self._pass(kind, flags, body, published, answered))
            return b"".join(passed)

        return tap

    def _pass(
        self,
        kind: int,
        flags: int,
        body: bytes,
        published: dict[int, tuple[str, bytes]],
        answered: dict[int, tuple[str, bytes]],
    ) -> bytes:
        if kind == packets.PUBLISH:
            topic, content, packet_id = packets.parse_publish(flags, body)
            box, leaf = topics.parse_topic(topic)
            if leaf == topics.DOWN:
                self.acks.append((box, content))
            elif leaf == topics.RECORDS:
                flipped = self._flip(content)
                if flipped != content:
                    body = body[: len(body) - len(content)] + flipped
                    content = flipped
                published[packet_id] = (box, content)
                if self.on_published:
                    self.on_published()
        elif kind == packets.PUBACK:
            promised = answered.pop(packets.packet_id(body), None)
            if promised is not None:
                box, content = promised
                self.acknowledged[box, hashlib.sha256(content).digest()] = content
                if self.on_acknowledged:
                    self.on_acknowledged()
        return packets.packet(kind, flags, body)

    def _flip(self, content: bytes) -> bytes:
        """Flip one bit near the end of the first record's payload, where its body stands."""
        if self.flips_wanted <= self.flips_done:
            return content
        try:
            first = cose.split(content, 20)[0]
            payload = cose.payload_of(first)
        except WireError:
            return content
        draw = random.Random(f"flip {self.seed} {self.flips_done}")
        at = first.index(payload) + len(payload) - 1 - draw.randrange(min(8, len(payload)))
        mangled = bytearray(content)
        mangled[at] ^= 1 << draw.randrange(8)
        self.flips_done += 1
        return bytes(mangled)
