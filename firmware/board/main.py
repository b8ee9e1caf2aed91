"""Starts the firmware of the slot that may run, for ever. Unverified on hardware.

No update replaces this file or the package it imports: it must start a box whose newest firmware
does not start.
"""

import sys

import machine
import vfs
from jimpitan_loader import start
from jimpitan_loader.folder import Folder
from jimpitan_loader.slots import FOLDERS

WATCHDOG_MS = 30_000
MOUNT_POINT = "/firmware"


def mounted(slot: int) -> str:
    """Return where the modules of a slot stand, mounted from ROM where the board has one."""
    try:
        partition = memoryview(vfs.rom_ioctl(2, 0))  # 2 asks for the partition itself
    except (AttributeError, TypeError):  # an interpreter without ROMFS; no such partition
        return FOLDERS[slot]
    rom = vfs.VfsRom  # pyright: ignore[reportAttributeAccessIssue] -- the stubs know no ROMFS
    vfs.mount(rom(start.region_of(slot, partition)), MOUNT_POINT)
    return MOUNT_POINT


def main() -> None:
    """Choose a slot and run it; what it raises is counted, and the board starts again."""
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    number = start.bench_number(start.read_number)
    slots = start.opened(lambda: Folder("/update"), number)
    if start.choose(slots, sys.path, mounted) == start.NOTHING:
        start.crashed(slots)  # on trial its starts are counted already
        machine.reset()
    trial = machine.Timer(0)

    def leave(_timer: machine.Timer) -> None:
        if start.give_up(slots):
            machine.reset()

    if slots.is_on_trial:
        trial.init(mode=machine.Timer.ONE_SHOT, period=start.TRIAL_MS_MAX, callback=leave)
    try:
        from jimpitan_board import application

        application.run(slots, FOLDERS, watchdog)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the board must start again
        sys.print_exception(error)
        start.crashed(slots)
    machine.reset()


main()
