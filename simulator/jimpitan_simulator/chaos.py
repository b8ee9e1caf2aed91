"""Everything that can go wrong between boxes and books, on a plan drawn from a seed.

Each fault is aimed: a kill waits for a message that is under way, because a kill of an idle
program proves nothing. `injected` counts what was done, `effective` what really hit something.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from jimpitan_simulator import durable_disk, evidence
from jimpitan_simulator.evidence import ServerBooks
from jimpitan_simulator.processes import Program
from jimpitan_simulator.proxy import Link
from jimpitan_simulator.system import System
from jimpitan_simulator.taps import Promises

AIM_S = 3.0
HOLD_S = 0.7
FLIPS = 12


@dataclass(slots=True)
class Cables:
    """The three links of the system and what was promised on two of them."""

    boxes: Link
    records: Link
    server: Link
    promises: Promises
    boxes_promises: Promises
    requests_open: int = 0

    async def stop(self) -> None:
        """Close every link."""
        for link in (self.boxes, self.records, self.server):
            await link.stop()


@dataclass(slots=True)
class Chaos:
    """Does the faults, one after the other, and looks at the promises at the worst moments."""

    system: System
    cables: Cables
    books: ServerBooks
    seed: int
    injected: Counter[str] = field(default_factory=Counter)
    effective: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"chaos {self.seed}")

    async def run(self, seconds: float) -> None:
        """Spread the faults over the time; each kind comes at least once."""
        kinds: dict[str, Callable[[], Awaitable[bool]]] = {
            "broker_killed": self._kill_broker,
            "gateway_killed": self._kill_gateway,
            "gateway_power_cut": self._cut_gateway,
            "server_killed": self._kill_server,
            "network_dropped": self._drop_network,
            "network_delayed": self._delay_network,
            "bits_flipped": self._flip_bits,
        }
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        deck: list[str] = []
        await asyncio.sleep(min(3.0, seconds / 10))
        while loop.time() < end or deck:
            if not deck:
                deck = sorted(kinds)
                self._draw.shuffle(deck)
            kind = deck.pop()
            self.injected[kind] += 1
            self.effective[kind] += await kinds[kind]()
            if loop.time() >= end and not set(kinds) - set(self.injected):
                return
            await asyncio.sleep(self._draw.uniform(0.3, 1.2))

    async def _hold(self, link: Link, seconds: float) -> None:
        """Hold a link's traffic back for a while, so that it arrives at once afterwards."""
        link.delay_s = seconds
        await asyncio.sleep(seconds)
        link.delay_s = 0.0

    async def _strike(self, program: Program, promises: Promises, what: str) -> int:
        """Kill a program in the very moment something passes a tap; return what was in flight.

        `what` is `on_published` or `on_acknowledged`. Returns 0 when nothing passed in time.
        """
        struck = asyncio.Event()
        in_flight = 0

        def strike() -> None:
            nonlocal in_flight
            if not struck.is_set():
                in_flight = promises.in_flight
                program.strike()
                struck.set()

        setattr(promises, what, strike)
        try:
            await asyncio.wait_for(struck.wait(), AIM_S)
        except TimeoutError:
            in_flight = 0
        finally:
            setattr(promises, what, None)
        await program.kill()
        return in_flight

    async def _kill_broker(self) -> bool:
        """Kill it when a box has just published and waits for the acknowledgement."""
        in_flight = await self._strike(
            self.system.broker, self.cables.boxes_promises, "on_published"
        )
        self._forget_connections()
        await asyncio.sleep(self._draw.uniform(0.2, 1.0))
        await self.system.broker.start()
        return in_flight > 0

    async def _kill_gateway(self) -> bool:
        """Kill it at the first acknowledgement of a burst: the rest is between two places."""
        await self._hold(self.cables.records, HOLD_S)
        in_flight = await self._strike(
            self.system.gateway, self.cables.promises, "on_acknowledged"
        )
        waiting = evidence.read_spool(self.system.spool_file).waiting
        await self._look_at_promises()
        self.cables.promises.connection_ended()
        await asyncio.sleep(self._draw.uniform(0.2, 0.8))
        await self.system.gateway.start()
        return in_flight + waiting > 0

    async def _cut_gateway(self) -> bool:
        """Cut the power of the gateway's machine while its spool cannot drain."""
        self.cables.server.is_down = True
        self.cables.server.cut()
        waiting = 0
        for _ in range(60):
            await asyncio.sleep(0.05)
            waiting = evidence.waiting_now(self.system.spool_file)
            if waiting >= 3:
                break
        await self.system.gateway.kill()
        durable_disk.lose_unsynced(self.system.spool_file)
        await self._look_at_promises()
        self.cables.promises.connection_ended()
        self.cables.server.is_down = False
        await asyncio.sleep(self._draw.uniform(0.2, 0.8))
        await self.system.gateway.start()
        return waiting > 0

    async def _kill_server(self) -> bool:
        """Kill it while a batch is on its way in or its answer on the way out."""
        await self._hold(self.cables.records, HOLD_S)
        for _ in range(2000):
            if self.cables.requests_open > 0:
                break
            await asyncio.sleep(0.001)
        hit = self.cables.requests_open > 0
        await asyncio.sleep(self._draw.choice((0.0, 0.002, 0.005, 0.01)))
        await self.system.server.kill()
        keys = self.system.keys
        recorded = await self.books.recorded()
        self.broken += evidence.broken_acks(self.cables.promises.acks, keys, recorded)
        await asyncio.sleep(self._draw.uniform(0.2, 0.8))
        await self.system.server.start()
        return hit

    async def _drop_network(self) -> bool:
        link = self._draw.choice((self.cables.boxes, self.cables.records, self.cables.server))
        link.is_down = True
        broken = link.cut()
        self._forget_connections()
        await asyncio.sleep(self._draw.uniform(0.8, 2.0))
        link.is_down = False
        return broken > 0

    async def _delay_network(self) -> bool:
        link = self._draw.choice((self.cables.boxes, self.cables.records, self.cables.server))
        before = link.delayed
        link.delay_s = self._draw.uniform(0.1, 0.5)
        await asyncio.sleep(self._draw.uniform(1.0, 2.0))
        link.delay_s = 0.0
        return link.delayed > before

    async def _flip_bits(self) -> bool:
        """Flip one bit in each of the next records on their way to the gateway."""
        promises = self.cables.promises
        before = promises.flips_done
        promises.flips_wanted = before + FLIPS
        await asyncio.sleep(2.0)
        promises.flips_wanted = promises.flips_done
        return promises.flips_done > before

    def _forget_connections(self) -> None:
        self.cables.promises.connection_ended()
        self.cables.boxes_promises.connection_ended()

    async def _look_at_promises(self) -> None:
        """The gateway is dead: is all it acknowledged on its disk or at the server?"""
        spooled = evidence.read_spool(self.system.spool_file)
        recorded = await self.books.recorded()
        self.broken += evidence.broken_promises(
            self.cables.promises.acknowledged,
            spooled,
            recorded,
            await self.books.quarantined(),
        )
