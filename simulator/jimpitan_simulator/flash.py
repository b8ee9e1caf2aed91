"""Flash as it is: LittleFS on blocks that keep exactly what was written before the power went.

A cut is armed to strike inside the n-th program or erase from now. From that moment the image
is frozen, with the struck operation torn; the file system finishes what it was doing on a
throw-away copy, and the store then raises `PowerCut`, so that nothing later can be told to
anybody. littlefs itself never sees an error that a dead chip could not report.
"""

import copy
import random
import zlib
from collections.abc import Iterable
from typing import Any

from littlefs import LittleFS, UserContext
from littlefs.errors import LittleFSError

BLOCK_LENGTH = 4096
UNIT_LENGTH = 32  # program and read size of MicroPython's VfsLfs2
CACHE_LENGTH = 128  # four units, as VfsLfs2 makes it
TEMPORARY = "~"
FILE = 1  # LFS_TYPE_REG


class PowerCut(Exception):
    """The power went while the flash was being written; this boot is over."""

    def __init__(self, operation: str, length_done: int) -> None:
        super().__init__(f"the power went inside a flash {operation}")
        self.operation = operation
        self.length_done = length_done


class Flash(UserContext):
    """One flash chip: blocks that are erased to ones and programmed to what is given."""

    def __init__(self, blocks: int, image: bytes | None = None) -> None:
        super().__init__(buffer=bytearray(image or b"\xff" * (blocks * BLOCK_LENGTH)))
        self.programs = 0
        self.erases = 0
        self._until_cut: int | None = None
        self._only = ""
        self._random = random.Random(0)
        self._frozen: bytes | None = None
        self.cut: PowerCut | None = None

    @property
    def image(self) -> bytes:
        """Return what a reader of the chip finds now."""
        return self._frozen if self._frozen is not None else bytes(self.buffer)

    def arm(self, operations: int, seed: int, *, only: str = "") -> None:
        """Cut the power inside the n-th program or erase from now, torn at a drawn byte.

        `only` counts and strikes one of the two: "program" or "erase".
        """
        self._until_cut = operations
        self._only = only
        self._random = random.Random(seed)

    def disarm(self) -> None:
        """Call the armed cut off."""
        self._until_cut = None

    def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:  # noqa: ARG002
        """Return `size` bytes; see littlefs' `lfs_config.read`."""
        start = block * BLOCK_LENGTH + off
        return bytearray(self.buffer[start : start + size])

    def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:  # noqa: ARG002
        """Program bytes; see littlefs' `lfs_config.prog`."""
        start = block * BLOCK_LENGTH + off
        self.programs += 1
        self._strike("program", start, bytes(data))
        self.buffer[start : start + len(data)] = data
        return 0

    def erase(self, cfg: Any, block: int) -> int:  # noqa: ARG002
        """Erase a block; see littlefs' `lfs_config.erase`."""
        start = block * BLOCK_LENGTH
        self.erases += 1
        self._strike("erase", start, b"\xff" * BLOCK_LENGTH)
        self.buffer[start : start + BLOCK_LENGTH] = b"\xff" * BLOCK_LENGTH
        return 0

    def sync(self, cfg: Any) -> int:  # noqa: ARG002
        """Do nothing: every operation is on the chip when it returns."""
        return 0

    def _strike(self, operation: str, start: int, content: bytes) -> None:
        if self._until_cut is None or self._frozen is not None:
            return
        if self._only not in {"", operation}:
            return
        self._until_cut -= 1
        if self._until_cut > 0:
            return
        length_done = self._random.randrange(len(content))
        frozen = bytearray(self.buffer)
        frozen[start : start + length_done] = content[:length_done]
        self._frozen = bytes(frozen)
        self.cut = PowerCut(operation, length_done)


class LittleStore:
    """`jimpitan_box.ports.Store` on a LittleFS in a `Flash`: its root, or one folder of it."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self._folder = ""
        blocks = len(flash.buffer) // BLOCK_LENGTH
        self._files = LittleFS(
            context=flash,
            mount=False,
            block_size=BLOCK_LENGTH,
            block_count=blocks,
            read_size=UNIT_LENGTH,
            prog_size=UNIT_LENGTH,
            cache_size=CACHE_LENGTH,
            lookahead_size=32,
        )
        try:
            self._files.mount()
        except LittleFSError:
            self._files.format()
            self._files.mount()
        self._check()

    def folder(self, name: str) -> "LittleStore":
        """Return the store of a folder, which is made when something is written there."""
        inner = copy.copy(self)
        inner._folder = f"{name}/"
        return inner

    def names(self) -> list[str]:
        """Return the names of all files, those one folder deeper as `folder/name`."""
        return self._names("") if self._folder else self._files_in("")[0]

    def _names(self, below: str) -> list[str]:
        files, folders = self._files_in(below)
        return files + [f"{one}/{name}" for one in folders for name in self._files_in(one)[0]]

    def _files_in(self, below: str) -> tuple[list[str], list[str]]:
        try:
            found = list(self._files.scandir(f"/{self._folder}{below}"))
        except LittleFSError:
            return [], []
        files = [one.name for one in found if one.type == FILE]
        folders = [one.name for one in found if one.type != FILE]
        return [name for name in files if not name.startswith(TEMPORARY)], folders

    def size(self, name: str) -> int:
        """Return the length of a file."""
        try:
            return int(self._files.stat(self._folder + name).size)
        except LittleFSError as error:
            raise OSError(str(error)) from error

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        with self._files.open(self._folder + name, "rb", buffering=0) as file:
            file.seek(start)
            return bytes(file.read(length))

    def append(self, name: str, content: bytes) -> None:
        """Append; durable when this returns."""
        try:
            self._files.stat(self._folder + name)
            mode = "ab"
        except LittleFSError:
            mode = "wb"
        self._write(name, mode, content)
        self._check()

    def replace(self, name: str, content: bytes) -> None:
        """Replace by rename; durable when this returns."""
        self._write(TEMPORARY + name, "wb", content)
        self._files.rename(self._folder + TEMPORARY + name, self._folder + name)
        self._check()

    def remove(self, name: str) -> None:
        """Remove a file."""
        try:
            self._files.remove(self._folder + name)
        except LittleFSError as error:
            raise OSError(str(error)) from error
        self._check()

    def _write(self, name: str, mode: str, content: bytes) -> None:
        path = self._folder + name
        try:
            if "/" in path:
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self._files.open(path, mode, buffering=0) as file:
                file.write(content)
        except LittleFSError as error:
            raise OSError(str(error)) from error

    def _check(self) -> None:
        if self._flash.cut is not None:
            raise self._flash.cut


def kept_envelopes(image: bytes) -> Iterable[bytes]:
    """Yield every whole record that a fresh reader finds in a flash image, oldest first.

    Written apart from the box's own journal, so that a bug there cannot hide itself.
    """
    store = LittleStore(Flash(0, image))
    segments = sorted((int(name[1:], 16), name) for name in store.names() if name[0] == "j")
    for index, (first_seq, name) in enumerate(segments):
        end_seq = segments[index + 1][0] if index + 1 < len(segments) else None
        content = store.read(name, 0, store.size(name))
        seq, at = first_seq, 0
        while at + 6 <= len(content) and (end_seq is None or seq < end_seq):
            length = int.from_bytes(content[at : at + 2], "big")
            envelope = content[at + 6 : at + 6 + length]
            if not length or len(envelope) < length or not _is_whole(content, at, envelope):
                break
            yield envelope
            seq, at = seq + 1, at + 6 + length


def _is_whole(content: bytes, at: int, envelope: bytes) -> bool:
    wanted = int.from_bytes(content[at + 2 : at + 6], "big")
    return zlib.crc32(content[at : at + 2] + envelope) == wanted
