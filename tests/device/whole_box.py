"""The whole box on simulated buses: every driver, the box, a broker and a server that answers.

The same file runs under CPython (`python whole_box.py nap 30 out.tape`) and in the MicroPython
VM (`node run.mjs whole`): same acts, same bytes. Garbage is collected in the VM only between two
calls from JavaScript, so a run is cut into calls of `Whole.run`.
"""

import gc
import sys

import whole_board
import whole_server
import whole_story
from whole_firmware import (
    BOARD,
    ENTRIES_MAX,
    Box,
    Config,
    FolderStore,
    Identity,
    Logbook,
    Parts,
    cues,
    port_esp32,
)

STEP_MS = 10  # of the main loop
BATTERY_AWAKE_MS = 300000
NAPS_MAX = 36


class Station:
    """A Wi-Fi station that is always connected."""

    def rssi_dbm(self):
        return -60


class Whole:
    """One box and its world; `profile` is nap (amount in days), full or idle (in minutes)."""

    def __init__(self, profile, amount, folder, tape_path):
        self.board = BOARD
        self.wires = BOARD.wires
        self.steps = self.naps = 0
        self._days = 0
        self.tape = whole_server.Tape(tape_path)
        self.server = whole_server.AckingNet(self.tape, self.elapsed_ms)
        self.story = whole_story.Story(
            BOARD, self.server, self.server.ask_visit, self.server.thank
        )
        self.server.on_visit = self._announce
        self._began_ms = self.wires.ms
        self.is_over = False
        self._box(folder, whole_server.TapedStore)
        self._plan(profile, amount)

    def _plan(self, profile, amount):
        add = self.story.agenda.add
        if profile == "nap":
            BOARD.mains(False)
            self._unit_ms, self._units = 86400000, amount
            add(0, self.story.nap_day)
        elif profile == "idle":  # nobody comes, for the bench
            BOARD.mains(True)
            self._unit_ms, self._units = 60000, amount
        else:
            BOARD.mains(True)
            self._unit_ms, self._units = 60000, amount
            add(5000, self.story.full_minutes)
            # One coin is in the throat while both ticks begin again.
            add(whole_board.BEFORE_WRAP_MS - 40, self.story.deposit)
        add(self._unit_ms, self._unit)

    def elapsed_ms(self):
        """Return the milliseconds since the start, over all wraps."""
        return (self.wires.wraps << 30) + self.wires.ms - self._began_ms

    def _announce(self):
        self.story.agenda.add(30000, self.story.visit)

    def _unit(self, _):
        self._days += 1
        if self._days == self._units:
            self.is_over = True
        else:
            self.story.agenda.add(self._unit_ms, self._unit)

    def _box(self, folder, taped):
        config = Config()
        # The half hour that a box stays awake without mains is sampled as on mains: here short.
        config.battery_awake_ms = BATTERY_AWAKE_MS
        sensors = port_esp32.Sensors(Station(), self._parts())
        self.box = Box(
            identity=Identity("box-0007", 1, bytes(range(32)), None),
            config=config,
            store=taped(FolderStore(folder), self.tape),
            floor=port_esp32.NvsFloor(),
            net=self.server,
            sensors=sensors,
            ticks_us=port_esp32.ticks_us(),
            cause=1,
            seed=7,
            memory=port_esp32.RtcMemory(),
        )
        self.logbook = Logbook()
        for _ in range(ENTRIES_MAX):  # full from the start, so that the heap has nothing to reach
            self.logbook.note(0, "filled")
        self.box.step(port_esp32.ticks_us(), self.edges.first())

    def _parts(self):
        BOARD.plug_in()  # drivers are imported when their chip answers
        self.parts = Parts(self.wires.ms)
        BOARD.unplug()
        self.edges = port_esp32.Edges(self.parts)
        return self.parts

    def run(self, steps):
        """Go on for at most so many steps or six hours of naps; return whether it is over."""
        naps_max = self.naps + NAPS_MAX
        box, parts, wires, edges = self.box, self.parts, self.wires, self.edges
        look = self.logbook.look
        for _ in range(steps):
            wires.sleep_us(STEP_MS * 1000)
            now_ms = wires.ms
            conversion = parts.scale(now_ms)
            tint = parts.colour(now_ms) if box.senses.slot.is_busy else None
            box.step(
                port_esp32.ticks_us(),
                edges.take(),
                None if conversion is None else [conversion],
                None if tint is None else [tint],
                parts.motion(now_ms),
            )
            cues.show(box.thanks.take(), parts.lights, parts.buzzer, now_ms)
            parts.step(now_ms)
            look(box)
            self.steps += 1
            nap_ms = box.nap_ms()
            if nap_ms:
                self.naps += 1
                port_esp32.rest(box, parts, nap_ms)
            if self.is_over or self.naps == naps_max:
                break
        return self.is_over

    def found(self):
        """Return what came of it, in words that JSON knows."""
        server, tape = self.server, self.tape
        return {
            "steps": self.steps,
            "naps": self.naps,
            "played": self.story.played,
            "records": server.counts,
            "sums": server.sums,
            "head": self.box.keeper.head,
            "server_head": server.head,
            "lost": server.lost,
            "repeated": server.repeated,
            "journal_bytes": tape.bytes[b"J"],
            "mqtt_bytes": tape.bytes[b"M"],
            "digest": "".join(["%02x" % byte for byte in tape.digest]),
            "uptime_ms": self.box.uptime_ms,
            "elapsed_ms": self.elapsed_ms(),
            "wraps": self.wires.wraps,
            "dropped": self.box.keeper.dropped,
        }


def main():
    """Run under CPython; print one JSON line."""
    import json
    import tempfile
    import time

    profile, amount, tape_path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        whole = Whole(profile, amount, folder + "/flash", tape_path)
        while not whole.run(10000):
            gc.collect()
        found = whole.found()
        found["seconds"] = time.perf_counter() - began
    print(json.dumps(found))


if __name__ == "__main__" and sys.implementation.name == "cpython":
    main()
