"""Firmware for a whole town on a virtual clock: good, bad and too old, with one box away.

Real firmware code fetches, tries out and leaves releases on simulated flash; the gateway's and
the server's own functions carry and decide. Power goes, messages are lost, parts are away. What
is compared at the end is read from the flash of every box by the loader's own eyes.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jimpitan_gateway import bootstrap as gateway
from jimpitan_wire import cbor, release

from jimpitan_simulator.flash import Flash, LittleStore
from jimpitan_simulator.slot_files import FAULT_NO_START, MACHINE, FlashShelf
from jimpitan_simulator.town import Pace
from jimpitan_simulator.whole.virtual_days import HOUR_US, Days

MINUTE_US = 60_000_000
POLL_EVERY_US = 20_000_000
MAINTAIN_EVERY_US = MINUTE_US
# A hurried town: gifts, and power cuts that strike inside flash operations, downloads too.
PACE = Pace(drop_s=2_400.0, payment_s=0.0, collection_s=3 * 86_400.0, cut_s=6_000.0)
AWAY_HOURS = 8
ADMIN = "admin"
BENCH_VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Made:
    """A signed release and how boxes name it."""

    version: str
    fingerprint: str
    file: bytes


def make_release(
    key: Ed25519PrivateKey, version: str, *, floor: str = "0.0.0", fault: str = ""
) -> Made:
    """Return a release for simulated boxes; a fault is a file that stands for what is wrong."""
    files = {f"jimpitan_box/part_{n}.py": version.encode() * (300 + 40 * n) for n in range(4)}
    if fault:
        files[fault] = b"x"
    entries = [
        release.Entry(path, len(files[path]), hashlib.sha256(files[path]).digest())
        for path in sorted(files)
    ]
    head = release.Head(
        release.number_of(version), release.number_of(floor), version, MACHINE, len(entries)
    )
    manifest = release.encode_manifest(head, entries)
    signature = key.sign(release.SIGNED_PREFIX + manifest)
    content = b"".join(files[path] for path in sorted(files))
    file = cbor.encode([release.FILE_MARK, release.FORMAT, manifest, signature, content])
    return Made(version, hashlib.sha256(manifest).hexdigest(), file)


class Rollouts(Days):
    """The town, and an admin who rolls out; `wrong` collects what did not end as it should."""

    def __init__(self, *, seed: int, boxes: int, folder: Path) -> None:
        key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % seed).digest())
        self._key = key
        public = key.public_key().public_bytes_raw()
        super().__init__(seed=seed, boxes=boxes, folder=folder, pace=PACE, publisher=public.hex())
        self._carrier = gateway.Carrier(public, self._broker.retain, self._spool.note)
        self._polled_us = self._maintained_us = 0
        self.wrong: list[str] = []
        self.figures: dict[str, Any] = {}

    def _carry(self) -> None:
        super()._carry()
        now_us = self._time.now_us
        if not self._is_server_up:
            return
        if now_us >= self._maintained_us + MAINTAIN_EVERY_US:
            self._maintained_us = now_us
            self._loop.run_until_complete(self._program.maintain())
            if self._is_gateway_up:
                self._carrier.note = self._spool.note
                noted = self._spool.progress()
                gateway.step_releases(self._carrier, self, noted=noted, connection=1)
        if self._is_gateway_up and now_us >= self._polled_us + POLL_EVERY_US:
            self._polled_us = now_us
            self._poll()

    def _poll(self) -> None:
        program: Any = self._program
        for one in self._loop.run_until_complete(program.hand_out("gateway")):
            self._broker.send_down(one.box, one.message)
            self._virtual.wake(one.box)

    def releases(self) -> Sequence[str]:
        """Be the server's door for releases: name what rollouts need."""
        found = self._loop.run_until_complete(self._program.rollouts.releases_offered())
        return [one.release.fingerprint for one in found]

    def release(self, fingerprint: str) -> bytes:
        """Be the server's door for releases: hand over a file."""
        return bytes(
            self._loop.run_until_complete(self._program.rollouts.release_file(fingerprint))
        )

    def live(self, hours: float) -> None:
        """Let hours pass, with what they bring."""
        end_us = self._time.now_us + round(hours * HOUR_US)
        while self._time.now_us < end_us:
            self._draw_outages()
            self._advance(min(end_us, self._time.now_us + HOUR_US // 2))

    def heal(self, hours: float) -> None:
        """Let hours pass in which every part is up."""
        self._broker.is_up = self._is_server_up = self._is_gateway_up = True
        self._advance(self._time.now_us + round(hours * HOUR_US))

    def roll_out(self, made: Made) -> int:
        """Take a release in and start it: first the boxes on trial, then all."""
        desk = self._program.rollouts
        self._loop.run_until_complete(desk.add_release(made.file, actor=ADMIN))
        return self._loop.run_until_complete(
            desk.start(
                release=made.fingerprint,
                stages=["uji", "*"],
                failures_max=1,
                advance_permille=900,
                actor=ADMIN,
            )
        )

    def end(self, number: int) -> str:
        """End a rollout; return how it stood."""
        desk = self._program.rollouts
        progress = self._loop.run_until_complete(desk.progress(number))
        self._loop.run_until_complete(desk.end(number, actor=ADMIN, reason="next one"))
        return str(progress.summary.rollout.state)

    def running(self) -> dict[str, str]:
        """Return what each box runs, read from its flash."""
        found = {}
        for unit in self._town.units:
            store = LittleStore(Flash(0, unit.flash.image))
            slots = FlashShelf(store, BENCH_VERSION).slots
            found[unit.identity.box] = "on trial" if slots.is_on_trial else slots.fingerprint.hex()
        return found

    def must_run(self, made: Made, boxes: Sequence[str], when: str) -> None:
        """Note boxes that do not run a release for good."""
        running = self.running()
        for box in boxes:
            if running[box] != made.fingerprint:
                self.wrong.append(f"{when}: {box} runs {running[box][:16]}, not {made.version}")

    def set_up(self) -> None:
        """Tag the first two boxes for trials, wish a zone for all, and take one box away."""
        desk = self._program.configurations
        for index, unit in enumerate(self._town.units):
            tags = ["uji"] if index < 2 else ["kota"]
            box = unit.identity.box
            self._loop.run_until_complete(desk.set_tags(box, tags, actor=ADMIN))
            self._loop.run_until_complete(
                desk.configure(box, {"zone_min": 480}, actor=ADMIN, reason=None)
            )
        self.away = self._town.units[-1]
        self.away.go_dark(self._time.now_us, AWAY_HOURS * HOUR_US)

    def story(self) -> None:
        """Good firmware, then bad, then older than the floor."""
        boxes = [unit.identity.box for unit in self._town.units]
        good = make_release(self._key, "0.2.0", floor="0.2.0")
        bad = make_release(self._key, "0.3.0", fault=FAULT_NO_START)
        old = make_release(self._key, "0.1.9")
        self.heal(0.5)
        self.set_up()
        number = self.roll_out(good)
        self.live(3)
        self.heal(1)
        self.must_run(good, boxes[:-1], "with one box away")
        self.figures["confirmed_before_return"] = self._count(good)
        self.heal(AWAY_HOURS - 3)
        self.must_run(good, boxes, "after its return")
        self._must_be_configured(boxes)
        self.end(number)
        number = self.roll_out(bad)
        self.heal(2)
        self.figures["bad_state"] = self.end(number)
        self.must_run(good, boxes, "after bad firmware")
        number = self.roll_out(old)
        self.heal(1)
        self.figures["old_state"] = self.end(number)
        self.must_run(good, boxes, "after firmware below the floor")
        for name in ("bad_state", "old_state"):
            if self.figures[name] != "halted":
                self.wrong.append(f"{name} is {self.figures[name]}, not halted")

    def _count(self, made: Made) -> int:
        return sum(one == made.fingerprint for one in self.running().values())

    def _must_be_configured(self, boxes: Sequence[str]) -> None:
        for box in boxes:
            found = self._loop.run_until_complete(
                self._program.configurations.configuration_of(box)
            )
            if found.is_waiting:
                self.wrong.append(f"{box} does not say that it took its configuration on")

    def report(self) -> dict[str, Any]:
        """Heal, compare records with journals, and return everything."""
        self.story()
        books = self.run(0)
        books["wrong"] = self.wrong + books["wrong"]
        return {**self.figures, **books}


def main() -> int:
    """Read the order from standard input, run it, print the report."""
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="jimpitan-rollout-") as folder:
        rollouts = Rollouts(seed=order["seed"], boxes=order["boxes"], folder=Path(folder))
        report = rollouts.report()
    print(json.dumps(report))  # noqa: T201 -- the parent reads it
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
