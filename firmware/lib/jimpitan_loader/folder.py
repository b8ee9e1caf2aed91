"""`jimpitan_loader.ports.Store` in one folder of the board's file system.

The firmware has such a store of its own; this one is apart, because what starts a box must not
hang on a file that an update replaces.
"""

import os

TEMPORARY = "~"


class Folder:
    """Small files that are read and replaced as a whole; the folder is made when missing."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            os.mkdir(path)
        except OSError:
            os.stat(path)  # it stands already; anything else is raised here

    def names(self) -> "list[str]":
        """Return the names of all files but those half written."""
        return [name for name in os.listdir(self._path) if name[:1] != TEMPORARY]

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        with open(self._path + "/" + name, "rb") as file:
            file.seek(start)
            return file.read(length)

    def replace(self, name: str, content: bytes) -> None:
        """Replace by rename; durable when this returns."""
        temporary = self._path + "/" + TEMPORARY + name
        with open(temporary, "wb") as file:
            file.write(content)
        os.rename(temporary, self._path + "/" + name)
