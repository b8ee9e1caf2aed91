"""Streams the figures to one viewer: what is newest, never what was missed in between."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimpitan_server.adapters.live import LiveTotals

# Proxies close silent connections after a minute at the earliest; a comment keeps them open.
COMMENT_EVERY_S = 15
COMMENT = b": masih tersambung\n\n"


class LiveResponse(Response):
    """An event stream that ends when the viewer leaves or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, live: LiveTotals) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send frames until the viewer or the server goes."""
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await self._stream(gone, send)
        finally:
            gone.cancel()
            self._live.leave()
        if not gone.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream(self, gone: asyncio.Future[None], send: Send) -> None:
        seen = 0
        while not gone.done() and not self._live.bell.is_closed:
            turn = self._live.bell.turn()
            frame = self._live.frame
            if frame is not None and frame.totals.version != seen:
                seen = frame.totals.version
                await _chunk(send, frame.content)
                continue
            done, _ = await asyncio.wait(
                {turn, gone}, timeout=COMMENT_EVERY_S, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                await _chunk(send, COMMENT)


async def _chunk(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
