"""A box behind a pseudo-terminal: the real firmware's console, for a bench without hardware.

The flash is LittleFS on a simulated chip, the vault and the floor lie outside it as on a board.
A restart, after provisioning or wiping, is a new boot from what lies there.
"""

import importlib
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jimpitan_box.assignment import Assignment
from jimpitan_box.box import VERSION, Box, Identity
from jimpitan_box.calibration import CONTENT_LENGTH_MAX, NAME, Calibration, read
from jimpitan_box.config import Config
from jimpitan_box.console import Console
from jimpitan_box.console_commands import IDENTITY, Commands
from jimpitan_box.detector import BEAM_A, BEAM_B
from jimpitan_box.logbook import Logbook
from jimpitan_box.ports import Net
from jimpitan_box.practice import Practice
from jimpitan_box.uptime import TICKS_PERIOD
from jimpitan_wire import cbor

from jimpitan_simulator.body import Body, Felt
from jimpitan_simulator.flash import Flash, LittleStore
from jimpitan_simulator.unit import CAUSE_POWER_ON, Bench, Nvs

BLOCKS = 128
STEP_US = 10_000
READ_LENGTH_MAX = 256  # as the board reads in one step
WAIT_S = 0.01
DEPOSIT_US = 1_000_000
# A coin on its way through both beams: (channel, is broken, microseconds from now).
COIN = (
    (BEAM_A, True, 10_000),
    (BEAM_A, False, 42_000),
    (BEAM_B, True, 50_000),
    (BEAM_B, False, 82_000),
)


class NoNet:
    """`jimpitan_box.ports.Net` where there is none."""

    def open(self) -> None:
        """Fail: there is no network here."""
        raise OSError("no network")

    def is_open(self) -> bool:
        """Return that nothing stands."""
        return False

    def read(self, length: int) -> bytes | None:  # noqa: ARG002
        """Return nothing."""
        return None

    def write(self, content: bytes) -> int | None:  # noqa: ARG002
        """Take nothing."""
        return None

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class MemoryVault:
    """`jimpitan_box.ports.Vault` in memory."""

    values: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> bytes:
        """Return a value, b"" when there is none."""
        return self.values.get(name, b"")

    def put(self, name: str, content: bytes) -> None:
        """Set or erase a value."""
        self.values[name] = content


class HealthyBoard:
    """`jimpitan_box.ports.Examiner` of a board on which everything answers."""

    def selftest(self) -> list[tuple[str, bool, str]]:
        """Return what a healthy board finds."""
        return [("beam_a", True, "clear"), ("beam_b", True, "clear"), ("battery", True, "4050 mV")]


def assignment_of(box: str, *, epoch: int, key: bytes) -> bytes:
    """Return the assignment of a box that knows no network, as the bench would write it."""
    return cbor.encode([["box", box], ["epoch", epoch], ["key", key]])


class UsbBox:
    """One box on a desk: flash, vault and console; `step` is one turn of its main loop."""

    def __init__(
        self,
        connect: Callable[[Assignment], Net] | None = None,
        body: Body | None = None,
    ) -> None:
        self.flash = Flash(BLOCKS)
        self.vault = MemoryVault()
        self.floor = Nvs()
        self.box: Box | None = None
        self.boots = 0
        self.now_us = 0
        self._connect = connect or (lambda _: NoNet())
        self.body = body  # without one, the box feels coins in its beams and nothing else
        self._practice: Practice | None = None
        self._edges: list[tuple[int, int, bool]] = []
        self._boot()

    def provision(self, box: str, *, epoch: int, key: bytes) -> None:
        """Give the box an identity at the factory, without a bench."""
        self.vault.put(IDENTITY, assignment_of(box, epoch=epoch, key=key))
        self._boot()

    def _boot(self) -> None:
        self.boots += 1
        logbook = Logbook()
        store = LittleStore(self.flash)
        self._commands = Commands(
            version=VERSION,
            store=store,
            vault=self.vault,
            floor=self.floor,
            examiner=HealthyBoard(),
            logbook=logbook,
        )
        self._console, self._logbook = Console(self._commands), logbook
        logbook.note(0, "power_on", CAUSE_POWER_ON)
        assigned = self._commands.identity()
        self.box = None if assigned is None else self._box(assigned, store)
        self._commands.box = self.box
        self._practice = Practice(Config(), self.now_us % TICKS_PERIOD)
        senses = self._practice.senses if self.box is None else self.box.senses
        senses.calibrate(self._calibration(store))
        self._commands.senses = senses

    def _calibration(self, store: LittleStore) -> Calibration | None:
        if NAME not in store.names():
            return None
        return read(store.read(NAME, 0, CONTENT_LENGTH_MAX + 1))

    def _box(self, assigned: Assignment, store: LittleStore) -> Box:
        return Box(
            identity=Identity(
                assigned.box,
                assigned.epoch,
                assigned.key,
                assigned.login,
                self._commands.wiped_before(),
            ),
            config=Config(),
            store=store,
            floor=self.floor,
            net=self._connect(assigned),
            sensors=Bench(),
            ticks_us=self.now_us % TICKS_PERIOD,
            cause=CAUSE_POWER_ON,
            seed=self.boots,
        )

    def drop_coin(self) -> None:
        """Let one coin fall through the throat, and wait until it has passed."""
        for channel, is_broken, after_us in COIN:
            self._edges.append((self.now_us + after_us, channel, is_broken))
        for _ in range(DEPOSIT_US // STEP_US):
            self.step(b"")

    def step(self, received: bytes) -> bytes:
        """Take what came over USB, go on by ten milliseconds, return what goes out."""
        self.now_us += STEP_US
        out = self._console.step(received)
        if self._commands.is_restart_wanted:
            self._boot()
            return out
        felt = self._felt()
        ticks_us = self.now_us % TICKS_PERIOD
        if self.box is not None:
            self.box.step(ticks_us, felt.edges, felt.conversions, felt.tints)
            self._logbook.look(self.box)
        elif self._practice is not None:
            self._practice.step(ticks_us, felt.edges, felt.conversions, felt.tints)
        return out

    def _felt(self) -> Felt:
        felt = Felt() if self.body is None else self.body.felt(self.now_us)
        due = sorted(edge for edge in self._edges if edge[0] <= self.now_us)
        self._edges = [edge for edge in self._edges if edge[0] > self.now_us]
        felt.edges += [(channel, level, at % TICKS_PERIOD) for at, channel, level in due]
        return felt


class Cable:
    """The pseudo-terminal between a box and a laptop; `path` is what the bench opens."""

    def __init__(
        self, box: UsbBox, *, chunk_length_max: int = READ_LENGTH_MAX, haste: int = 1
    ) -> None:
        self.box = box
        self._haste = haste  # so many times as fast as a real box
        self._length_max = chunk_length_max
        self._own, theirs = os.openpty()
        importlib.import_module("tty").setraw(theirs)  # only where there are terminals
        self.path = os.ttyname(theirs)
        self._theirs = theirs
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    def plug_in(self) -> None:
        """Let the box run in a thread of its own."""
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()

    def run(self, seconds: float = 0) -> None:
        """Run the box until the cable is pulled, or for so many seconds."""
        until_s = time.monotonic() + seconds if seconds else float("inf")
        while not self._is_over.is_set() and time.monotonic() < until_s:
            readable, _, _ = select.select([self._own], [], [], WAIT_S)
            received = os.read(self._own, self._length_max) if readable else b""
            self.send(self.box.step(received))
            for _ in range(self._haste - 1):
                self.box.step(b"")

    def send(self, content: bytes) -> None:
        """Write to the laptop, in pieces; also what no console said, such as noise."""
        for start in range(0, len(content), self._length_max):
            os.write(self._own, content[start : start + self._length_max])

    def pull(self) -> None:
        """Take the cable away; who has the port open finds it gone."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(5)
        for end in (self._theirs, self._own):
            if end >= 0:
                os.close(end)
        self._own = self._theirs = -1
