"""The check: the whole system under faults, then everything compared with the truth.

Phases: faults for the wished seconds; calm (no more gifts, every box is opened and counted, the
bank sends what it owes and writes the statement); heal until every journal is acknowledged and
every errand is done; judge.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from jimpitan_simulator.board_watch import BoardWatch, latencies, percentile
from jimpitan_simulator.chaos import Cables, Chaos
from jimpitan_simulator.desk import Desk
from jimpitan_simulator.evidence import ServerBooks
from jimpitan_simulator.proxy import Link, Tap
from jimpitan_simulator.system import System, Wish
from jimpitan_simulator.taps import Promises
from jimpitan_simulator.verdict import (
    Verdict,
    judge_boxes,
    judge_deposits,
    judge_money,
    judge_records,
    load_truth,
    read_flash,
)

HEAL_S = 60.0
CUT_KINDS = {"program": "box_cut_in_program", "erase": "box_cut_in_erase"}
Progress = Callable[[str], None]
OK, WRONG, NO_EFFECT = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check ended with: the report and the exit code."""

    report: dict[str, Any]
    exit_code: int


class Check:
    """One run of the check in one folder."""

    def __init__(self, wish: Wish, seconds: float, folder: Path, progress: Progress) -> None:
        self._seconds = seconds
        self._folder = folder
        self._progress = progress
        self._system = System(wish, folder)
        self._desk = Desk(wish.seed, self._system)
        self._watch = BoardWatch(self._system.server_url)
        self._settled = asyncio.Event()
        self._heal_s = 0.0

    async def run(self) -> Outcome:
        """Run all phases; every program is ended whatever happens."""
        tasks: list[asyncio.Task[None]] = []
        cables = None
        try:
            cables = await self._start()
            chaos = Chaos(
                self._system,
                cables,
                ServerBooks(self._system.database_url),
                self._system.wish.seed,
            )
            tasks = [
                asyncio.create_task(self._watch.run()),
                asyncio.create_task(self._listen()),
            ]
            self._progress(f"Faults for {self._seconds:.0f} s ...")
            await chaos.run(self._seconds)
            self._progress("Calm: every box is opened, the bank sends what it owes ...")
            verdict = Verdict()
            await self._heal(verdict)
            return await self._judge(verdict, chaos)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._desk.close()
            await self._system.stop()
            if cables is not None:
                await cables.stop()

    async def _start(self) -> Cables:
        system = self._system
        self._progress("Starting broker, server, gateway and boxes ...")
        system.people = self._desk.people()
        token = await system.start_server()
        await system.start_broker()
        cables = Cables(
            boxes=Link("127.0.0.1", system.broker_port),
            records=Link("127.0.0.1", system.broker_port),
            server=Link("127.0.0.1", system.server_port),
            promises=Promises(seed=system.wish.seed),
            boxes_promises=Promises(),
        )
        cables.records.tap_factory = cables.promises.taps
        cables.boxes.tap_factory = cables.boxes_promises.taps
        cables.server.tap_factory = lambda: request_taps(cables)
        for link in (cables.boxes, cables.records, cables.server):
            await link.start()
        await system.start_gateway(
            token,
            broker_port=cables.records.port,
            server_url=f"http://127.0.0.1:{cables.server.port}",
        )
        await self._desk.open()
        pace = {"drop_s": 2.5, "payment_s": 8.0, "collection_s": 25.0, "cut_s": 12.0}
        await system.start_town(
            broker_port=cables.boxes.port,
            order={
                "pace": pace,
                "hand_over": str(self._folder),
                "config": {
                    "heartbeat_ms": 5_000,
                    "resend_ms": 3_000,
                    "resend_ms_max": 6_000,
                    "reconnect_ms_max": 3_000,
                    "reply_ms_max": 5_000,
                    "keepalive_s": 10,
                },
            },
        )
        return cables

    async def _listen(self) -> None:
        async for event in self._system.events():
            if event["event"] == "settled":
                self._settled.set()
            else:
                self._desk.take(event)

    async def _heal(self, verdict: Verdict) -> None:
        """Let people finish and journals empty; at most 60 seconds."""
        began = time.monotonic()
        await self._system.tell_town("calm")
        try:
            async with asyncio.timeout(HEAL_S):
                await self._settled.wait()
                await self._desk.finish()
        except TimeoutError:
            verdict.must(False, f"Not every journal and errand was done after {HEAL_S:.0f} s.")
        self._heal_s = time.monotonic() - began
        await self._system.tell_town("stop")
        assert self._system.town is not None
        await asyncio.wait_for(self._system.town.wait(), 20)

    async def _judge(self, verdict: Verdict, chaos: Chaos) -> Outcome:
        self._progress("Comparing the books with the truth ...")
        truth = load_truth(self._folder)
        totals = await self._totals()
        kept = read_flash(self._folder)
        judge_records(verdict, kept, await chaos.books.recorded())
        kept_ms = judge_deposits(verdict, kept, truth, int(totals["sensed"]["deposits"]))
        judge_money(verdict, truth, totals)
        judge_boxes(verdict, truth, self._desk, await chaos.books.money_by_box())
        for sentence in self._desk.refused + chaos.broken:
            verdict.must(False, sentence)
        waits = latencies(kept_ms, self._watch.seen)
        faults = self._faults(chaos, truth)
        no_effect = [kind for kind, count in faults["effective"].items() if not count]
        wish = self._system.wish
        report = {
            "seed": wish.seed,
            "boxes": wish.boxes,
            "seconds": self._seconds,
            "broker": "mosquitto" if wish.is_mosquitto else "amqtt",
            "database": self._system.database_url.split(":", maxsplit=1)[0],
            "defect": wish.defect or None,
            **verdict.figures,
            "quarantined": await chaos.books.count("quarantine"),
            "notifications_sent": self._desk.notifications_sent,
            "credits_recorded": await chaos.books.count("payments"),
            "latency_ms_p50": percentile(waits, 50),
            "latency_ms_p95": percentile(waits, 95),
            "heal_s": round(self._heal_s, 1),
            "faults": faults,
            "no_effect": no_effect,
            "wrong": verdict.wrong[:50],
            "wrong_count": len(verdict.wrong),
        }
        code = WRONG if verdict.wrong else NO_EFFECT if no_effect else OK
        return Outcome({**report, "exit": code}, code)

    def _faults(self, chaos: Chaos, truth: dict[str, Any]) -> dict[str, dict[str, int]]:
        injected, effective = dict(chaos.injected), dict(chaos.effective)
        for operation, kind in CUT_KINDS.items():
            injected[kind] = sum(struck == operation for _, struck, _ in truth["cuts"])
            effective[kind] = injected[kind]  # a cut is told only when it struck inside one
        injected |= self._desk.faults_injected
        effective |= self._desk.faults_effective
        return {"injected": injected, "effective": effective}

    async def _totals(self) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            response = await client.get(f"{self._system.server_url}/totals.json")
            totals: dict[str, Any] = response.json()
            return totals


def request_taps(cables: Cables) -> tuple[Tap, Tap]:
    """Return taps that know whether a request of records is on its way to the server."""
    is_open = False

    def up(chunk: bytes) -> bytes:
        nonlocal is_open
        if chunk.startswith(b"POST ") and not is_open:
            is_open = True
            cables.requests_open += 1
        return chunk

    def down(chunk: bytes) -> bytes:
        nonlocal is_open
        if is_open:
            is_open = False
            cables.requests_open -= 1
        return chunk

    return up, down


async def run_check(wish: Wish, seconds: float, progress: Progress) -> Outcome:
    """Run the check in a folder of its own, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="jimpitan-check-", ignore_cleanup_errors=True) as name:
        return await Check(wish, seconds, Path(name), progress).run()
