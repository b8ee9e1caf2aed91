"""A box on a real board: answer the bench, read edges, step, for ever. Unverified on hardware.

The loader (main.py) calls `run` of the slot that it chose.
"""

import os
import time

import machine
from jimpitan_box import calibration
from jimpitan_box.assignment import Assignment
from jimpitan_box.box import VERSION, Box, Identity
from jimpitan_box.config import Config
from jimpitan_box.console import Console
from jimpitan_box.console_commands import Commands
from jimpitan_box.logbook import Logbook
from jimpitan_box.practice import Practice
from jimpitan_wire import release
from jimpitan_wire.errors import WireError

from jimpitan_board import console_esp32, cues, port_esp32
from jimpitan_board.files import FolderStore, SlotStore
from jimpitan_board.parts import Parts
from jimpitan_board.ticks import ticks_ms

MYPY = False
if MYPY:
    from jimpitan_loader.slots import Slots

STEP_MS = 10
NAP_MS_MAX = port_esp32.WATCHDOG_MS // 2  # until a board shows whether the watchdog sleeps too
NOTES = "/update"
ANSWER_MS = 200  # for the last answer to leave over USB before a restart


def run(slots: "Slots", folders: "tuple[str, ...]", watchdog: "machine.WDT") -> None:
    """Wire the parts and run until the power goes; without identity, the console alone."""
    console_esp32.set_clock_to_build()
    usb, vault = console_esp32.UsbPort(), console_esp32.NvsVault()
    store, floor, logbook = FolderStore("/journal"), port_esp32.NvsFloor(), Logbook()
    parts = Parts(ticks_ms())
    commands = Commands(
        version=VERSION, store=store, vault=vault, floor=floor, examiner=parts, logbook=logbook
    )
    console = Console(commands)
    logbook.note(0, "power_on", machine.reset_cause())
    assigned = commands.identity()
    edges = port_esp32.Edges(parts)
    if assigned is None:
        practise(edges, parts, store, commands, lambda: serve(usb, console, commands, watchdog))
        return
    box = commands.box = make_box(
        assigned,
        commands=commands,
        store=store,
        floor=floor,
        parts=parts,
        shelf=Shelf(slots, folders),
    )
    commands.senses = box.senses
    box.senses.calibrate(calibration_of(store, logbook))
    box.step(port_esp32.ticks_us(), edges.first())
    while True:
        serve(usb, console, commands, watchdog)
        feel(box, edges, parts)
        parts.step(ticks_ms())
        logbook.look(box)
        if box.is_restart_wanted:
            machine.reset()
        nap_ms = box.nap_ms()
        if nap_ms:
            port_esp32.rest(box, parts, min(nap_ms, NAP_MS_MAX))


def practise(edges, parts: Parts, store: FolderStore, commands: Commands, wait) -> None:
    """Feel for calibration mode, for ever: a board without identity keeps no record."""
    practice = Practice(Config(), port_esp32.ticks_us())
    commands.senses = practice.senses
    practice.senses.calibrate(calibration_of(store, Logbook()))
    while True:
        wait()
        now_ms = ticks_ms()
        conversion = parts.scale(now_ms)
        tint = parts.colour(now_ms) if practice.senses.slot.is_busy else None
        practice.step(
            port_esp32.ticks_us(),
            edges.take(),
            [] if conversion is None else [conversion],
            [] if tint is None else [tint],
        )
        parts.step(now_ms)


def feel(box: Box, edges: "port_esp32.Edges", parts: Parts) -> None:
    """Step the box with all that its sensors say now; a part that is missing says nothing."""
    now_ms = ticks_ms()
    conversion = parts.scale(now_ms)
    # The lamp of the colour sensor is lit only while something is in the throat.
    tint = parts.colour(now_ms) if box.senses.slot.is_busy else None
    box.step(
        port_esp32.ticks_us(),
        edges.take(),
        [] if conversion is None else [conversion],
        [] if tint is None else [tint],
        parts.motion(now_ms),
    )
    cues.show(box.thanks.take(), parts.lights, parts.buzzer, now_ms)


def calibration_of(store: FolderStore, logbook: Logbook) -> "calibration.Calibration | None":
    """Return what calibration mode learnt, or None: then the box works with nominal values."""
    if calibration.NAME not in store.names():
        return None
    try:
        content = store.read(calibration.NAME, 0, calibration.CONTENT_LENGTH_MAX + 1)
    except OSError:
        content = b""
    found = calibration.read(content)
    if found is None:
        logbook.note(0, "calibration_unreadable", len(content))
    return found


def serve(usb, console: Console, commands: Commands, watchdog: "machine.WDT") -> None:
    """Answer the bench, restart when the identity changed, and wait for the next step."""
    usb.write(console.step(usb.read()))
    watchdog.feed()
    time.sleep_ms(STEP_MS)
    if commands.is_restart_wanted:
        time.sleep_ms(ANSWER_MS)
        machine.reset()


class Shelf:
    """`jimpitan_box.ports.Shelf`: a folder a slot, and one for notes."""

    def __init__(self, slots: "Slots", folders: "tuple[str, ...]") -> None:
        self.slots = slots
        self._folders = folders
        self.machine = port_esp32.machine_name()
        self.floor = self._floor_of(slots.active)

    def _floor_of(self, slot: int) -> int:
        """Return the floor that the release in a slot asks for, 0 for what the bench flashed."""
        try:
            with open(self._folders[slot] + "/manifest", "rb") as file:
                head, _ = release.read_head(file.read(release.ENTRY_LENGTH_MAX))
        except (OSError, WireError):
            return 0
        return head.floor

    def slot(self, number: int) -> SlotStore:
        """Return the files of a slot."""
        return SlotStore(self._folders[number])

    def notes(self) -> FolderStore:
        """Return the files beside the slots."""
        return FolderStore(NOTES)


def make_box(
    assigned: Assignment, *, commands: Commands, store, floor, parts: Parts, shelf: Shelf
) -> Box:
    """Return the running box of this identity."""
    wifi = port_esp32.Wifi(assigned.wifi_name, assigned.wifi_password)
    net = port_esp32.SocketNet(wifi, assigned.broker_host, assigned.broker_port, assigned.ca)
    identity = Identity(
        assigned.box, assigned.epoch, assigned.key, assigned.login, commands.wiped_before()
    )
    return Box(
        identity=identity,
        config=Config(),
        store=store,
        floor=floor,
        net=net,
        sensors=port_esp32.Sensors(wifi, parts),
        ticks_us=port_esp32.ticks_us(),
        cause=machine.reset_cause(),
        seed=int.from_bytes(os.urandom(4), "big"),
        memory=port_esp32.RtcMemory(),
        shelf=shelf,
    )
