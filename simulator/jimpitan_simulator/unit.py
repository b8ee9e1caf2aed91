"""One physical box: flash, NVS, sensors and power around the real firmware code.

Time is microseconds of the town. A unit that is dark holds its flash image and nothing else.
"""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from jimpitan_box.box import VERSION, Box, Identity
from jimpitan_box.config import Config
from jimpitan_box.detector import LID
from jimpitan_box.ports import Net
from jimpitan_box.uptime import TICKS_PERIOD

from jimpitan_simulator.flash import Flash, LittleStore, PowerCut
from jimpitan_simulator.slot_files import FlashShelf
from jimpitan_simulator.throat import Passage

CAUSE_POWER_ON = 1
RESTART_US = 700_000  # from the end of one firmware to the first step of the next
SETTLE_US = 50_000  # a lid switch is stepped once more behind its debounce


class Nvs:
    """`jimpitan_box.ports.Floor` in a partition of its own, which no file system shares."""

    def __init__(self) -> None:
        self._seq = 0

    def get(self) -> int:
        """Return the number."""
        return self._seq

    def put(self, seq: int) -> None:
        """Set the number."""
        self._seq = seq


@dataclass(frozen=True, slots=True)
class Bench:
    """`jimpitan_box.ports.Sensors` of a healthy box on mains."""

    battery: int = 4_050

    def battery_mv(self) -> int:
        """Return the battery voltage in millivolt."""
        return self.battery

    def heap_free(self) -> int:
        """Return 0: a simulated box has no heap of its own."""
        return 0

    def is_on_mains(self) -> bool:
        """Return True: nobody pulls the plug of a town's boxes without cutting them off."""
        return True

    def rssi_dbm(self) -> int:
        """Return a fair signal."""
        return -61


@dataclass(slots=True)
class Unit:
    """One box of the town with its power switch."""

    identity: Identity
    config: Config
    connect: Callable[[], Net]
    seed: int
    blocks: int = 128
    flash: Flash = field(init=False)
    nvs: Nvs = field(default_factory=Nvs)
    box: Box | None = None
    dark_until_us: int = 0
    boots: int = 0
    restarts: list[int] = field(default_factory=list)  # for another firmware, when
    is_lid_open: bool = False
    _net: Net | None = None
    _ticks_offset: int = 0
    _edges: list[tuple[int, int, bool]] = field(default_factory=list)
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self.flash = Flash(self.blocks)

    @property
    def is_lit(self) -> bool:
        """Return whether the box has power and its light is on."""
        return self.box is not None

    @property
    def is_busy(self) -> bool:
        """Return whether something is on its way through the throat."""
        return bool(self._edges)

    def drop(self, passage: Passage, now_us: int) -> None:
        """Let a thing touch beam A now."""
        for channel, is_broken, after_us in passage.edges:
            self._edges.append((now_us + after_us, channel, is_broken))

    def move_lid(self, is_open: bool, now_us: int) -> None:
        """Open or close the lid now."""
        self.is_lid_open = is_open
        self._edges.append((now_us, LID, is_open))

    def step(self, now_us: int) -> PowerCut | None:
        """Step the box to the present; return the power cut that struck it, if one did."""
        if self.box is None:
            if now_us < self.dark_until_us:
                return None
            return self._guarded(self._boot, now_us)
        return self._guarded(self._run, now_us)

    def _guarded(self, action: Callable[[int], None], now_us: int) -> PowerCut | None:
        try:
            action(now_us)
        except PowerCut as cut:
            self.go_dark(now_us)
            return cut
        return None

    def _boot(self, now_us: int) -> None:
        self.boots += 1
        self._ticks_offset = self._draw.randrange(TICKS_PERIOD)
        store = LittleStore(self.flash)
        shelf = FlashShelf(store, VERSION)
        if not shelf.start():
            self.go_dark(now_us, RESTART_US)
            return
        self._net = self.connect()
        self.box = Box(
            identity=self.identity,
            config=copy.copy(self.config),  # a configuration is written into it
            store=store,
            shelf=shelf,
            floor=self.nvs,
            net=self._net,
            sensors=Bench(),
            ticks_us=self._ticks(now_us),
            cause=CAUSE_POWER_ON,
            seed=self._draw.randrange(1 << 32),
        )
        if self.is_lid_open:
            self._edges.append((now_us, LID, True))

    def _run(self, now_us: int) -> None:
        assert self.box is not None
        due = sorted(edge for edge in self._edges if edge[0] <= now_us)
        self._edges = [edge for edge in self._edges if edge[0] > now_us]
        edges = [(channel, level, self._ticks(at_us)) for at_us, channel, level in due]
        self.box.step(self._ticks(now_us), edges)
        if self.box.is_restart_wanted:
            self.restarts.append(now_us)
            self.go_dark(now_us, RESTART_US)

    def _ticks(self, now_us: int) -> int:
        return (now_us + self._ticks_offset) % TICKS_PERIOD

    def go_dark(self, now_us: int, dark_us: int = 700_000) -> None:
        """Take the power away: memory, connection and passing edges are gone."""
        if self._net is not None:
            self._net.close()
            self._net = None
        self.box = None
        self._edges.clear()
        self.dark_until_us = now_us + dark_us
        flash = Flash(self.blocks, self.flash.image)
        flash.programs, flash.erases = self.flash.programs, self.flash.erases
        self.flash = flash
