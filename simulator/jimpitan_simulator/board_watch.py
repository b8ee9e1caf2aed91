"""A person in front of the board: reads its live stream and notes when each figure came."""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(slots=True)
class BoardWatch:
    """Follows `/live`; `seen` holds (Unix ms, deposits shown) whenever the number changed."""

    url: str
    seen: list[tuple[int, int]] = field(default_factory=list)
    latest: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        """Follow the stream for ever, connecting again whenever it ends."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await self._follow(client)
                await asyncio.sleep(0.1)

    async def _follow(self, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/live") as response:
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    self._take(json.loads(line[5:]))

    def _take(self, totals: dict[str, Any]) -> None:
        self.latest = totals
        deposits = int(totals["sensed"]["deposits"])
        if not self.seen or self.seen[-1][1] != deposits:
            self.seen.append((time.time_ns() // 1_000_000, deposits))


def latencies(drops_ms: Sequence[int], seen: Sequence[tuple[int, int]]) -> list[int]:
    """Return, for the k-th deposit kept, the ms until the board first showed k or more."""
    found = []
    index = 0
    for number, dropped_ms in enumerate(sorted(drops_ms), start=1):
        while index < len(seen) and seen[index][1] < number:
            index += 1
        if index == len(seen):
            break
        found.append(max(0, seen[index][0] - dropped_ms))
    return found


def percentile(values: Sequence[int], percent: float) -> int | None:
    """Return the value below which that share of the values lies; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
