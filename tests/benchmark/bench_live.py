"""The whole system running: how fast a deposit is on the board, how big everything is."""

import asyncio
import gzip
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
from jimpitan_server.entrypoints.http.pages import assets
from jimpitan_simulator.bank import PATH
from jimpitan_simulator.board_watch import BoardWatch, latencies
from jimpitan_simulator.desk import Desk
from jimpitan_simulator.ledger import Payment
from jimpitan_simulator.system import System, Wish
from jimpitan_simulator.verdict import Verdict, judge_deposits, load_truth, read_flash

from benchmark.figures import Figure, held, percentile

BOXES = 200
SECONDS = 30.0
NOTIFICATIONS = 300
PER_SECOND = 50


def measure() -> list[Figure]:
    """Return the figures of 200 boxes on this machine."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        return asyncio.run(_measure(Path(name)))


async def _measure(folder: Path) -> list[Figure]:
    system = System(Wish(boxes=BOXES, seed=5), folder)
    desk = Desk(5, system)
    watch = BoardWatch(system.server_url)
    began = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    try:
        system.people = desk.people()
        token = await system.start_server()
        page = await _page(system.server_url)
        first_page_s = time.perf_counter() - began
        await system.start_broker()
        await system.start_gateway(
            token, broker_port=system.broker_port, server_url=system.server_url
        )
        await desk.open()
        order = {
            "pace": {"drop_s": 10.0, "payment_s": 0.0, "collection_s": 0.0, "cut_s": 0.0},
            "hand_over": str(folder),
        }
        await system.start_town(broker_port=system.broker_port, order=order)
        tasks = [asyncio.create_task(watch.run()), asyncio.create_task(_listen(system))]
        await asyncio.sleep(SECONDS)
        memory = _resident_mb(system)
        crowded = await _notify(desk, system.server_url, "BUSY")
        await system.tell_town("stop")
        assert system.town is not None
        await system.town.wait()
        waits = await _notify(desk, system.server_url, "BENCH")
        return [
            *_board_figures(folder, watch),
            held("notification, p99 at 50/s", percentile(waits, 99), "ms", at_most=100),
            Figure("notification, p50 at 50/s", percentile(waits, 50), "ms"),
            Figure("the same beside 200 boxes, p99", percentile(crowded, 99), "ms"),
            held("public page, gzip", len(gzip.compress(page)) / 1024, "KB", at_most=40),
            held("resident memory, 200 boxes, all programs", memory, "MB", at_most=600),
            held("start to first page, nothing to install", first_page_s, "s", at_most=60),
        ]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.close()
        await system.stop()


async def _listen(system: System) -> None:
    async for _ in system.events():
        pass


def _board_figures(folder: Path, watch: BoardWatch) -> list[Figure]:
    truth = load_truth(folder)
    verdict = Verdict()
    kept_ms = judge_deposits(verdict, read_flash(folder), truth, 0)
    # A deposit is a fact when its passage is over, about 0.1 to 1 s after it touched beam A.
    over_ms = [
        drop["at_us"] // 1000 + (drop["features"][1] + drop["features"][2]) // 1000
        for drop in truth["drops"]
    ]
    waits = [float(wait) for wait in latencies(over_ms[: len(kept_ms)], watch.seen)]
    return [
        Figure("deposits in this run", len(kept_ms), ""),
        Figure("deposit -> board, p50", percentile(waits, 50), "ms"),
        held("deposit -> board, p95", percentile(waits, 95), "ms", at_most=500),
        Figure("deposit -> board, p99", percentile(waits, 99), "ms"),
        held("boxes behind their clock at most", truth["late_ms_max"], "ms", at_most=1000),
    ]


async def _page(url: str) -> bytes:
    """Return the public page with everything it loads."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        page = (await client.get("/")).content
        found = [page]
        parts = [one for one in page.decode().split('"') if one.startswith("/static/")]
        late = (f"/static/{one}" for one in assets()["board.js late"].split())
        for part in dict.fromkeys(one.partition("#")[0] for one in (*parts, *late)):
            found.append((await client.get(part)).content)
    return b"".join(found)


def _resident_mb(system: System) -> float:
    processes = [system.broker.process, system.server.process, system.gateway.process, system.town]
    found = 0
    for process in [psutil.Process(), *(psutil.Process(p.pid) for p in processes if p)]:
        found += process.memory_info().rss
    return found / 1e6


async def _notify(desk: Desk, url: str, name: str) -> list[float]:
    """Notify fifty payments a second; return the ms that each answer took."""
    waits: list[float] = []
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:

        async def one(number: int) -> None:
            now = datetime.now(UTC)
            payment = Payment(f"{name}{number:09d}", "box-0001", 0, 1_000)
            body = desk.bank.body(payment, now, "K0001")
            headers = desk.bank.headers(body, now)
            began = time.perf_counter()
            answer = await client.post(f"{url}{PATH}", content=body, headers=headers)
            waits.append((time.perf_counter() - began) * 1000)
            assert json.loads(answer.content)["responseCode"] == "2005200", answer.text

        tasks = []
        for number in range(NOTIFICATIONS):
            tasks.append(asyncio.create_task(one(number)))
            await asyncio.sleep(1 / PER_SECOND)
        await asyncio.gather(*tasks)
    return waits
