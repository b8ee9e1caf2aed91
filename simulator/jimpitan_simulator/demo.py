"""The demo: the whole system in peace on this machine, until somebody says stop."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from jimpitan_simulator.desk import Desk
from jimpitan_simulator.system import System, Wish

Progress = Callable[[str], None]
PACE = {"drop_s": 12.0, "payment_s": 30.0, "collection_s": 150.0, "cut_s": 0.0}
STATEMENT_EVERY_S = 60.0


async def run_demo(wish: Wish, seconds: float, progress: Progress) -> None:
    """Run broker, server, gateway and a town; 0 seconds means until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="jimpitan-demo-", ignore_cleanup_errors=True) as name:
        system = System(wish, Path(name))
        desk = Desk(wish.seed, system)
        tasks: list[asyncio.Task[None]] = []
        try:
            await _start(system, desk, progress)
            tasks = [
                asyncio.create_task(_listen(system, desk)),
                asyncio.create_task(desk.statement_every(STATEMENT_EVERY_S)),
            ]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds or None):
                    await stop.wait()
            progress("Stopping ...")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await desk.close()
            await system.stop()


async def _start(system: System, desk: Desk, progress: Progress) -> None:
    progress("Starting broker, server, gateway and boxes ...")
    system.people = desk.people()
    token = await system.start_server()
    await system.start_broker()
    await system.start_gateway(token, broker_port=system.broker_port, server_url=system.server_url)
    await desk.open()
    await system.start_town(broker_port=system.broker_port, order={"pace": PACE})
    broker = "mosquitto" if system.wish.is_mosquitto else "amqtt"
    progress(f"{system.wish.boxes} boxes give to {system.server_url} (broker: {broker}).")
    for line in desk.invitation():
        progress(line)
    progress("Ctrl-C ends everything.")


async def _listen(system: System, desk: Desk) -> None:
    async for event in system.events():
        desk.take(event)
