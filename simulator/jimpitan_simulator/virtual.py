"""Runs a town on a virtual clock: it jumps from one thing that happens to the next.

A place where something is under way is stepped every 50 ms; one at rest is stepped when its
next event is due, and at least every minute so that its tick never wraps unseen.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jimpitan_simulator.town import Place, Town

TICK_US = 50_000
REST_US = 60_000_000
UNACKED_US = 2_000_000  # a box that waits for its acknowledgement looks more often
JUDGING_US = 500_000  # what has passed is judged and kept a moment later
AWAKE_US = 2_000_000  # long enough for a message to go and its acknowledgement to come back


@dataclass(slots=True)
class VirtualTime:
    """The clock of a virtual town, in microseconds of Unix time."""

    now_us: int


@dataclass(slots=True)
class VirtualTown:
    """A town and the order in which its places are due."""

    town: Town
    time: VirtualTime
    _due: list[tuple[int, int]] = field(default_factory=list)
    _awake_until: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.town.places)
        self._awake_until = [self.time.now_us + AWAKE_US] * count
        self._due = [(self.time.now_us + TICK_US + index, index) for index in range(count)]
        heapq.heapify(self._due)

    def wake(self, box: str) -> None:
        """Step a place soon: something came for its box."""
        for index, place in enumerate(self.town.places):
            if place.unit.identity.box == box:
                self._awake_until[index] = self.time.now_us + AWAKE_US
                heapq.heappush(self._due, (self.time.now_us + TICK_US, index))

    def run(self, until_us: int, after_step: Callable[[], None]) -> Iterator[object]:
        """Run to an instant; yield the errands of people, call `after_step` after each step."""
        last_us = [0] * len(self.town.places)
        while self._due and self._due[0][0] <= until_us:
            due_us, index = heapq.heappop(self._due)
            if due_us <= last_us[index]:
                continue  # a place that was woken has two entries; the earlier one counted
            self.time.now_us = max(self.time.now_us, due_us)
            last_us[index] = self.time.now_us
            place = self.town.places[index]
            yield from self.town.step(self.time.now_us, [place])
            after_step()
            heapq.heappush(self._due, (self._next_us(index, place), index))
        self.time.now_us = until_us

    def _next_us(self, index: int, place: Place) -> int:
        now_us = self.time.now_us
        box = place.unit.box
        is_busy = place.unit.is_busy or place.opened is not None
        if is_busy or box is None or box.is_updating:
            self._awake_until[index] = max(self._awake_until[index], now_us + JUDGING_US)
        if now_us < self._awake_until[index]:
            return now_us + TICK_US
        rest_us = UNACKED_US if place.unit.box and place.unit.box.unacked else REST_US
        due = [now_us + rest_us, place.next_collection_us]
        if not self.town.is_calm:
            due += [place.next_drop_us, place.next_payment_us, place.next_cut_us]
        return max(now_us + TICK_US, min(due))
