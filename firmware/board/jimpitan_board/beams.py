"""The two light beams in the throat: carrier, edges with exact times, broken time by hardware.

The first edge comes by an interrupt that this port schedules, late by 0.1 ms to some 200 ms
(soft interrupts of the ESP32 port). The loop in edge_loop.py then stamps the edges that follow,
and the pulse counter tells how long the beam had been broken: where the first stamp is late,
the beam broke at its exact end less that time. Three edges and a count are four edges.
"""

import time

from jimpitan_board.edge_loop import ADDRESS, BOUND, LEVEL, MASK_A, MASK_B, watch
from jimpitan_board.edges import COUNT, Rings, in_order
from jimpitan_board.gate import TICK_US, lead_us
from jimpitan_board.ticks import passed, ticks_us

MYPY = False
if MYPY:
    import machine

    from jimpitan_board.edges import Edge, Ring
    from jimpitan_board.gate import Gate

GPIO_IN = 0x6000403C  # ESP32-S3 technical reference manual, GPIO_IN_REG: pins 0 to 31
CARRIER_HZ = 56_000  # Vishay TSSP4056: away from the 38 kHz of remote controls
WATCH_US_MAX = 120_000  # the slowest coin needs about 90 ms for both beams
LATE_US_MAX = 300_000
MISSED_US_MIN = 3_000  # shorter is a glitch (estimate: fluorescent light, up to 9 ms on one beam)
EDGES_MAX = 64  # between two calls of take; a handful of coins makes about 30
TEST_MS = 20


class Beams:
    """Both beams. An interrupt holds the interpreter for at most 120 ms, then rests as long."""

    def __init__(
        self,
        pins: "tuple[machine.Pin, machine.Pin]",
        numbers: "tuple[int, int]",
        carrier: "machine.PWM",
        gates: "tuple[Gate, ...]" = (),
    ) -> None:
        """Take both inputs, their GPIO numbers, the carrier and a gate a beam, or none."""
        self._pins = pins
        self._carrier = carrier
        self._gates = gates
        self.rings = Rings(EDGES_MAX)
        for ring in (self.rings.filling, self.rings.spare):
            ring.numbers[ADDRESS] = GPIO_IN
            ring.numbers[MASK_A] = 1 << numbers[0]
            ring.numbers[MASK_B] = 1 << numbers[1]
            ring.numbers[BOUND] = WATCH_US_MAX
        self._level = self._levels()
        self._rest_us = 0
        self._is_resting = False
        self._is_testing = False
        self.late = 0  # passages seen by the counter only, with times that are upper bounds
        self.unrepaired = 0  # first edges whose late stamp had to stand
        for pin in pins:
            pin.irq(self._on_edge, pin.IRQ_RISING | pin.IRQ_FALLING)

    @property
    def overflows(self) -> int:
        """Return how many edges found no room."""
        return self.rings.overflows

    def _levels(self) -> int:
        return self._pins[0].value() | self._pins[1].value() << 1

    def _on_edge(self, _pin: "machine.Pin") -> None:
        if self._is_testing:
            return
        now_us = ticks_us()
        ring = self.rings.filling
        first = ring.numbers[COUNT]
        level = self._levels()
        changed = level ^ self._level
        self._level = level
        counted = [gate.take_us() for gate in self._gates]
        left_a = changed & 1
        for channel in (0, 1):
            if changed >> channel & 1:
                ring.add(channel, level >> channel & 1, now_us)
            elif counted and not level >> channel & 1 and counted[channel] >= MISSED_US_MIN:
                self.late += 1
                left_a |= 1 - channel
                ring.add(channel, 1, now_us - counted[channel])
                ring.add(channel, 0, now_us)
        if (level or left_a) and not self._rests(now_us):
            self._watch(ring, first, counted, changed & level)
        else:
            self.unrepaired += bin(changed & level).count("1")

    def _rests(self, now_us: int) -> bool:
        if self._is_resting and passed(now_us, self._rest_us) >= 0:
            self._is_resting = False
        return self._is_resting

    def _watch(self, ring: "Ring", first: int, counted: "list[int]", led: int) -> None:
        """Stamp what follows, then mend the leads of the channels in `led`."""
        start_us = ticks_us()
        ring.numbers[LEVEL] = self._level
        end_us = watch(ring.numbers, ring.ticks, ring.marks, ticks_us)
        self._level = ring.numbers[LEVEL]
        if passed(end_us, start_us) >= WATCH_US_MAX:
            self._rest_us = (end_us + WATCH_US_MAX) & 0x3FFF_FFFF
            self._is_resting = True
        for channel in (0, 1):
            if not self._gates:
                self.unrepaired += led >> channel & 1
                continue
            broken_us = self._gates[channel].take_us()
            if led >> channel & 1:
                self._mend(ring, first, channel, counted[channel] + broken_us)

    def _mend(self, ring: "Ring", first: int, channel: int, broken_us: int) -> None:
        """Set the late lead of a channel from its exact trail and the counted time."""
        lead = trail = -1
        again_us = 0  # when the channel broke once more, with an exact stamp
        is_again = False
        for index in range(first, ring.numbers[COUNT]):
            if ring.marks[index] >> 1 != channel:
                continue
            at_us = ring.ticks[index]
            if lead < 0:
                if not ring.marks[index] & 1:
                    return  # the lead found no room
                lead = index
            elif trail < 0:
                trail = index
            elif ring.marks[index] & 1:
                again_us, is_again = at_us, True
            else:
                broken_us -= passed(at_us, again_us)
                is_again = False
        if lead < 0:
            return
        now_us = ticks_us()
        if is_again:
            broken_us -= passed(now_us, again_us)
        trail_us = now_us if trail < 0 else ring.ticks[trail]
        mended = lead_us(trail_us, broken_us, ring.ticks[lead], LATE_US_MAX)
        if mended is None:
            self.unrepaired += 1
        else:
            ring.ticks[lead] = mended

    def first(self) -> "list[Edge]":
        """Return the beams that are broken at power on, as edges."""
        now_us = ticks_us()
        return [(channel, True, now_us) for channel in (0, 1) if self._level >> channel & 1]

    def take(self) -> "list[Edge]":
        """Return (channel, is_broken, ticks_us) since the last call, oldest first."""
        edges = self.rings.take()
        return in_order(edges) if edges else edges

    def sleep(self) -> None:
        """Switch the light off for a nap; the beams break by that, and nobody is told."""
        self._is_testing = True
        self._carrier.duty_u16(0)

    def wake(self) -> None:
        """Switch the light on again; 30 ms."""
        self._carrier.duty_u16(1 << 15)
        time.sleep_ms(TEST_MS)
        for gate in self._gates:
            gate.take_us()
        self._level = self._levels()
        self._is_testing = False

    def selftest(self) -> "tuple[str, bool, str]":
        """Take the carrier away and see both beams break and the counters count; 40 ms."""
        self._is_testing = True
        is_clear = self._levels() == 0
        for gate in self._gates:
            gate.take_us()
        self._carrier.duty_u16(0)
        time.sleep_ms(TEST_MS)
        is_broken = self._levels() == 3
        counted = [gate.take_us() for gate in self._gates]
        self.wake()
        if not is_clear:
            return "beams", False, "a beam is broken: clear the throat, check both receivers"
        if not is_broken:
            return "beams", False, "a beam does not break without light: stray light or a short"
        if not counted:
            return "beams", True, "both beams see; this port has no pulse counters"
        if min(counted) < (TEST_MS - 5) * 1000 - TICK_US:
            return "beams", False, "the pulse counters do not count: check jumper JP1"
        return "beams", True, "both beams see and the counters count"
