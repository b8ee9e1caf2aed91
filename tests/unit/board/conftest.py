"""A simulated board for each test, with the firmware's drivers loaded anew on it."""

import importlib
from contextlib import ExitStack
from types import ModuleType

import pytest
from jimpitan_simulator.chips import board as boards


class Bench:
    """One simulated board; `load` gives the driver modules as this board imports them."""

    def __init__(self):
        self.board = boards.SimulatedBoard()
        self.wires = self.board.wires
        self.pins = self.board.pins
        self.plugged = ExitStack()

    def load(self, *names: str) -> list[ModuleType]:
        """Load drivers anew; the board stays plugged in, for those that load others later."""
        self.plugged.close()
        self.plugged.enter_context(boards.plugged_in(self.board, "jimpitan_board"))
        return [importlib.import_module(f"jimpitan_board.{name}") for name in names]

    def bus(self):
        pin = self.board.pin
        return self.board.modules()["machine"].I2C(0, scl=pin(9), sda=pin(8), freq=400_000)

    @property
    def now_ms(self) -> int:
        return self.wires.now_us // 1000

    def wait_ms(self, length_ms: int) -> int:
        """Let time pass; return the time then."""
        self.wires.run(length_ms * 1000)
        return self.now_ms


@pytest.fixture
def bench():
    made = Bench()
    with made.plugged:
        yield made
