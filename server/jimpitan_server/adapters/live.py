"""Keeps the public figures fresh for many readers at once: one frame, rendered once, for all."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from jimpitan_server.adapters.bell import Bell
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.totals_rows import DatabaseTotals
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import ServerError, Unavailable
from jimpitan_server.services.totals import GiftRange, PublicTotals, draw_up

FRAME_EVERY_S = 0.1
# One process sends a frame to 500 viewers in about 10 ms; a crowd gets frames less often.
CROWD, CROWD_FRAME_EVERY_S = 500, 0.5
# Two hours of a point in ten seconds: what a wall shows of the recent past.
POINT_EVERY_S, POINTS_MAX = 10, 720
Point = tuple[int, int, int, int]  # Unix seconds, deposits, counted, QRIS known, in rupiah
# Changes that other processes made, and boxes that grew stale, are seen after this long.
LOOK_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of the figures, as it is sent to every viewer."""

    totals: PublicTotals
    content: bytes


def render(totals: PublicTotals) -> bytes:
    """Return the figures as one event of a stream (WHATWG HTML, server-sent events)."""
    content = json.dumps(totals.as_json(), separators=(",", ":"))
    return f"id: {totals.version}\nevent: totals\ndata: {content}\n\n".encode()


class LiveTotals:
    """The latest figures, who watches them, and the loop that renews them."""

    def __init__(
        self,
        draw_up: Callable[[PublicTotals | None], Awaitable[PublicTotals]],
        clock: Clock,
        *,
        viewers_max: int,
    ) -> None:
        self._draw_up = draw_up
        self._clock = clock
        self._viewers_max = viewers_max
        self._is_changed = asyncio.Event()
        self._is_closing = asyncio.Event()
        self._drawing = asyncio.Lock()
        self._totals: PublicTotals | None = None
        self.frame: Frame | None = None
        self.history: deque[Point] = deque(maxlen=POINTS_MAX)
        self.bell = Bell()
        self.viewers = 0

    def changed(self) -> None:
        """Note that some figure may have changed."""
        self._is_changed.set()

    async def latest(self) -> PublicTotals:
        """Return the figures; many who ask at once cause one look at the database."""
        if self._totals is None or self._is_due(self._totals):
            async with self._drawing:
                if self._totals is None or self._is_due(self._totals):
                    self._is_changed.clear()
                    self._totals = await self._draw_up(self._totals)
        return self._totals

    async def publish(self) -> None:
        """Show the latest figures to every viewer, if they differ from what is shown."""
        totals = await self.latest()
        if self.frame is None or self.frame.totals.version != totals.version:
            self.frame = Frame(totals, render(totals))
            self._note(totals)
            self.bell.ring()

    def _note(self, totals: PublicTotals) -> None:
        """Keep a point of the curve, at most one in ten seconds; the newest may move on."""
        at_s = int(totals.generated_at.timestamp())
        known_idr = totals.confirmed_idr + totals.provisional_idr
        point = (at_s, totals.sensed.deposits, totals.counted_idr, known_idr)
        if len(self.history) > 1 and self.history[-1][0] - self.history[-2][0] < POINT_EVERY_S:
            self.history[-1] = point
        else:
            self.history.append(point)

    async def run(self) -> None:
        """Publish whenever figures change, at most ten times a second, until closed."""
        closing = asyncio.ensure_future(self._is_closing.wait())
        try:
            while not closing.done():
                try:
                    await self.publish()
                except ServerError:
                    self._is_changed.set()  # viewers keep what they have; we look again soon
                pause_s = FRAME_EVERY_S if self.viewers < CROWD else CROWD_FRAME_EVERY_S
                await asyncio.wait({closing}, timeout=pause_s)
                changed = asyncio.ensure_future(self._is_changed.wait())
                await asyncio.wait(
                    {changed, closing},
                    timeout=LOOK_EVERY.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                changed.cancel()
        finally:
            closing.cancel()

    def enter(self) -> None:
        """Count one more viewer, or refuse when there are too many."""
        if self.viewers >= self._viewers_max:
            raise Unavailable(
                "Terlalu banyak penonton langsung; /totals.json tetap dapat dibaca.",
                code="viewers_full",
            )
        self.viewers += 1

    def leave(self) -> None:
        """Count one viewer less."""
        self.viewers -= 1

    def close(self) -> None:
        """Let every viewer go, and end the loop."""
        self._is_closing.set()
        self.bell.close()

    def _is_due(self, totals: PublicTotals) -> bool:
        age = self._clock.now() - totals.generated_at
        return self._is_changed.is_set() or age >= LOOK_EVERY


def live_totals(
    database: Database,
    clock: Clock,
    *,
    gift: GiftRange,
    stale_after: timedelta,
    viewers_max: int,
) -> LiveTotals:
    """Return the figures as they stand in a database."""

    async def figures(before: PublicTotals | None) -> PublicTotals:
        async with database.read() as connection:
            return await draw_up(
                DatabaseTotals(connection),
                gift=gift,
                stale_after=stale_after,
                now=clock.now(),
                before=before,
            )

    return LiveTotals(figures, clock, viewers_max=viewers_max)
