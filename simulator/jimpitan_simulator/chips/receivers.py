"""Two light barriers: low while a receiver sees its carrier, high when it is blocked or dark."""

from collections.abc import Sequence

from jimpitan_simulator.chips.board import SimulatedBoard


class Receivers:
    """The receivers of both beams, and what falls between them and their LEDs."""

    def __init__(self, board: SimulatedBoard, beams: tuple[int, int], carrier: int) -> None:
        self._board, self._beams, self._carrier = board, beams, carrier
        self.stray_light = False
        for gpio in beams:
            board.wires.set(gpio, 0)

    def connect(self) -> None:
        """Follow the carrier, once the firmware has made it."""
        self._board.pins.pwms[self._carrier].listeners.append(self._duty_changed)

    def _duty_changed(self, duty: int) -> None:
        for gpio in self._beams:
            self._board.wires.set(gpio, 0 if duty or self.stray_light else 1)

    def fall(self, start_us: int, edges: Sequence[tuple[int, bool, int]]) -> None:
        """Let a thing pass: (beam, is_broken, microseconds after the start) an edge."""
        for beam, is_broken, after_us in edges:
            self._board.wires.plan(start_us + after_us, self._beams[beam], int(is_broken))
