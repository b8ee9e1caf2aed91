"""An MQTT 3.1.1 client that never blocks: stepped with the time, over one `Net`.

It publishes at QoS 1 with a window, keeps alive, notices half-open connections, connects again
with back-off and jitter, and wraps its packet identifiers. It stores nothing: what is not
acknowledged when a connection ends is the caller's to publish again.
"""

from jimpitan_wire.errors import Malformed, WireError

from jimpitan_box import packets
from jimpitan_box.jitter import Backoff

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.jitter import Jitter
    from jimpitan_box.ports import Net

WAITING, OPENING, GREETING, SUBSCRIBING, UP = 0, 1, 2, 3, 4
READ_LENGTH = 1024
UNSENT_LENGTH_MAX = 8192
RECEIVED_MAX = 8
ASKED_MAX = 4


class Client:
    """One connection to the broker and what is under way on it."""

    def __init__(
        self,
        *,
        client_id: str,
        will: "tuple[str, bytes]",
        down_topic: str,
        login: "tuple[str, bytes] | None",
        net: "Net",
        config: "Config",
        jitter: "Jitter",
    ) -> None:
        self._hello = packets.connect(client_id, config.keepalive_s, will, login)
        self._down_topic = down_topic
        self._net = net
        self._config = config
        self._backoff = Backoff(config.reconnect_ms, config.reconnect_ms_max, jitter)
        self._reader = packets.Reader()
        self._unsent = b""
        self._last_id = 0
        self._state = WAITING
        self._retry_ms = 0
        self._since_ms = 0
        self._heard_ms = 0
        self._pinged_ms: "int | None" = None
        self._in_flight: "dict[int, int]" = {}  # packet id -> ms of publishing
        self.received: "list[tuple[str, bytes]]" = []  # (topic, payload), to be taken
        self._asked: "list[str]" = []  # topics subscribed to for a retained message, newest last
        self.is_up = False  # whether messages can be published now
        self.connects = 0

    @property
    def in_flight(self) -> int:
        """Return how many messages wait for the broker's acknowledgement."""
        return len(self._in_flight)

    def take_received(self) -> "list[tuple[str, bytes]]":
        """Return the (topic, payload) pairs that came since the last call."""
        received, self.received = self.received, []
        return received

    def publish(self, topic: str, payload: bytes, is_retained: bool, now_ms: int) -> int:
        """Queue one message at QoS 1; return its packet identifier, 0 when there is no room."""
        if not self.is_up or len(self._in_flight) >= self._config.window_messages_max:
            return 0
        if len(self._unsent) + len(payload) > UNSENT_LENGTH_MAX:
            return 0
        packet_id = self._next_id()
        self._in_flight[packet_id] = now_ms
        self._unsent += packets.publish(topic, payload, packet_id, is_retained)
        return packet_id

    def ask(self, topic: str) -> bool:
        """Ask for the retained message of a topic, again when asked again; "" ends it.

        Returns whether it was asked. The message comes at QoS 0 with what is received, or never.
        """
        if not self.is_up or len(self._unsent) > UNSENT_LENGTH_MAX // 2:
            return False
        self._forget_asked()
        if topic:
            self._unsent += packets.subscribe(topic, self._next_id(), 0)
            self._asked.append(topic)
        return True

    def _forget_asked(self) -> None:
        """Unsubscribe from what was asked for; the list shrinks when that is written."""
        for topic in self._asked:
            self._unsent += packets.unsubscribe(topic, self._next_id())

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % packets.PACKET_ID_MAX + 1
            if self._last_id not in self._in_flight:
                return self._last_id

    def step(self, now_ms: int) -> None:
        """Do what the time and the connection allow; never raises, never waits."""
        try:
            if self._state == WAITING:
                if now_ms >= self._retry_ms:
                    self._open(now_ms)
                return
            if self._state == OPENING and not self._greet(now_ms):
                return
            self._read(now_ms)
            self._watch(now_ms)
            if self._unsent:
                self._write()
        except (OSError, WireError):
            self._drop(now_ms)

    def _open(self, now_ms: int) -> None:
        self._state = OPENING
        self._since_ms = now_ms
        self._net.open()

    def _greet(self, now_ms: int) -> bool:
        if not self._net.is_open():
            if now_ms - self._since_ms > self._config.reply_ms_max:
                raise OSError("the broker cannot be reached")
            return False
        self._unsent = self._hello
        self._state = GREETING
        self._since_ms = self._heard_ms = now_ms
        return True

    def _read(self, now_ms: int) -> None:
        while len(self.received) < RECEIVED_MAX:
            content = self._net.read(READ_LENGTH)
            if content is None:
                return
            if not content:
                raise OSError("the broker closed the connection")
            self._heard_ms = now_ms
            for kind, flags, body in self._reader.feed(content):
                self._take(kind, flags, body, now_ms)

    def _take(self, kind: int, flags: int, body: bytes, now_ms: int) -> None:
        if kind == packets.PUBLISH:
            topic, payload, packet_id = packets.parse_publish(flags, body)
            self.received.append((topic, payload))
            if packet_id:
                self._unsent += packets.puback(packet_id)
        elif kind == packets.PUBACK:
            self._in_flight.pop(packets.packet_id(body), None)
        elif kind == packets.PINGRESP:
            self._pinged_ms = None
        elif self.is_up and kind in {packets.SUBACK, packets.UNSUBACK}:
            return  # of `ask`; when the broker refuses, the message does not come
        else:
            self._take_greeting(kind, body, now_ms)

    def _take_greeting(self, kind: int, body: bytes, now_ms: int) -> None:
        if kind == packets.CONNACK and self._state == GREETING:
            if len(body) != 2 or body[1]:
                raise Malformed("the broker refused the connection")
            self._unsent += packets.subscribe(self._down_topic, self._next_id())
            self._state = SUBSCRIBING
            self._since_ms = now_ms
        elif kind == packets.SUBACK and self._state == SUBSCRIBING:
            if len(body) != 3 or body[2] > 1:
                raise Malformed("the broker refused the subscription")
            self._state, self.is_up = UP, True
            self._forget_asked()  # the session was kept, and with it what was asked before
            self._asked = self._asked[-ASKED_MAX:]
            self.connects += 1
            self._backoff.reset()
        else:
            raise Malformed("the broker sent what nobody asked for")

    def _watch(self, now_ms: int) -> None:
        """Notice a peer that is gone though the connection seems to stand."""
        reply_ms_max = self._config.reply_ms_max
        if not self.is_up:
            if now_ms - self._since_ms > reply_ms_max:
                raise OSError("the broker did not answer")
            return
        if self._pinged_ms is not None:
            if now_ms - self._pinged_ms > reply_ms_max:
                raise OSError("the broker did not answer a ping")
        elif now_ms - self._heard_ms >= self._config.keepalive_s * 500:
            self._pinged_ms = now_ms
            self._unsent += packets.pingreq()
        if self._in_flight and now_ms - min(self._in_flight.values()) > 2 * reply_ms_max:
            raise OSError("the broker did not acknowledge")

    def hang_up(self, now_ms: int) -> None:
        """End the connection on purpose; `step` connects again."""
        if self._state != WAITING:
            self._drop(now_ms)
            self._backoff.reset()
        self._retry_ms = now_ms

    def flush(self, now_ms: int) -> None:
        """Send what was published since `step`, instead of at the next step."""
        if self._unsent and self.is_up:
            try:
                self._write()
            except OSError:
                self._drop(now_ms)

    def _write(self) -> None:
        while self._unsent:
            taken = self._net.write(self._unsent)
            if not taken:
                return
            self._unsent = self._unsent[taken:]
        if self.is_up:
            self._asked = self._asked[-1:]

    def _drop(self, now_ms: int) -> None:
        self._net.close()
        self._state, self.is_up = WAITING, False
        self._retry_ms = now_ms + self._backoff.next_ms()
        self._reader.reset()
        self._unsent = b""
        self._pinged_ms = None
        self._in_flight.clear()
