"""Time and the levels of pins: what changes when, who is told, what an interrupt does.

Interrupts are those of MicroPython on the ESP32: scheduled, at most eight waiting, further
ones dropped. Every pin operation takes time, and a stall may fall into any of them.
"""

import bisect
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

TICKS_MASK = (1 << 30) - 1
SCHEDULER_DEPTH = 8  # MICROPY_SCHEDULER_DEPTH of the ESP32 port
PIN_US = 2  # a call of Pin.value from bytecode; an estimate
TURN_US = 4  # one turn of the compiled edge loop; an estimate


class Misuse(Exception):
    """The firmware did to a chip what its datasheet forbids."""


@dataclass(slots=True)
class Stall:
    """The processor stands still once, from a number of pin operations from now."""

    operations: int
    length_us: int
    pierces: bool = False  # not kept out by disable_irq: the other core writes flash


@dataclass(slots=True)
class Wires:
    """The pins of one board and its clock, in microseconds."""

    now_us: int = 1_000_000
    levels: dict[int, int] = field(default_factory=dict)
    driven: set[int] = field(default_factory=set)
    is_masked: bool = False
    stalls: list[Stall] = field(default_factory=list)
    dropped: int = 0
    _planned: list[tuple[int, int, int]] = field(default_factory=list)
    _watchers: dict[int, list[Callable[[int], None]]] = field(default_factory=dict)
    _elapsed: list[Callable[[int, int], None]] = field(default_factory=list)
    _pending: deque[Callable[[], None]] = field(default_factory=deque)
    _is_handling: bool = False

    def watch(self, gpio: int, watcher: Callable[[int], None]) -> None:
        """Tell a watcher each new level of a pin, at once."""
        self._watchers.setdefault(gpio, []).append(watcher)

    def on_elapsed(self, watcher: Callable[[int, int], None]) -> None:
        """Tell a watcher each stretch of time (from, to) in which no level changed."""
        self._elapsed.append(watcher)

    def plan(self, at_us: int, gpio: int, level: int) -> None:
        """Let something outside drive a pin at a time."""
        bisect.insort(self._planned, (at_us, gpio, level))

    def set(self, gpio: int, level: int) -> None:
        """Drive a pin now."""
        self.driven.add(gpio)
        if self.levels.get(gpio) == level:
            return
        self.levels[gpio] = level
        for watcher in self._watchers.get(gpio, ()):
            watcher(level)

    def level(self, gpio: int) -> int:
        """Return the level of a pin."""
        return self.levels.get(gpio, 0)

    def advance(self, length_us: int) -> None:
        """Let time pass; planned levels come in their order."""
        end_us = self.now_us + length_us
        while self._planned and self._planned[0][0] <= end_us:
            at_us, gpio, level = self._planned.pop(0)
            self._pass_to(max(at_us, self.now_us))
            self.set(gpio, level)
        self._pass_to(end_us)

    def _pass_to(self, at_us: int) -> None:
        if at_us > self.now_us:
            start_us, self.now_us = self.now_us, at_us
            for watcher in self._elapsed:
                watcher(start_us, at_us)

    def operate(self, length_us: int = PIN_US) -> None:
        """Pass the time of one pin operation, and the stall that falls into it."""
        self.advance(length_us)
        for stall in list(self.stalls):
            stall.operations -= 1
            if stall.operations <= 0 and (stall.pierces or not self.is_masked):
                self.stalls.remove(stall)
                self.advance(stall.length_us)

    def interrupt(self, handler: Callable[[], None]) -> None:
        """Schedule a handler as the port does, or drop it."""
        if len(self._pending) >= SCHEDULER_DEPTH:
            self.dropped += 1
        else:
            self._pending.append(handler)

    def run_pending(self) -> None:
        """Run what is scheduled, as the interpreter does between two of its steps."""
        if self._is_handling:  # a scheduled function is not interrupted by another
            return
        self._is_handling = True
        try:
            while self._pending:
                self._pending.popleft()()
        finally:
            self._is_handling = False

    def run(self, length_us: int, latency_us: int = 100) -> None:
        """Let the main loop wait; a handler runs that long after its interrupt."""
        end_us = self.now_us + length_us
        while self.now_us < end_us:
            while self.now_us < end_us and not self._pending:
                self.advance(min(50, end_us - self.now_us))
            if self._pending:
                self.advance(latency_us)
                self.run_pending()
