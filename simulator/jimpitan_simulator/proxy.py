"""A network cable that can be pulled: a TCP proxy for one link, with faults on command."""

import asyncio
import contextlib
from collections.abc import Callable

CHUNK = 16_384
Tap = Callable[[bytes], bytes]


class Link:
    """Forwards one listening port to one target and can drop, delay, mangle or listen."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.is_down = False
        self.delay_s = 0.0
        self.broken = 0
        self.delayed = 0
        self.tap_factory: Callable[[], tuple[Tap, Tap]] | None = None

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> int:
        """Break every connection that stands; return how many really broke."""
        broken = len(self._pairs)
        for pair in list(self._pairs):
            for writer in pair:
                writer.transport.abort()
        self._pairs.clear()
        self.broken += broken
        return broken

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        taps = self.tap_factory() if self.tap_factory else (_plain, _plain)
        tasks = [
            asyncio.create_task(self._pump(reader, far_writer, taps[0])),
            asyncio.create_task(self._pump(far_reader, writer, taps[1])),
        ]
        self._tasks.update(tasks)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.transport.abort()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.difference_update(tasks)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tap: Tap
    ) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while chunk := await reader.read(CHUNK):
                if self.delay_s:
                    self.delayed += 1
                    await asyncio.sleep(self.delay_s)
                writer.write(tap(chunk))
                await writer.drain()


def _plain(chunk: bytes) -> bytes:
    return chunk
