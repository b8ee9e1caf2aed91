"""The gateway's intake beside mosquitto's own publish → subscribe rate."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from jimpitan_box import packets
from jimpitan_simulator.evidence import waiting_now
from jimpitan_simulator.processes import Program, find_mosquitto, free_port

from benchmark.bench_wire import sealed
from benchmark.figures import Figure, held

MESSAGES = 8_000
ROUNDS = 3
WINDOW = 500
TOPIC = "jimpitan/1/box-%04d/records"


class Client:
    """A bare MQTT client over asyncio, as fast as Python allows."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._packets = packets.Reader()
        self.received = 0
        self.acked = 0

    async def connect(self, port: int) -> None:
        """Connect and wait for the greeting."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        hello = b"\x00\x04MQTT\x04\x02\x00\x3c" + packets.text(self._name)
        self._writer.write(packets.packet(packets.CONNECT, 0, hello))
        await self._until(packets.CONNACK)

    async def subscribe(self, topic: str) -> None:
        """Subscribe at QoS 1."""
        self._writer.write(packets.subscribe(topic, 1))
        await self._until(packets.SUBACK)

    async def _until(self, kind: int) -> None:
        while True:
            for found, _, _ in self._packets.feed(await self._reader.read(65_536)):
                if found == kind:
                    return

    async def count(self, wanted: int) -> None:
        """Receive and acknowledge until that many messages came."""
        while self.received < wanted:
            out = []
            for kind, flags, body in self._packets.feed(await self._reader.read(65_536)):
                if kind == packets.PUBLISH:
                    self.received += 1
                    out.append(packets.puback(packets.parse_publish(flags, body)[2]))
            self._writer.write(b"".join(out))

    async def publish(self, messages: list[bytes]) -> None:
        """Publish ready-made packets at QoS 1 with a window."""
        sent = 0
        while self.acked < len(messages):
            part = messages[sent : sent + WINDOW - (sent - self.acked)]
            sent += len(part)
            self._writer.write(b"".join(part))
            found = self._packets.feed(await self._reader.read(65_536))
            self.acked += sum(kind == packets.PUBACK for kind, _, _ in found)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def measure() -> list[Figure]:
    """Return the rates of mosquitto alone and of the gateway behind it."""
    if not find_mosquitto():
        return [Figure("gateway rate: mosquitto is missing here", 0, "")]
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Figure]:
    port = free_port()
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        "max_inflight_messages 0\n"
    )
    broker = Program(
        "mosquitto", [str(find_mosquitto()), "-c", str(configuration)], folder / "b.log", {}, port
    )
    await broker.start()
    alone, gateway = [], []
    try:
        for number in range(ROUNDS):
            alone.append(await _alone(port, number))
            gateway.append(await _gateway(folder, port, number))
    finally:
        await broker.stop()
    limit, rate = statistics.median(alone), statistics.median(gateway)
    return [
        Figure("limit: mosquitto publish -> subscribe, QoS 1", limit, "messages/s"),
        Figure("gateway: taken in, on disk and acknowledged", rate, "messages/s"),
        held("gateway / mosquitto", rate / limit, "x", at_least=0.2),
    ]


def _messages(number: int) -> list[bytes]:
    first = number * MESSAGES + 1
    return [_packet(first + index, index) for index in range(MESSAGES)]


def _packet(seq: int, index: int) -> bytes:
    message = sealed(seq, f"box-{index % 50:04d}")
    return packets.publish(TOPIC % (index % 50), message, index % 65_000 + 1, False)


async def _alone(port: int, number: int) -> float:
    messages = _messages(number)
    listener, speaker = Client(f"listener{number}"), Client(f"speaker{number}")
    await listener.connect(port)
    await listener.subscribe("jimpitan/1/+/records")
    await speaker.connect(port)
    began = time.perf_counter()
    await asyncio.gather(listener.count(MESSAGES), speaker.publish(messages))
    rate = MESSAGES / (time.perf_counter() - began)
    listener.close()
    speaker.close()
    return rate


async def _gateway(folder: Path, port: int, number: int) -> float:
    """Publish to a gateway whose server is away, and wait until its spool holds everything."""
    import sys

    spool = folder / f"spool{number}.db"
    environment = {
        "JIMPITAN_GATEWAY_NAME": f"gateway{number}",
        "JIMPITAN_GATEWAY_BROKER_PORT": str(port),
        "JIMPITAN_GATEWAY_SERVER_URL": "http://127.0.0.1:9",
        "JIMPITAN_GATEWAY_SERVER_TOKEN": "none",
        "JIMPITAN_GATEWAY_SPOOL": str(spool),
    }
    gateway = Program(
        "the gateway",
        [sys.executable, "-m", "jimpitan_gateway.cli", "run"],
        folder / "g.log",
        environment,
    )
    messages = _messages(number + ROUNDS)
    speaker = Client(f"speaker{number}b")
    await speaker.connect(port)
    await gateway.start()
    try:
        probe = Client(f"probe{number}")
        await probe.connect(port)
        await probe.publish([_packet(1, 49)])
        while not spool.exists() or waiting_now(spool) < 1:
            await asyncio.sleep(0.05)
            probe.acked = 0
            await probe.publish([_packet(1, 49)])
        probe.close()
        began = time.perf_counter()
        publishing = asyncio.create_task(speaker.publish(messages))
        while waiting_now(spool) < MESSAGES:
            await asyncio.sleep(0.02)
            if not gateway.is_running:
                raise RuntimeError((folder / "g.log").read_text())
        rate = MESSAGES / (time.perf_counter() - began)
        await publishing
    finally:
        await gateway.stop()
        speaker.close()
    return rate
