"""The firmware slots of a simulated box, on its flash, started by the real loader's logic.

What runs is always the code of this process. A release can carry a file that stands for what
is wrong with it, so that a rollout has something to find.
"""

from jimpitan_loader import start
from jimpitan_loader.slots import BENCH, Slots
from jimpitan_wire import release
from jimpitan_wire.errors import WireError

from jimpitan_simulator.flash import LittleStore

MACHINE = "simulator"
FOLDERS = ("", "a", "b")
# A release with this file raises as soon as it starts.
FAULT_NO_START = "fault_no_start"


class FlashShelf:
    """`jimpitan_box.ports.Shelf` on a LittleFS."""

    def __init__(self, store: LittleStore, version: str) -> None:
        self._store = store
        self._notes = store.folder("update")
        self._slots = start.opened(lambda: self._notes, release.number_of(version))

    def start(self) -> bool:
        """Choose a slot as the loader does; return whether what is there starts."""
        slot = start.choose(self._slots, [])
        if slot != BENCH and FAULT_NO_START in self.slot(slot).names():
            start.crashed(self._slots)
            return False
        return True

    @property
    def slots(self) -> Slots:
        """Return the slots."""
        return self._slots

    @property
    def machine(self) -> str:
        """Return what a release for a simulated box is made for."""
        return MACHINE

    @property
    def floor(self) -> int:
        """Return the floor that what runs asks for."""
        if self._slots.active == BENCH:
            return 0
        try:
            raw = self.slot(self._slots.active).read("manifest", 0, release.ENTRY_LENGTH_MAX)
            return release.read_head(raw)[0].floor
        except (OSError, WireError):
            return 0

    def slot(self, number: int) -> LittleStore:
        """Return the files of a slot."""
        return self._store.folder(FOLDERS[number])

    def notes(self) -> LittleStore:
        """Return the files beside the slots."""
        return self._notes
