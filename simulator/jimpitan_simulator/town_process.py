"""The process of the boxes: real firmware, real sockets, paced by the clock of this machine.

The parent writes one JSON object to standard input, then one command a line: `calm` ends gifts
and cuts and lets every box be opened, `stop` ends the process. What happens is told as one JSON
object a line on standard output. Keys travel through the pipe and stand in no file.
"""

import asyncio
import base64
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jimpitan_box.box import Identity
from jimpitan_box.config import Config

from jimpitan_simulator import defects
from jimpitan_simulator.ledger import Opening, Payment
from jimpitan_simulator.sockets import SocketNet
from jimpitan_simulator.town import Pace, Town
from jimpitan_simulator.unit import Unit

TICK_S = 0.02
DEMO_HEARTBEAT_MS = 10_000
STOP_WAIT_S = 10.0


def box_config(overrides: Mapping[str, int]) -> Config:
    """Return the configuration of a simulated box: the real one at a demo's pace."""
    config = Config()
    config.heartbeat_ms = DEMO_HEARTBEAT_MS
    config.journal_bytes_max = 400_000
    config.kept_after_ack_s = 3_600
    for name, value in overrides.items():
        if not hasattr(config, name):
            raise ValueError(f"a box has no setting named {name}")
        setattr(config, name, value)
    return config


def make_units(order: Mapping[str, Any]) -> list[Unit]:
    """Return one dark unit for each box that the parent names."""
    config = box_config(order.get("config", {}))
    host, port = order["broker"]
    units = []
    for index, box in enumerate(order["boxes"]):
        password = box.get("password")
        login = (str(box["id"]), str(password).encode()) if password else None
        identity = Identity(box["id"], 1, base64.b64decode(box["key"]), login)
        units.append(
            Unit(
                identity=identity,
                config=config,
                connect=lambda: SocketNet(host, port),
                seed=order["seed"] * 100_003 + index,
            )
        )
    return units


def tell(event: str, **parts: object) -> None:
    """Write one line to the parent."""
    print(json.dumps({"event": event, **parts}), flush=True)  # noqa: T201 -- the parent reads it


def now_us() -> int:
    """Return this machine's Unix time in microseconds: the paced clock of the town."""
    return time.time_ns() // 1000


class Paced:
    """A town on the clock of this machine."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._order = order
        self.town = Town(
            units=make_units(order),
            pace=Pace(**order.get("pace", {})),
            seed=order["seed"],
            start_us=now_us(),
        )
        self._is_stopped = False
        self._is_calm = False
        self._stop_at = 0.0
        self._told_kept = 0
        self.late_ms_max = 0

    async def run(self) -> None:
        """Step the town every 20 ms until the parent says stop."""
        commands = asyncio.create_task(self._listen())
        due = time.monotonic()
        told_settled = False
        while not self._may_stop():
            self._step()
            if self._is_calm and not told_settled and self.town.is_settled:
                told_settled = True
                tell("settled")
            due += TICK_S
            late_s = time.monotonic() - due
            self.late_ms_max = max(self.late_ms_max, round(late_s * 1000))
            if late_s > 1:
                due = time.monotonic()
            await asyncio.sleep(max(0, -late_s))
        commands.cancel()
        self._hand_over()

    def _may_stop(self) -> bool:
        """Return whether to stop now: in a check only between two heartbeats' records.

        A box keeps a heartbeat every few seconds; judged is the moment when all are settled.
        """
        if not self._is_stopped or not self._order.get("hand_over"):
            return self._is_stopped
        return self.town.is_settled or time.monotonic() > self._stop_at + STOP_WAIT_S

    def _step(self) -> None:
        for errand in self.town.step(now_us()):
            if isinstance(errand, Opening):
                tell("opening", **asdict(errand), amount_idr=errand.amount_idr)
            else:
                assert isinstance(errand, Payment)
                tell("payment", **asdict(errand))

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            if line.strip() == b"calm":
                self.town.calm(now_us())
                self._is_calm = True
            elif line.strip() == b"stop":
                break
        self._is_stopped = True
        self._stop_at = time.monotonic()

    def _hand_over(self) -> None:
        """Leave flash images and the truth where the parent wants them."""
        folder = self._order.get("hand_over")
        if not folder:
            return
        for unit in self.town.units:
            (Path(folder) / f"{unit.identity.box}.flash").write_bytes(unit.flash.image)
        ledger = self.town.ledger
        truth = {
            "drops": [asdict(drop) for drop in ledger.drops],
            "openings": [asdict(opening) for opening in ledger.openings],
            "payments": [asdict(payment) for payment in ledger.payments],
            "cuts": self.town.cuts,
            "cash_idr": ledger.cash_idr,
            "qris_idr": ledger.qris_idr,
            "late_ms_max": self.late_ms_max,
        }
        (Path(folder) / "truth.json").write_text(json.dumps(truth), encoding="utf-8")


def main() -> None:
    """Read the order from standard input and run."""
    order = json.loads(sys.stdin.buffer.readline())
    if order.get("defect"):
        defects.plant_in_boxes(order["defect"])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Paced(order).run())


if __name__ == "__main__":
    main()
