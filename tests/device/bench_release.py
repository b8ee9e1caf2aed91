"""A release on the bench, and the slots of a board in memory."""

import hashlib

from bench_box import MemoryStore
from jimpitan_loader.slots import Slots
from jimpitan_wire import down, release, topics

MACHINE = "bench"
FILES = {
    "application.py": b"print('two')\n",
    "jimpitan_box/__init__.py": b"",
    "jimpitan_box/box.py": bytes(range(256)) * 11,
    "jimpitan_box/watch.py": b"W" * 900,
    "jimpitan_wire/cbor.py": b"C" * 2048,
}


class Release:
    """A manifest, the files behind it, and what the broker retains of them."""

    def __init__(self, version="0.2.0", floor="0.1.0", machine=MACHINE, files=None):
        files = FILES if files is None else files
        entries = []
        for path in sorted(files):
            content = files[path]
            entries.append(release.Entry(path, len(content), hashlib.sha256(content).digest()))
        self.number = release.number_of(version)
        head = release.Head(self.number, release.number_of(floor), version, machine, len(entries))
        self.files = files
        self.manifest = release.encode_manifest(head, entries)
        self.fingerprint = hashlib.sha256(self.manifest).digest()
        self.content = b"".join([files[path] for path in sorted(files)])

    def blocks(self):
        """Return {topic: payload} as the gateway retains them."""
        stream = self.manifest + self.content
        found = {}
        for at in range(0, len(stream), release.BLOCK_LENGTH):
            number = at // release.BLOCK_LENGTH
            topic = topics.block_topic(self.fingerprint, number)
            found[topic] = stream[at : at + release.BLOCK_LENGTH]
        return found

    def order(self, attempt=1, number=None):
        """Return the body of the order for this release."""
        return {
            down.UPDATE_FINGERPRINT: self.fingerprint,
            down.UPDATE_MANIFEST_LENGTH: len(self.manifest),
            down.UPDATE_NUMBER: self.number if number is None else number,
            down.UPDATE_ATTEMPT: attempt,
        }


class MemoryShelf:
    """`jimpitan_box.ports.Shelf` in memory; `restart` reads the slots anew, as the loader does."""

    def __init__(self, bench_number=1000):
        self.machine = MACHINE
        self.floor = 0
        self.stores = [MemoryStore(), MemoryStore(), MemoryStore()]
        self._notes = MemoryStore()
        self._bench_number = bench_number
        self.slots = Slots(self._notes, bench_number)

    def restart(self):
        """Start as a board does; return the slot that runs."""
        self.slots = Slots(self._notes, self._bench_number)
        slot = self.slots.start()
        self.floor = 0
        if "manifest" in self.stores[slot].files:
            head, _ = release.read_head(self.stores[slot].files["manifest"])
            self.floor = head.floor
        return slot

    def slot(self, number):
        return self.stores[number]

    def notes(self):
        return self._notes
