"""A broker without a network, for towns on a virtual clock: it loses and repeats from a seed."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from jimpitan_box import packets
from jimpitan_wire import topics


@dataclass(slots=True)
class MemoryBroker:
    """Sessions of all boxes, and what waits for the gateway."""

    seed: int
    lost_share: float = 0.05
    repeated_share: float = 0.05
    is_up: bool = True
    waiting: list[tuple[str, bytes]] = field(default_factory=list)
    lost: int = 0
    repeated: int = 0
    nets: dict[str, "MemoryNet"] = field(default_factory=dict)
    retained: dict[str, bytes] = field(default_factory=dict)
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"broker {self.seed}")

    def connect(self, box: str) -> "MemoryNet":
        """Return a new connection of a box; the one before ends."""
        if box in self.nets:
            self.nets[box].close()
        self.nets[box] = MemoryNet(self)
        return self.nets[box]

    def go_down(self) -> None:
        """Break every connection and forget what waits: this broker's memory is volatile."""
        self.is_up = False
        self.lost += len(self.waiting)
        self.waiting.clear()
        for net in self.nets.values():
            net.close()

    def take(self) -> list[tuple[str, bytes]]:
        """Return what waits for the gateway, in order."""
        waiting, self.waiting = self.waiting, []
        return waiting

    def send_down(self, box: str, message: bytes) -> None:
        """Carry a message to a box that is connected."""
        net = self.nets.get(box)
        if net is not None:
            net.deliver(topics.topic(box, topics.DOWN), message)

    def retain(self, messages: Iterable[tuple[str, bytes]]) -> bool:
        """Keep messages for whoever asks for their topics; an empty one is forgotten."""
        for topic, payload in messages:
            if payload:
                self.retained[topic] = payload
            else:
                self.retained.pop(topic, None)
        return True

    def publish(self, topic: str, payload: bytes) -> None:
        """Take a publication; it may be lost or repeated after it was acknowledged."""
        if topics.parse_topic(topic)[1] != topics.RECORDS:
            return
        if self._draw.random() < self.lost_share:
            self.lost += 1
            return
        self.waiting.append((topic, payload))
        if self._draw.random() < self.repeated_share:
            self.repeated += 1
            self.waiting.append((topic, payload))


class MemoryNet:
    """`jimpitan_box.ports.Net` into a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._reader = packets.Reader()
        self._incoming = b""
        self._is_open = False
        self._down_id = 0

    def open(self) -> None:
        """Connect at once, when the broker is up."""
        if not self._broker.is_up:
            raise OSError(111, "the broker is down")
        self._reader.reset()
        self._incoming = b""
        self._is_open = True

    def is_open(self) -> bool:
        """Return whether the connection stands; raise OSError when it ended."""
        if not self._is_open:
            raise OSError(104, "the connection ended")
        return True

    def read(self, length: int) -> bytes | None:
        """Return what came, None when nothing did, b"" when the connection ended."""
        if not self._is_open:
            return b""
        content, self._incoming = self._incoming[:length], self._incoming[length:]
        return content or None

    def write(self, content: bytes) -> int:
        """Take all bytes and answer them."""
        if not self._is_open:
            raise OSError(104, "the connection ended")
        for kind, flags, body in self._reader.feed(content):
            self._answer(kind, flags, body)
        return len(content)

    def close(self) -> None:
        """End the connection."""
        self._is_open = False

    def deliver(self, topic: str, payload: bytes) -> None:
        """Put a message before the box."""
        if self._is_open:
            self._down_id = self._down_id % packets.PACKET_ID_MAX + 1
            self._incoming += packets.publish(topic, payload, self._down_id, False)

    def _answer(self, kind: int, flags: int, body: bytes) -> None:
        if kind == packets.CONNECT:
            self._incoming += packets.packet(packets.CONNACK, 0, b"\x00\x00")
        elif kind == packets.SUBSCRIBE:
            self._incoming += packets.packet(packets.SUBACK, 0, body[:2], b"\x01")
            topic = str(body[4:-1], "utf-8")
            if topic in self._broker.retained:
                content = self._broker.retained[topic]
                self._incoming += packets.packet(packets.PUBLISH, 1, packets.text(topic), content)
        elif kind == packets.UNSUBSCRIBE:
            self._incoming += packets.packet(packets.UNSUBACK, 0, body[:2])
        elif kind == packets.PINGREQ:
            self._incoming += packets.packet(packets.PINGRESP, 0)
        elif kind == packets.PUBLISH:
            topic, payload, packet_id = packets.parse_publish(flags, body)
            self._broker.publish(topic, payload)
            self._incoming += packets.puback(packet_id)
