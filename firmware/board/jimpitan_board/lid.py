"""The two lid switches: reeds of opposite placement, so that one magnet does not fool both."""

from jimpitan_board.edges import Rings
from jimpitan_board.ticks import ticks_us

MYPY = False
if MYPY:
    import machine

    from jimpitan_board.edges import Edge

CHANNEL = 2  # of the first switch; the second has the next
EDGES_MAX = 32  # a reed makes 1 to 6 bounces within a millisecond (reed-sensor.com)


class Lid:
    """Two switches that are high when the lid is open. Nothing here is debounced."""

    def __init__(self, pins: "tuple[machine.Pin, machine.Pin]") -> None:
        self._pins = pins
        self.rings = Rings(EDGES_MAX)
        self._level = self._levels()
        for pin in pins:
            pin.irq(self._on_edge, pin.IRQ_RISING | pin.IRQ_FALLING)

    @property
    def overflows(self) -> int:
        """Return how many edges found no room."""
        return self.rings.overflows

    def _levels(self) -> int:
        return self._pins[0].value() | self._pins[1].value() << 1

    def _on_edge(self, _pin: "machine.Pin | None") -> None:
        now_us = ticks_us()
        level = self._levels()
        changed = level ^ self._level
        self._level = level
        for index in (0, 1):
            if changed >> index & 1:
                self.rings.filling.add(CHANNEL + index, level >> index & 1, now_us)

    def first(self) -> "list[Edge]":
        """Return both switches as they stand at power on, as edges."""
        now_us = ticks_us()
        return [(CHANNEL + index, bool(self._level >> index & 1), now_us) for index in (0, 1)]

    def take(self) -> "list[Edge]":
        """Return (channel, is_open, ticks_us) since the last call, oldest first."""
        return self.rings.take()

    def wake(self) -> None:
        """See what changed during a nap, in which an edge calls the chip but no interrupt."""
        self._on_edge(None)

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether both switches agree, as they must whenever the lid stands still."""
        level = self._levels()
        if level in (0, 3):
            return "lid", True, "both switches say %s" % ("open" if level else "closed")
        name = "first" if level == 1 else "second"
        return "lid", False, "only the %s lid switch says open: check magnets and wires" % name
