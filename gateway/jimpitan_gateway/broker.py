"""The broker side: paho with manual acknowledgement, so that PUBACK follows the commit.

`loop_start` is paho's own thread; acknowledgements from ours are queued to it. A client that
acknowledges before it wrote loses what it held when it dies, so nothing here acknowledges
before `take_in` has returned.
"""

import queue
import ssl
import threading
from collections.abc import Callable, Sequence

import paho.mqtt.client as mqtt
import structlog
from jimpitan_wire import topics
from jimpitan_wire.errors import WireError
from paho.mqtt.enums import CallbackAPIVersion

from jimpitan_gateway.intake import Delivery
from jimpitan_gateway.settings import Settings

log = structlog.get_logger()
KEEPALIVE_S = 30
RECONNECT_S_MAX = 5
ALL_DOWN_WAITING_MAX = 10_000


class Broker:
    """One persistent session at the broker: records in, messages for boxes out."""

    def __init__(self, settings: Settings, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._deliveries: queue.Queue[Delivery] = queue.Queue(settings.queue_messages_max)
        self.is_connected = threading.Event()
        self.overflows = 0
        self._connection = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.name,
            clean_session=False,
            manual_ack=True,
        )
        self._client.max_queued_messages_set(ALL_DOWN_WAITING_MAX)
        self._client.reconnect_delay_set(1, RECONNECT_S_MAX)
        if settings.broker_password is not None:
            self._client.username_pw_set(
                settings.name, settings.broker_password.get_secret_value()
            )
        if settings.broker_ca is not None:
            self._client.tls_set(ca_certs=str(settings.broker_ca), cert_reqs=ssl.CERT_REQUIRED)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Begin to connect, again and again, in paho's own thread."""
        self._client.connect_async(
            self._settings.broker_host, self._settings.broker_port, KEEPALIVE_S
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end paho's thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def reconnect(self) -> None:
        """Drop the connection; the broker delivers again what was not acknowledged."""
        try:
            self._client.reconnect()
        except OSError as error:
            log.warning("broker_unreachable", reason=str(error))

    def is_alive(self) -> bool:
        """Return whether paho's thread still runs; without it nothing will ever come."""
        thread = self._client._thread
        return thread is not None and thread.is_alive()

    def take(self, deliveries_max: int, wait_s: float) -> list[Delivery]:
        """Return what was delivered: waits for the first, then takes what is there."""
        taken: list[Delivery] = []
        try:
            taken.append(self._deliveries.get(timeout=wait_s))
            while len(taken) < deliveries_max:
                taken.append(self._deliveries.get_nowait())
        except queue.Empty:
            pass
        return taken

    def waiting(self) -> int:
        """Return how many deliveries wait to be taken."""
        return self._deliveries.qsize()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Send PUBACK for deliveries that are on disk."""
        for delivery in deliveries:
            # A packet id of an earlier connection may mean another message on this one.
            if delivery.connection == self._connection:
                self._client.ack(delivery.mid, delivery.qos)

    def publish(self, down: Sequence[tuple[str, bytes]]) -> None:
        """Carry messages to boxes; what is lost here the server signs again."""
        for box, message in down:
            try:
                self._client.publish(topics.topic(box, topics.DOWN), message, qos=1)
            except (WireError, ValueError) as error:
                log.warning("down_refused", box=box, reason=str(error))

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        self._connection += 1
        client.subscribe(topics.ALL_RECORDS, qos=1)
        self.is_connected.set()
        log.info("broker_connected", host=self._settings.broker_host)

    def _on_disconnect(self, *arguments: object) -> None:
        self.is_connected.clear()
        log.warning("broker_disconnected", reason=str(arguments[3]))

    def _on_message(self, _client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        delivery = Delivery(
            message.topic,
            bytes(message.payload),
            self._now_ms(),
            message.mid,
            message.qos,
            self._connection,
        )
        try:
            self._deliveries.put_nowait(delivery)
        except queue.Full:
            self.overflows += 1  # not acknowledged; delivered again after the watchdog reconnects
