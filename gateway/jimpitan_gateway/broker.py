"""The broker side: paho with manual acknowledgement, so that PUBACK follows the commit.

paho's own thread costs a wake-up of another thread for every acknowledgement; here its calls for
external loops are stepped by the thread that also writes the spool: about twice the messages a
second. Only `step` and `take` may touch the client; other threads leave messages with `publish`.
"""

import collections
import queue
import select
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import paho.mqtt.client as mqtt
import structlog
from jimpitan_wire import topics
from jimpitan_wire.errors import WireError
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from jimpitan_gateway.intake import Delivery
from jimpitan_gateway.settings import Settings

log = structlog.get_logger()
KEEPALIVE_S = 30
CONNECT_WAIT_S = 5.0
RECONNECT_S = 1.0
RECONNECT_S_MAX = 5.0
ALL_DOWN_WAITING_MAX = 10_000
STOP_STEPS_MAX = 20


class Outgoing(NamedTuple):
    """A message on its way to the broker; a retained one stays there."""

    topic: str
    payload: bytes
    is_retained: bool


class Broker:
    """One persistent session at the broker: records in, messages for boxes out."""

    def __init__(self, settings: Settings, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._deliveries: collections.deque[Delivery] = collections.deque()
        self._down: queue.Queue[Outgoing] = queue.Queue(ALL_DOWN_WAITING_MAX)
        self._awake, self._wake = socket.socketpair()
        self._awake.setblocking(False)
        self._wake.setblocking(False)
        self.overflows = 0
        self.down_dropped = 0
        self._retry_s = self._wait_s = 0.0
        self._packets = 0
        self._connection = 0
        self._client = self._made_client(settings)

    def _made_client(self, settings: Settings) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.name,
            clean_session=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_WAIT_S
        client.max_queued_messages_set(ALL_DOWN_WAITING_MAX)
        if settings.broker_password is not None:
            client.username_pw_set(settings.name, settings.broker_password.get_secret_value())
        if settings.broker_ca is not None:
            client.tls_set(ca_certs=str(settings.broker_ca), cert_reqs=ssl.CERT_REQUIRED)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_packet
        # With this set, paho queues what it is given and writes in `loop_write` only.
        client.on_socket_register_write = lambda *_: None
        client.connect_async(settings.broker_host, settings.broker_port, KEEPALIVE_S)
        return client

    def step(self, wait_s: float) -> None:
        """Wait at most so long for the broker or a message to publish, and do what is there."""
        connection = self._client.socket()
        if connection is None:
            self._wait_and_connect(wait_s)
            return
        if self._client.is_connected():
            self._hand_down()
        is_pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        readable, writable, _ = select.select(
            [connection, self._awake],
            [connection] if self._client.want_write() else [],
            [],
            0 if is_pending else wait_s,
        )
        if self._awake in readable:
            self._awake.recv(4096)
        if connection in readable or is_pending:
            self._read()
        if writable or self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def stop(self) -> None:
        """Send what waits, disconnect and close."""
        for _ in range(STOP_STEPS_MAX):
            if not self._client.want_write() or self._client.socket() is None:
                break
            self._client.loop_write()
        self._client.disconnect()
        self._client.loop_write()
        self._awake.close()
        self._wake.close()

    def reconnect(self) -> None:
        """Connect anew; the broker delivers again what was not acknowledged."""
        try:
            self._client.reconnect()
        except OSError as error:
            self._back_off()
            log.warning("broker_unreachable", reason=str(error), retry_s=self._retry_s)

    def take(self, deliveries_max: int) -> list[Delivery]:
        """Return what was delivered, oldest first."""
        count = min(deliveries_max, len(self._deliveries))
        return [self._deliveries.popleft() for _ in range(count)]

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Send PUBACK for deliveries that are on disk."""
        for delivery in deliveries:
            # A packet id of an earlier connection may mean another message on this one.
            if delivery.connection == self._connection:
                self._client.ack(delivery.mid, delivery.qos)
        self._client.loop_write()

    @property
    def connection(self) -> int:
        """Return the number of the connection that stands, or stood last."""
        return self._connection

    def publish(self, down: Sequence[tuple[str, bytes]]) -> None:
        """Leave messages for boxes, from any thread; what is lost here the server signs again."""
        for box, message in down:
            try:
                self._leave(Outgoing(topics.topic(box, topics.DOWN), message, False))
            except WireError as error:
                log.warning("down_refused", box=box, reason=str(error))
        self._call()

    def retain(self, messages: Iterable[tuple[str, bytes]]) -> bool:
        """Leave (topic, payload) pairs to be retained by the broker, from any thread.

        Returns whether there was room for all of them; else they are to be left again.
        """
        are_left = [self._leave(Outgoing(topic, payload, True)) for topic, payload in messages]
        self._call()
        return all(are_left)

    def _leave(self, outgoing: Outgoing) -> bool:
        try:
            self._down.put_nowait(outgoing)
        except queue.Full:
            self.down_dropped += 1
            return False
        return True

    def _call(self) -> None:
        """Wake the thread that steps."""
        try:
            self._wake.send(b"\x00")
        except OSError:
            return  # full: it will wake anyway; closed: it stops

    def _wait_and_connect(self, wait_s: float) -> None:
        if self._wait_s <= 0:
            self.reconnect()
            return
        pause_s = min(wait_s, self._wait_s)
        self._wait_s -= pause_s
        select.select([], [], [], pause_s)

    def _back_off(self) -> None:
        self._retry_s = min(max(RECONNECT_S, 2 * self._retry_s), RECONNECT_S_MAX)
        self._wait_s = self._retry_s

    def _read(self) -> None:
        """Read packet after packet until none is complete, or it is time for a commit."""
        for _ in range(self._settings.commit_messages_max):
            packets = self._packets
            self._client.loop_read()
            if packets == self._packets:
                return

    def _hand_down(self) -> None:
        for _ in range(self._down.qsize()):
            topic, payload, is_retained = self._down.get_nowait()
            try:
                self._client.publish(topic, payload, qos=1, retain=is_retained)
            except ValueError as error:
                log.warning("down_refused", topic=topic, reason=str(error))

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, *_: object
    ) -> None:
        if code.is_failure:
            self._back_off()
            log.error("broker_refused", reason=str(code), retry_s=self._retry_s)
            return
        self._packets += 1
        self._retry_s = 0.0
        self._connection += 1
        client.subscribe(topics.ALL_RECORDS, qos=1)
        log.info("broker_connected", host=self._settings.broker_host)

    def _on_disconnect(self, *arguments: object) -> None:
        self._wait_s = max(self._wait_s, RECONNECT_S)
        log.warning("broker_disconnected", reason=str(arguments[3]))

    def _on_packet(self, *_: object) -> None:
        self._packets += 1

    def _on_message(self, _client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self._packets += 1
        if len(self._deliveries) >= self._settings.queue_messages_max:
            self.overflows += 1  # not acknowledged; delivered again after the next connection
            return
        delivery = Delivery(
            message.topic,
            bytes(message.payload),
            self._now_ms(),
            message.mid,
            message.qos,
            self._connection,
        )
        self._deliveries.append(delivery)
