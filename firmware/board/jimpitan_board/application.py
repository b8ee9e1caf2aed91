"""A box on a real board: answer the bench, read edges, step, for ever. Unverified on hardware.

The loader (main.py) calls `run` of the slot that it chose.
"""

import os
import time

import machine
from jimpitan_box import calibration
from jimpitan_box.assignment import IDENTITY, Assignment, kept, wiped_before
from jimpitan_box.bench_line import BenchLine
from jimpitan_box.box import VERSION, Box, Identity
from jimpitan_box.config import Config
from jimpitan_box.logbook import Logbook

from jimpitan_board import console_esp32, cues, port_esp32
from jimpitan_board.files import FolderStore
from jimpitan_board.parts import Parts
from jimpitan_board.shelf import Shelf
from jimpitan_board.ticks import ticks_ms

MYPY = False
if MYPY:
    from jimpitan_loader.slots import Slots

STEP_MS = 10
NAP_MS_MAX = port_esp32.WATCHDOG_MS // 2  # until a board shows whether the watchdog sleeps too
ANSWER_MS = 200  # for the last answer to leave over USB before a restart


def run(slots: "Slots", folders: "tuple[str, ...]", watchdog: "machine.WDT") -> None:
    """Wire the parts and run until the power goes; without identity, the console alone."""
    console_esp32.set_clock_to_build()
    usb, vault = console_esp32.UsbPort(), console_esp32.NvsVault()
    store, floor, logbook = FolderStore("/journal"), port_esp32.NvsFloor(), Logbook()
    parts = Parts(ticks_ms())
    bench = BenchLine(
        version=VERSION, store=store, vault=vault, floor=floor, examiner=parts, logbook=logbook
    )
    logbook.note(0, "power_on", machine.reset_cause())
    assigned = kept(vault, IDENTITY)
    edges = port_esp32.Edges(parts)
    if assigned is None:
        practise(edges, parts, store, bench, lambda: serve(usb, bench, watchdog))
        return
    box = bench.box = make_box(
        assigned,
        wiped_before=wiped_before(vault),
        store=store,
        floor=floor,
        parts=parts,
        shelf=Shelf(slots, folders),
    )
    bench.senses = box.senses
    box.senses.calibrate(calibration_of(store, logbook))
    box.step(port_esp32.ticks_us(), edges.first())
    while True:
        serve(usb, bench, watchdog)
        feel(box, edges, parts)
        parts.step(ticks_ms())
        logbook.look(box)
        if box.is_restart_wanted:
            machine.reset()
        nap_ms = box.nap_ms()
        if nap_ms:
            port_esp32.rest(box, parts, min(nap_ms, NAP_MS_MAX))


def practise(edges, parts: Parts, store: FolderStore, bench: BenchLine, wait) -> None:
    """Feel for calibration mode, for ever: a board without identity keeps no record."""
    from jimpitan_box.practice import Practice

    practice = Practice(Config(), port_esp32.ticks_us())
    bench.senses = practice.senses
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
        None if conversion is None else [conversion],
        None if tint is None else [tint],
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


def serve(usb, bench: BenchLine, watchdog: "machine.WDT") -> None:
    """Answer the bench, restart when the identity changed, and wait for the next step."""
    usb.write(bench.step(usb.read()))
    watchdog.feed()
    time.sleep_ms(STEP_MS)
    if bench.is_restart_wanted:
        time.sleep_ms(ANSWER_MS)
        machine.reset()


def make_box(
    assigned: Assignment,
    *,
    wiped_before: "tuple[int, int] | None",
    store,
    floor,
    parts: Parts,
    shelf: Shelf,
) -> Box:
    """Return the running box of this identity."""
    wifi = port_esp32.Wifi(assigned.wifi_name, assigned.wifi_password)
    net = port_esp32.SocketNet(wifi, assigned.broker_host, assigned.broker_port, assigned.ca)
    identity = Identity(assigned.box, assigned.epoch, assigned.key, assigned.login, wiped_before)
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
