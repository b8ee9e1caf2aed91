"""The outer wall against large bodies; doors that expect little have a lower one of their own."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jimpitan_server.domain.errors import TooLarge
from jimpitan_server.entrypoints.http.errors import error_answer

SENTENCE = "The request is larger than anything this server takes."


class BodyLimit:
    """Middleware that refuses a body of more than `bytes_max`, announced or not."""

    def __init__(self, app: ASGIApp, *, bytes_max: int) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body stays within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._bytes_max:
            await error_answer(413, TooLarge.code, SENTENCE)(scope, receive, send)
            return
        taken = 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._bytes_max:
                raise TooLarge(SENTENCE)
            return message

        await self._app(scope, receive_counted, send)
