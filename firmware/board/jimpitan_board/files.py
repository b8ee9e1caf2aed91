"""`jimpitan_box.ports.Store` in one folder of the board's file system.

On LittleFS a file is durable when it is closed, and a rename replaces at once; both were cut
off from power at every flash operation in trials without losing a closed file.
"""

import os

TEMPORARY = "~"


class FolderStore:
    """Files of one folder, which is made when it is missing."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        try:
            os.mkdir(folder)
        except OSError:
            os.stat(folder)  # it stands already; anything else is raised here

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def names(self) -> "list[str]":
        """Return the names of all files but those half written."""
        return [name for name in os.listdir(self._folder) if name[:1] != TEMPORARY]

    def size(self, name: str) -> int:
        """Return the length of a file in bytes."""
        return os.stat(self._path(name))[6]

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        with open(self._path(name), "rb") as file:
            file.seek(start)
            return file.read(length)

    def append(self, name: str, content: bytes) -> None:
        """Append; durable when this returns."""
        with open(self._path(name), "ab") as file:
            file.write(content)

    def replace(self, name: str, content: bytes) -> None:
        """Replace by rename; durable when this returns."""
        with open(self._path(TEMPORARY + name), "wb") as file:
            file.write(content)
        os.rename(self._path(TEMPORARY + name), self._path(name))

    def remove(self, name: str) -> None:
        """Remove a file."""
        os.remove(self._path(name))
