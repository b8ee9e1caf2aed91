"""Fill a slot with a release: ask for its blocks, write its files, and read each one back.

What lies whole in the slot already is not fetched again, so that a download goes on after a
power cut where it was. A file counts only when its bytes, read from flash, have its hash.
"""

import hashlib

from jimpitan_wire import release
from jimpitan_wire.errors import Malformed, TooLarge

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store

MANIFEST = "manifest"
READ_LENGTH = 1024
DAMAGED_MAX = 3  # times that one file may arrive with a wrong hash


class Damaged(Exception):
    """A file arrived with a wrong hash again and again: the release cannot be what was signed."""


class Fetch:
    """One release on its way into one slot; `step` works a little at a time."""

    def __init__(self, store: "Store", *, fingerprint: bytes, manifest_length: int) -> None:
        self._store = store
        self._manifest_length = manifest_length
        self._piece = release.Entry(MANIFEST, manifest_length, fingerprint)
        self._start = 0  # of the piece in the stream of manifest and files
        self._entry_at = 0  # of the next entry in the manifest
        self._done = 0  # files that are whole
        self._is_begun = False
        self._hash = hashlib.sha256()
        self._checked: "int | None" = None  # bytes hashed so far of a piece that is read back
        self._written: "int | None" = None  # bytes of the piece, None while it is checked
        self._damaged = 0
        self._block: "tuple[int, bytes]" = (-1, b"")
        self.head: "release.Head | None" = None
        self.is_whole = False

    @property
    def wanted(self) -> "int | None":
        """Return the number of the block that is needed to go on, None when none is."""
        if self.is_whole or self._written is None or not self._piece.length:
            return None
        number = (self._start + self._written) // release.BLOCK_LENGTH
        return None if number == self._block[0] else number

    def take(self, number: int, content: bytes) -> bool:
        """Take the block that was wanted; return whether it may be one."""
        if number != self.wanted or not 0 < len(content) <= release.BLOCK_LENGTH:
            return False
        self._block = (number, content)
        return True

    def step(self) -> None:
        """Read back or write a little; raise OSError, `Malformed` or `Damaged`."""
        if self.is_whole:
            return
        if self._written is None:
            self._check()
        elif self.wanted is None:
            self._write(self._written)

    def _check(self) -> None:
        """Hash what lies there of the piece; when it is whole, go to the next one."""
        name, length = self._piece.path, self._piece.length
        if self._checked is None:
            if _size(self._store, name) != length:
                self._fetch_anew(name)
                return
            self._hash, self._checked = hashlib.sha256(), 0
        if self._checked < length:
            content = self._store.read(name, self._checked, READ_LENGTH)
            self._hash.update(content)
            self._checked += len(content)
            if content:
                return
        is_right = self._hash.digest() == self._piece.sha256
        self._checked = None
        if is_right:
            self._next()
            return
        if self._is_begun:
            self._damaged += 1
            self._block = (-1, b"")
        if self._damaged == DAMAGED_MAX:
            raise Damaged(name)
        self._fetch_anew(name)

    def _fetch_anew(self, name: str) -> None:
        if _size(self._store, name) is not None:
            self._store.remove(name)
        self._is_begun, self._written = True, 0

    def _write(self, written: int) -> None:
        """Append what the block holds of the piece."""
        offset = (self._start + written) % release.BLOCK_LENGTH
        part = self._block[1][offset : offset + self._piece.length - written]
        if not part and self._piece.length:
            self._block = (-1, b"")  # a short block of somebody else: ask again
            return
        self._store.append(self._piece.path, part)
        if written + len(part) < self._piece.length:
            self._written = written + len(part)
        else:
            self._written = None

    def _next(self) -> None:
        self._start += self._piece.length
        self._damaged, self._is_begun = 0, False
        if self.head is None:
            raw = self._store.read(MANIFEST, 0, release.ENTRY_LENGTH_MAX)
            self.head, self._entry_at = release.read_head(raw)
        elif self._done < self.head.files:
            self._done += 1
        if self._done == self.head.files:
            if self._entry_at != self._manifest_length:
                raise Malformed("bytes follow the manifest")
            self.is_whole = True
            return
        self._piece = self._read_entry(self._piece.path if self._done else "")

    def _read_entry(self, path_before: str) -> release.Entry:
        raw = self._store.read(MANIFEST, self._entry_at, release.ENTRY_LENGTH_MAX)
        entry, length = release.read_entry(raw, 0)
        self._entry_at += length
        if entry.path <= path_before or entry.path == MANIFEST:
            raise Malformed("the files do not stand in rising order, each once")
        if self._start + entry.length > release.MANIFEST_LENGTH_MAX + release.CONTENT_LENGTH_MAX:
            raise TooLarge("the release is too large")
        return entry


def _size(store: "Store", name: str) -> "int | None":
    """Return the length of a file, None when there is none."""
    try:
        return store.size(name)
    except OSError:
        return None
