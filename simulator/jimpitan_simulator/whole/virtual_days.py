"""Days of a whole town in seconds: real firmware, the gateway's and the server's own functions.

One process, one seed, one virtual clock; no socket, no thread of ours, no sleep. Power goes,
broker, gateway and server are away for hours, messages are lost and repeated. At the end what
the flash images hold is compared with what the server recorded. The same seed gives the same
bytes. Money is left to the paced check, which uses the doors that banks and phones use.
"""

import asyncio
import base64
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jimpitan_box.box import Identity
from jimpitan_box.config import Config
from jimpitan_gateway import bootstrap as gateway
from jimpitan_server import bootstrap as server

from jimpitan_simulator.evidence import ServerBooks
from jimpitan_simulator.memory_broker import MemoryBroker
from jimpitan_simulator.town import Pace, Town
from jimpitan_simulator.unit import Unit
from jimpitan_simulator.verdict import Verdict, judge_deposits, judge_records, read_flash
from jimpitan_simulator.virtual import VirtualTime, VirtualTown

BEGIN_US = 1_795_305_600_000_000  # Sunday 22 November 2026, 00:00 UTC
HOUR_US = 3_600_000_000
CARRY_EVERY_US = 500_000
PACE = Pace(drop_s=2_400.0, payment_s=0.0, collection_s=3 * 86_400.0, cut_s=20_000.0)


@dataclass(slots=True)
class VirtualClock:
    """The server's clock, led by the town's."""

    time: VirtualTime

    def now(self) -> datetime:
        """Return the virtual instant."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.time.now_us)


class Days:
    """One town on a virtual clock with everything between its boxes and the books."""

    def __init__(
        self,
        *,
        seed: int,
        boxes: int,
        folder: Path,
        pace: Pace = PACE,
        publisher: str | None = None,
    ) -> None:
        self._publisher = publisher
        self._draw = random.Random(f"days {seed}")
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._time = VirtualTime(BEGIN_US)
        self._broker = MemoryBroker(seed)
        self._keys = {f"box-{n:04d}": self._draw.randbytes(32) for n in range(1, boxes + 1)}
        units = [self._unit(box, seed) for box in self._keys]
        self._town = Town(units=units, pace=pace, seed=seed, start_us=BEGIN_US)
        self._virtual = VirtualTown(self._town, self._time)
        self._url = f"sqlite+aiosqlite:///{folder}/server.db"
        self._spool = gateway.Spool(folder / "spool.db")
        self._relay = gateway.Relay(500)
        self._is_server_up = self._is_gateway_up = True
        self._outages = 0
        self._carried_us = 0
        self._program = self._loop.run_until_complete(self._prepare())

    def _unit(self, box: str, seed: int) -> Unit:
        return Unit(
            identity=Identity(box, 1, self._keys[box], None),
            config=Config(),
            connect=lambda: self._broker.connect(box),
            seed=seed * 1_009 + int(box[-4:]),
        )

    async def _prepare(self) -> server.Program:
        master = base64.b64encode(self._draw.randbytes(32)).decode()
        settings = server.Settings(
            database_url=self._url, master_key=master, publisher_key=self._publisher
        )
        program = await server.build(settings, VirtualClock(self._time))
        await program.migrate()
        for box, key in self._keys.items():
            await program.add_box(box, epoch=1, key=key)
        await program.add_gateway("gateway")
        return program

    def run(self, days: float) -> dict[str, Any]:
        """Run, heal, and return the report."""
        end_us = BEGIN_US + round(days * 24 * HOUR_US)
        while self._time.now_us < end_us:
            self._draw_outages()
            self._advance(min(end_us, self._time.now_us + 2 * HOUR_US))
        self._broker.is_up = self._is_server_up = self._is_gateway_up = True
        self._broker.lost_share = 0.0
        self._town.calm(self._time.now_us)
        for _ in range(48):
            self._advance(self._time.now_us + HOUR_US // 2)
            if self._town.is_settled:
                break
        return self._report(days)

    def _advance(self, until_us: int) -> None:
        for _ in self._virtual.run(until_us, self._carry):
            pass

    def _draw_outages(self) -> None:
        """Let each part be away for the next two hours with a small chance of its own."""
        self._broker.is_up = True
        self._is_server_up = self._draw.random() > 0.15
        self._is_gateway_up = self._draw.random() > 0.1
        if self._draw.random() < 0.1:
            self._broker.go_down()
        if self._draw.random() < 0.1:  # the gateway dies and comes back with what is on its disk
            self._spool.close()
            self._spool = gateway.Spool(self._folder / "spool.db")
        self._outages += (not self._broker.is_up) + (not self._is_server_up)
        self._outages += not self._is_gateway_up

    def _carry(self) -> None:
        """Take in, relay, accept and bring back: the functions of gateway and server."""
        if self._time.now_us < self._carried_us + CARRY_EVERY_US:
            return
        self._carried_us = self._time.now_us
        if self._is_gateway_up and self._broker.waiting:
            now_ms = self._time.now_us // 1000
            gateway.take_in(
                self._spool,
                [
                    gateway.Delivery(topic, payload, now_ms, mid, 1)
                    for mid, (topic, payload) in enumerate(self._broker.take(), 1)
                ],
            )
            self._relay.wait_ms = 0
        if not self._is_gateway_up or self._relay.wait_ms < 0 or not self._is_server_up:
            return
        for box, message in gateway.step_relay(
            self._relay, self._spool, self, self._time.now_us // 1000
        ):
            self._broker.send_down(box, message)
            self._virtual.wake(box)

    def post(self, messages: Sequence[Any]) -> Any:
        """Be the server's door: hand a batch to the server's own accept."""
        accept: Any = sys.modules[server.accepting.__name__]
        relay: Any = sys.modules[gateway.Relay.__module__]
        program: Any = self._program
        deliveries = [
            accept.Delivery(one.box, self._program.clock.now(), one.content) for one in messages
        ]
        accepted = self._loop.run_until_complete(program.accept(deliveries, gateway="gateway"))
        verdicts = [relay.Verdict(not one.reasons) for one in accepted.receipts]
        return relay.Answer(verdicts, [(one.box, one.message) for one in accepted.down])

    def _restarts(self) -> list[tuple[str, str, int]]:
        return [
            (unit.identity.box, "restart", at_us)
            for unit in self._town.units
            for at_us in unit.restarts
        ]

    def _report(self, days: float) -> dict[str, Any]:
        ledger, verdict = self._town.ledger, Verdict()
        for unit in self._town.units:
            image = self._folder / f"{unit.identity.box}.flash"
            image.write_bytes(unit.flash.image)
        kept = read_flash(self._folder)
        recorded = self._loop.run_until_complete(ServerBooks(self._url).recorded())
        totals = self._loop.run_until_complete(self._program.live.latest())
        judge_records(verdict, kept, recorded)
        truth = {
            "drops": [
                {"box": d.box, "number": d.number, "at_us": d.at_us, "features": d.features}
                for d in ledger.drops
            ],
            # A gift that falls in the second of a restart is lost as in a power cut.
            "cuts": self._town.cuts + self._restarts(),
        }
        judge_deposits(verdict, kept, truth, totals.sensed.deposits)
        verdict.must(self._town.is_settled, "Not every journal is acknowledged.")
        self._loop.run_until_complete(self._program.close())
        self._spool.close()
        self._loop.close()
        digest = hashlib.sha256(b"".join(raw for _, _, raw in sorted(kept))).hexdigest()
        return {
            "days": days,
            **verdict.figures,
            "cuts": len(self._town.cuts),
            "restarts": len(self._restarts()),
            "outages": self._outages,
            "messages_lost": self._broker.lost,
            "messages_repeated": self._broker.repeated,
            "digest": digest,
            "wrong": verdict.wrong,
        }


def main() -> int:
    """Read the order from standard input, run it, print the report."""
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="jimpitan-days-") as folder:
        days = Days(seed=order["seed"], boxes=order["boxes"], folder=Path(folder))
        report = days.run(order["days"])
    print(json.dumps(report))  # noqa: T201 -- the parent reads it
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
