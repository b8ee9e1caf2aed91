"""The live board: one frame for all, the newest value wins, and a signal stops everything."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from components import ROOT
from jimpitan_server.adapters.live import LiveTotals
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Unavailable
from jimpitan_server.entrypoints.http.app import create_app
from server_boxes import MASTER_KEY, FakeBox, StepClock
from server_town import bring, known

SOURCES = os.pathsep.join(str(ROOT / part) for part in ("firmware/lib", "server"))
PATIENCE_S = 30


class Viewer:
    """A browser on /live, reduced to the frames it was sent."""

    def __init__(self, program: Program) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._leaves = asyncio.Event()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/live",
            "raw_path": b"/live",
            "query_string": b"",
            "headers": [(b"host", b"jimpitan.test")],
            "client": ("127.0.0.1", 1),
            "server": ("jimpitan.test", 80),
            "scheme": "http",
        }
        self.status = 0
        self.task = asyncio.create_task(create_app(program)(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._leaves.is_set():
            await self._leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message.get("body"):
            self.frames.put_nowait(message["body"])

    async def next_deposits(self) -> int:
        """Return the deposits in the next frame."""
        frame = await asyncio.wait_for(self.frames.get(), PATIENCE_S)
        assert frame.startswith(b"id: ")
        assert frame.endswith(b"\n\n")
        data = frame.partition(b"data: ")[2]
        return int(json.loads(data)["sensed"]["deposits"])

    async def leave(self) -> None:
        """Close the page."""
        self._leaves.set()
        await asyncio.wait_for(self.task, PATIENCE_S)


@asynccontextmanager
async def watching(program: Program, viewers: int) -> AsyncIterator[list[Viewer]]:
    """Let some viewers in, and out again."""
    found = [Viewer(program) for _ in range(viewers)]
    yield found
    for viewer in found:
        await viewer.leave()


async def test_viewer_sees_the_figures_at_once_and_each_change(program: Program) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(2))
    async with watching(program, 3) as viewers:
        assert [await viewer.next_deposits() for viewer in viewers] == [2, 2, 2]
        await bring(program, box, *box.stamps(3))
        await program.live.publish()
        assert [await viewer.next_deposits() for viewer in viewers] == [5, 5, 5]
        assert program.live.viewers == 3
    assert program.live.viewers == 0


async def test_newest_value_wins_for_a_slow_viewer(program: Program) -> None:
    box = await known(program, FakeBox())
    async with watching(program, 1) as (viewer,):
        assert await viewer.next_deposits() == 0
        for _ in range(5):
            await bring(program, box, box.stamp())
            await program.live.latest()
        await program.live.publish()
        assert await viewer.next_deposits() == 5
        assert viewer.frames.empty()


async def test_unchanged_figures_send_no_frame(program: Program, clock: StepClock) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.stamp())
    async with watching(program, 1) as (viewer,):
        await viewer.next_deposits()
        shown = program.live.frame
        clock.step(seconds=2)
        await program.live.publish()
        assert program.live.frame is shown


async def test_viewers_are_bounded(program: Program) -> None:
    bounded = LiveTotals(program.live._draw_up, program.clock, viewers_max=1)
    bounded.enter()
    with pytest.raises(Unavailable):
        bounded.enter()
    bounded.leave()
    bounded.enter()


async def test_background_loop_publishes_changes_by_itself(program: Program) -> None:
    box = await known(program, FakeBox())
    async with program.at_work(), watching(program, 1) as (viewer,):
        assert await viewer.next_deposits() == 0
        await bring(program, box, *box.stamps(4))
        assert await viewer.next_deposits() == 4


async def test_stopping_lets_every_viewer_go(program: Program) -> None:
    async with watching(program, 2) as viewers:
        for viewer in viewers:
            await viewer.next_deposits()
        program.stop()
        for viewer in viewers:
            await asyncio.wait_for(viewer.task, PATIENCE_S)


@asynccontextmanager
async def running_server(
    database_url: str,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Start the real program on a free port; give it and the port once it listens."""
    environment = os.environ | {
        "PYTHONPATH": SOURCES,
        "JIMPITAN_DATABASE_URL": database_url,
        "JIMPITAN_MASTER_KEY": MASTER_KEY,
        "JIMPITAN_PORT": "0",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from jimpitan_server.entrypoints.cli import app; app(['run'])",
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        port = 0
        while not port:
            line = await asyncio.wait_for(process.stderr.readline(), PATIENCE_S)
            assert line, "the server ended before it listened"
            event = json.loads(line)
            port = event["port"] if event["event"] == "server_ready" else 0
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.integration
async def test_sigterm_stops_a_server_with_a_viewer(database_url: str) -> None:
    async with running_server(database_url) as (process, port):
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S) as client:
            async with client.stream("GET", "/live") as answer:
                frames = answer.aiter_bytes()
                assert b"event: totals" in await anext(frames)
                process.send_signal(signal.SIGTERM)
                rest = [frame async for frame in frames]
                assert not any(b"event:" in frame for frame in rest)
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
