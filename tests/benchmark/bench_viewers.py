"""A crowd before one process: how soon each of 1,000 viewers sees that a figure changed."""

import asyncio
import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
from jimpitan_server.entrypoints.http.rate import PUBLIC
from jimpitan_simulator.bank import PATH
from jimpitan_simulator.desk import Desk
from jimpitan_simulator.ledger import Payment
from jimpitan_simulator.system import System, Wish

from benchmark.figures import Figure, held, percentile

VIEWERS = 1_000
CHANGES = 20
PAUSE_S = 1.0
SETTLE_S = 3.0
AT_ONCE = 50
EVENT = b"event: totals"
REQUEST = b"GET /live HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"


class Viewer(asyncio.Protocol):
    """One open board: it notes when the last frame came."""

    def __init__(self) -> None:
        self.seen_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Note a frame; a frame is smaller than a segment and comes whole."""
        if EVENT in data:
            self.seen_s = time.perf_counter()


def measure() -> list[Figure]:
    """Return the figures of a crowd on this machine; the viewers run beside the server."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        return asyncio.run(_measure(Path(name)))


async def _measure(folder: Path) -> list[Figure]:
    system = System(Wish(boxes=1, seed=5), folder)
    desk = Desk(5, system)
    viewers: list[tuple[asyncio.BaseTransport, Viewer]] = []
    try:
        system.people = desk.people()
        await system.start_server()
        await desk.open()
        assert system.server.process is not None
        process = psutil.Process(system.server.process.pid)
        before_mb = process.memory_info().rss / 1e6
        viewers = await _enter(system.server_url)
        await asyncio.sleep(SETTLE_S)
        waits, missed = await _watch(desk, system.server_url, [one for _, one in viewers])
        grown_kb = (process.memory_info().rss / 1e6 - before_mb) * 1000 / VIEWERS
        return [
            held("change -> 1,000 viewers, p99", percentile(waits, 99), "ms", at_most=300),
            Figure("change -> 1,000 viewers, p50", percentile(waits, 50), "ms"),
            held("frames that did not come within a second", float(missed), "", at_most=0.5),
            Figure("memory of the server for each viewer", grown_kb, "KB"),
        ]
    finally:
        for transport, _ in viewers:
            transport.close()
        await desk.close()
        await system.stop()


async def _enter(url: str) -> list[tuple[asyncio.BaseTransport, Viewer]]:
    """Open the board for everybody, as quickly as the bound for one address lets them in."""
    loop, where = asyncio.get_running_loop(), urlsplit(url)
    found = []
    for _ in range(VIEWERS // AT_ONCE):
        opened = (
            loop.create_connection(Viewer, where.hostname, where.port) for _ in range(AT_ONCE)
        )
        found += await asyncio.gather(*opened)
        await asyncio.sleep(AT_ONCE / PUBLIC.per_s * 1.2)
    return found


async def _watch(desk: Desk, url: str, viewers: list[Viewer]) -> tuple[list[float], int]:
    """Change a figure again and again; return the ms until each viewer saw it, and who did not.

    The clock starts when the bank sends its notification, before the server knows of it.
    """
    waits: list[float] = []
    missed = 0
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        for number in range(CHANGES):
            now = datetime.now(UTC)
            payment = Payment(f"CROWD{number:09d}", "box-0001", 0, 1_000)
            body = desk.bank.body(payment, now, "K0001")
            began = time.perf_counter()
            answer = await client.post(
                f"{url}{PATH}", content=body, headers=desk.bank.headers(body, now)
            )
            assert json.loads(answer.content)["responseCode"] == "2005200", answer.text
            await asyncio.sleep(PAUSE_S)
            seen = [(one.seen_s - began) * 1000 for one in viewers if one.seen_s > began]
            waits += seen
            missed += len(viewers) - len(seen)
    return waits, missed
