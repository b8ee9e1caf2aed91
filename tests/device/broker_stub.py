"""A broker in memory for one client: answers as MQTT 3.1.1 wants, or not at all when told."""

from jimpitan_box import packets


class StubNet:
    """`jimpitan_box.ports.Net` whose far end is this object."""

    def __init__(self):
        self.is_reachable = True
        self.is_silent = False
        self.chunk = 0  # bytes a read returns at most, 0 for all
        self.sent = b""  # every byte the client ever wrote
        self.published = []  # (topic, payload, packet id) in order
        self.retained = {}  # topic -> payload, handed out at each subscription
        self.asked = []  # topics of those subscriptions
        self.opens = 0
        self._incoming = b""
        self._reader = packets.Reader()
        self._is_open = False
        self._down_id = 0

    def open(self):
        self.opens += 1
        if not self.is_reachable:
            raise OSError(111)
        self._is_open = True
        self._incoming = b""
        self._reader.reset()

    def is_open(self):
        return self._is_open

    def read(self, length):
        if not self._is_open:
            return b""
        if not self._incoming:
            return None
        take = min(length, self.chunk or length)
        content, self._incoming = self._incoming[:take], self._incoming[take:]
        return content

    def write(self, content):
        if not self._is_open:
            raise OSError(104)
        self.sent += content
        for kind, flags, body in self._reader.feed(content):
            if not self.is_silent:
                self._answer(kind, flags, body)
        return len(content)

    def close(self):
        self._is_open = False

    def hang_up(self):
        self._is_open = False

    def send_down(self, topic, payload):
        self._down_id += 1
        self._incoming += packets.publish(topic, payload, self._down_id, False)

    def inject(self, content):
        self._incoming += content

    def _answer(self, kind, flags, body):
        if kind == packets.CONNECT:
            self._incoming += packets.packet(packets.CONNACK, 0, b"\x00\x00")
        elif kind == packets.SUBSCRIBE:
            self._incoming += packets.packet(packets.SUBACK, 0, body[:2], b"\x01")
            self._hand_out(str(body[4:-1], "utf-8"))
        elif kind == packets.UNSUBSCRIBE:
            self._incoming += packets.packet(packets.UNSUBACK, 0, body[:2])
        elif kind == packets.PINGREQ:
            self._incoming += packets.packet(packets.PINGRESP, 0)
        elif kind == packets.PUBLISH:
            topic, payload, packet_id = packets.parse_publish(flags, body)
            self.published.append((topic, payload, packet_id))
            self._incoming += packets.puback(packet_id)

    def _hand_out(self, topic):
        self.asked.append(topic)
        if topic in self.retained:
            content = self.retained[topic]
            self._incoming += packets.packet(packets.PUBLISH, 1, packets.text(topic), content)
