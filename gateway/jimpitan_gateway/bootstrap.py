"""Wire the gateway: one spool, one broker session, one server door, and the threads."""

import contextlib
import shutil
import signal
import threading
import time
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from jimpitan_gateway.broker import Broker
from jimpitan_gateway.errors import GatewayError, SettingMissing, SpoolFull
from jimpitan_gateway.intake import Delivery, take_in
from jimpitan_gateway.relay import Relay, step_relay
from jimpitan_gateway.releases import Carrier, public_key, step_releases
from jimpitan_gateway.server_door import POLL_WAIT_S, HttpDoor
from jimpitan_gateway.settings import Settings
from jimpitan_gateway.spool import Spool

log = structlog.get_logger()
STALL_S = 30.0
STEP_WAIT_S = 0.2
FULL_WAIT_S = 1.0
POLL_FAILED_WAIT_S = 2.0
RELEASES_EVERY_S = 10.0


def now_ms() -> int:
    """Return Unix time in ms: the gateway's clock, a hint to the server and no evidence."""
    return time.time_ns() // 1_000_000


class Metrics:
    """What /metrics tells; every name begins with jimpitan_gateway_."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.taken = Counter(
            "jimpitan_gateway_messages_taken", "Messages on disk.", registry=self.registry
        )
        self.relayed = Gauge(
            "jimpitan_gateway_messages_relayed", "Messages held.", registry=self.registry
        )
        self.dead = Counter(
            "jimpitan_gateway_dead_letters", "Messages of no use.", registry=self.registry
        )
        self.waiting = Gauge(
            "jimpitan_gateway_spool_messages", "Messages waiting.", registry=self.registry
        )
        self.failures = Gauge(
            "jimpitan_gateway_relay_failures", "Failed relays.", registry=self.registry
        )
        self.stalls = Counter(
            "jimpitan_gateway_stalls",
            "Connections made anew to get deliveries that found no room.",
            registry=self.registry,
        )
        self.releases_refused = Gauge(
            "jimpitan_gateway_releases_refused",
            "Release files that the publisher did not sign, or that came damaged.",
            registry=self.registry,
        )
        self.full = Gauge(
            "jimpitan_gateway_disk_full", "1 while the disk refuses.", registry=self.registry
        )


class Gateway:
    """The running gateway: three loops around the stepped functions, and a watchdog."""

    def __init__(self, settings: Settings, clock_ms: Callable[[], int] = now_ms) -> None:
        if settings.server_token is None:
            raise SettingMissing(
                "JIMPITAN_GATEWAY_SERVER_TOKEN is not set. Make a token with"
                " `jimpitan-server gateway add NAME` and set it in the environment."
            )
        self._settings = settings
        self._clock_ms = clock_ms
        self._publisher = public_key(settings.publisher_key) if settings.publisher_key else b""
        self._token = settings.server_token.get_secret_value()
        self._broker = Broker(settings, clock_ms)
        self._metrics = Metrics()
        self._stop = threading.Event()
        self._spooled = threading.Event()
        self._progress_s = time.monotonic()
        self._died = ""

    def run(self) -> int:
        """Run until a signal comes; return the exit code, 1 when a loop died."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        if self._settings.metrics_port:
            start_http_server(
                self._settings.metrics_port, "127.0.0.1", registry=self._metrics.registry
            )
        # SQLite refuses, without waiting, that two threads make a new file a WAL file at once.
        Spool(self._settings.spool).close()
        loops = [
            threading.Thread(target=self._guard, args=(loop,), name=loop.__name__, daemon=True)
            for loop in (self._take_in, self._relay, self._poll, self._carry_releases)
            if self._publisher or loop != self._carry_releases
        ]
        for thread in loops:
            thread.start()
        self._watch()
        self._stop.set()
        self._spooled.set()
        for thread in loops[:2]:
            thread.join(timeout=10)
        return 1 if self._died else 0

    def _guard(self, loop: Callable[[], None]) -> None:
        """A loop that raises what it cannot name ends the process; a service restarts it."""
        try:
            loop()
        except Exception as error:
            self._died = repr(error)
            log.exception("loop_died", loop=loop.__name__)
            self._stop.set()
            raise

    def _take_in(self) -> None:
        """Step the broker; what it delivered is committed, then acknowledged."""
        spool = Spool(self._settings.spool)
        pending: list[Delivery] = []
        overflows = 0
        while not self._stop.is_set():
            self._progress_s = time.monotonic()
            self._broker.step(FULL_WAIT_S if pending else STEP_WAIT_S)
            pending = pending or self._broker.take(self._settings.commit_messages_max)
            if pending and self._commit(spool, pending):
                pending = []
            elif not pending and self._broker.overflows > overflows:
                overflows = self._broker.overflows
                self._metrics.stalls.inc()
                log.error("deliveries_overflowed", count=overflows)
                self._broker.reconnect()
        self._broker.stop()
        spool.close()

    def _commit(self, spool: Spool, deliveries: list[Delivery]) -> bool:
        try:
            dead = take_in(spool, deliveries)
        except SpoolFull as error:
            self._metrics.full.set(1)
            log.error("spool_full", reason=str(error), free=_free_bytes(self._settings))
            return False
        self._metrics.full.set(0)
        self._metrics.taken.inc(len(deliveries))
        self._metrics.dead.inc(dead)
        self._broker.acknowledge(deliveries)
        self._spooled.set()
        return True

    def _relay(self) -> None:
        spool = Spool(self._settings.spool)
        door = HttpDoor(url=self._settings.server_url, token=self._token)
        relay = Relay(self._settings.batch_messages_max)
        failures = 0
        while not self._stop.is_set():
            self._spooled.clear()
            try:
                down = step_relay(relay, spool, door, self._clock_ms())
            except SpoolFull as error:
                log.error("spool_full", reason=str(error), free=_free_bytes(self._settings))
                self._stop.wait(FULL_WAIT_S)
                continue
            self._broker.publish(down)
            if relay.failures > failures:
                failures = relay.failures
                log.warning("relay_failed", reason=relay.last_failure, wait_ms=relay.wait_ms)
            self._metrics.relayed.set(relay.relayed)
            self._metrics.failures.set(relay.failures)
            with contextlib.suppress(SpoolFull):
                self._metrics.waiting.set(spool.waiting())
            if relay.wait_ms < 0:
                self._spooled.wait(1.0)
            elif relay.wait_ms:
                self._stop.wait(relay.wait_ms / 1000)
        spool.close()
        door.close()

    def _poll(self) -> None:
        door = HttpDoor(url=self._settings.server_url, token=self._token)
        while not self._stop.is_set():
            try:
                self._broker.publish(door.poll(POLL_WAIT_S))
            except GatewayError:
                self._stop.wait(POLL_FAILED_WAIT_S)

    def _carry_releases(self) -> None:
        """Bring the broker what boxes may be ordered to fetch; nothing else waits for this."""
        door = HttpDoor(url=self._settings.server_url, token=self._token)
        spool = Spool(self._settings.spool)
        carrier = Carrier(self._publisher, self._broker.retain, spool.note)
        while not self._stop.is_set():
            connection = self._broker.connection
            if not connection:
                self._stop.wait(1.0)
                continue
            try:
                said = step_releases(carrier, door, noted=spool.progress(), connection=connection)
            except GatewayError as error:
                said = []
                log.warning("releases_not_asked", reason=str(error))
            for sentence in said:
                log.info("release", what=sentence)
            self._metrics.releases_refused.set(carrier.refused)
            self._stop.wait(RELEASES_EVERY_S)
        spool.close()
        door.close()

    def _watch(self) -> None:
        """End the process when the intake stands still; a service starts it anew."""
        while not self._stop.wait(1.0):
            stalled_s = time.monotonic() - self._progress_s
            if stalled_s > STALL_S:
                self._died = "the intake stands still"
                log.error("intake_stalled", seconds=int(stalled_s))
                return


def _free_bytes(settings: Settings) -> int:
    return shutil.disk_usage(settings.spool.absolute().parent).free
