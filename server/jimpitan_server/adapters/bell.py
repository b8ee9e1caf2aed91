"""Wakes everybody who waits for something to change, in one process."""

import asyncio


class Bell:
    """Rings once for all who wait; who waits later hears the next ring."""

    def __init__(self) -> None:
        self._turn: asyncio.Future[None] | None = None
        self.is_closed = False
        self.waiting = 0

    async def wait(self, turn: asyncio.Future[None], timeout_s: float) -> None:
        """Wait for a turn that was taken before, at most so long."""
        self.waiting += 1
        try:
            await asyncio.wait({turn}, timeout=timeout_s)
        finally:
            self.waiting -= 1

    def turn(self) -> asyncio.Future[None]:
        """Return what the next ring will finish; take it before looking at what may change."""
        if self._turn is None or self._turn.done():
            self._turn = asyncio.get_running_loop().create_future()
            if self.is_closed:
                self._turn.set_result(None)
        return self._turn

    def ring(self) -> None:
        """Wake all who wait now."""
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

    def close(self) -> None:
        """Wake all who wait, and let nobody wait again."""
        self.is_closed = True
        self.ring()
