"""Where the firmware lies on this board: a slot is a region of ROM, or a folder without one.

What reads releases is loaded only for a slot that an update filled: memory is small.
"""

import vfs

from jimpitan_board import port_esp32
from jimpitan_board.files import FolderStore, SlotStore

MYPY = False
if MYPY:
    from esp32 import Partition
    from jimpitan_box.ports import Store
    from jimpitan_loader.slots import Slots

NOTES = "/update"
SEGMENT = 2  # MP_VFS_ROM_IOCTL_GET_SEGMENT of MicroPython's extmod/vfs.h


def rom_partition() -> "Partition | None":
    """Return the partition that holds the slots, None when this board has none."""
    try:
        found = vfs.rom_ioctl(SEGMENT, 0)
    except AttributeError:
        return None  # an interpreter that was built without ROMFS
    return None if isinstance(found, int) else found


class Shelf:
    """`jimpitan_box.ports.Shelf`: the slots, and one folder for notes."""

    def __init__(self, slots: "Slots", folders: "tuple[str, ...]") -> None:
        self.slots = slots
        self._folders = folders
        self._rom = rom_partition()
        self.machine = port_esp32.machine_name(has_rom=self._rom is not None)
        # What the bench flashed asks for no floor and has no manifest.
        self.floor = self._floor_of(slots.active) if slots.active else 0

    def _floor_of(self, slot: int) -> int:
        """Return the floor that the release in a slot asks for, 0 when nobody can say."""
        from jimpitan_wire import release
        from jimpitan_wire.errors import WireError

        try:
            with open(self._folders[slot] + "/manifest", "rb") as file:
                head, _ = release.read_head(file.read(release.ENTRY_LENGTH_MAX))
        except (OSError, WireError):
            return 0
        return head.floor

    def slot(self, number: int) -> "Store":
        """Return the files of a slot; beside a region of ROM, its folder holds the manifest."""
        folder = self._folders[number]
        if self._rom is None:
            return SlotStore(folder)
        from jimpitan_board.rom_slot import RomSlot

        return RomSlot(self._rom, number, FolderStore(folder))

    def notes(self) -> FolderStore:
        """Return the files beside the slots."""
        return FolderStore(NOTES)
