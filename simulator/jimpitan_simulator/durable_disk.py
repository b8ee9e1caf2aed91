"""A disk whose power can be cut: what SQLite did not sync is gone, as on a real machine.

Killing a process loses nothing, because the kernel still holds what was written. So this
watches SQLite's own `xSync` calls through a shim of its default file system (sqlite3_vfs, see
sqlite.org/c3ref/vfs.html) and copies each synced file aside. A power cut then is: kill the
process, and put those copies in place of the files.
"""

import _sqlite3
import contextlib
import ctypes
import os
import shutil
import threading
from pathlib import Path

SUFFIX = ".durable"
NAMES = ("", "-wal", "-journal")
FUNCTION = ctypes.c_void_p


class Methods(ctypes.Structure):
    """The head of sqlite3_io_methods up to xSync, and room for what follows."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", FUNCTION),
        ("read", FUNCTION),
        ("write", FUNCTION),
        ("truncate", FUNCTION),
        ("sync", FUNCTION),
        ("rest", FUNCTION * 13),
    )


class File(ctypes.Structure):
    """sqlite3_file: it begins with the pointer to its methods."""

    _fields_ = (("methods", ctypes.POINTER(Methods)),)


class FileSystem(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_length", ctypes.c_int),
        ("path_length_max", ctypes.c_int),
        ("following", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("application", ctypes.c_void_p),
        ("open", FUNCTION),
        ("delete", FUNCTION),
        ("rest", FUNCTION * 13),
    )


Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,  # the path, passed on as the pointer it is: SQLite keeps it
    ctypes.POINTER(File),
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_int),
)
Delete = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(File), ctypes.c_int)
_alive: list[object] = []  # what C points to must not be collected
_one_at_a_time = threading.Lock()  # two connections may sync one file


class Watch:
    """The shim: the default file system of SQLite with three of its functions wrapped."""

    def __init__(self, original: FileSystem) -> None:
        self.system = FileSystem.from_buffer_copy(original)
        self._open_original = Open(original.open)
        self._delete_original = Delete(original.delete)
        self._paths: dict[int, str] = {}
        self._syncs: dict[int, ctypes._FuncPointer] = {}
        self._methods: dict[int, Methods] = {}
        # C keeps pointers to these, so they live as long as this object.
        self._wrapped = (Open(self._open), Delete(self._delete), Sync(self._sync))
        self.system.name = b"watched"
        self.system.open = ctypes.cast(self._wrapped[0], FUNCTION).value
        self.system.delete = ctypes.cast(self._wrapped[1], FUNCTION).value

    def _open(
        self,
        system: int,
        path: int | None,
        file: "ctypes._Pointer[File]",
        flags: int,
        flags_out: "ctypes._Pointer[ctypes.c_int]",
    ) -> int:
        code = int(self._open_original(system, path, file, flags, flags_out))
        if code or not path or not file.contents.methods:
            return code
        methods = file.contents.methods.contents
        at = ctypes.addressof(methods)
        if at not in self._methods:
            copied = Methods.from_buffer_copy(methods)
            copied.sync = ctypes.cast(self._wrapped[2], FUNCTION).value
            self._methods[at] = copied
        address = ctypes.addressof(file.contents)
        self._paths[address] = os.fsdecode(ctypes.string_at(path))
        self._syncs[address] = Sync(methods.sync)
        file.contents.methods = ctypes.pointer(self._methods[at])
        return code

    def _sync(self, file: "ctypes._Pointer[File]", flags: int) -> int:
        address = ctypes.addressof(file.contents)
        code = int(self._syncs[address](file, flags))
        if not code:
            _copy(self._paths[address])
        return code

    def _delete(self, system: int, path: bytes, sync_folder: int) -> int:
        Path(os.fsdecode(path) + SUFFIX).unlink(missing_ok=True)
        return int(self._delete_original(system, path, sync_folder))


def install() -> None:
    """Make the watching file system SQLite's default in this process."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(FileSystem)
    watch = Watch(library.sqlite3_vfs_find(None).contents)
    _alive.append(watch)
    if library.sqlite3_vfs_register(ctypes.byref(watch.system), 1):
        raise OSError("SQLite did not take the watching file system")


def _copy(path: str) -> None:
    """Set aside what is now on the platter; the copy itself is replaced at once."""
    with _one_at_a_time, contextlib.suppress(FileNotFoundError):
        shutil.copyfile(path, path + SUFFIX + "~")
        os.replace(path + SUFFIX + "~", path + SUFFIX)


def lose_unsynced(path: Path) -> int:
    """Put a database back to what was synced; return how many bytes that changed.

    To be called when the process is dead.
    """
    changed = 0
    for name in NAMES:
        file, copy = Path(f"{path}{name}"), Path(f"{path}{name}{SUFFIX}")
        before = file.read_bytes() if file.exists() else b""
        after = copy.read_bytes() if copy.exists() else b""
        changed += abs(len(before) - len(after)) + sum(
            left != right for left, right in zip(before, after, strict=False)
        )
        if copy.exists():
            shutil.copyfile(copy, file)
        else:
            file.unlink(missing_ok=True)
    Path(f"{path}-shm").unlink(missing_ok=True)
    return changed
