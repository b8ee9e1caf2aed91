"""`jimpitan_box.ports.Store` in one folder of the board's file system.

On LittleFS a file is durable when it is closed, and a rename replaces at once; both were cut
off from power at every flash operation in trials without losing a closed file.
"""

import os

TEMPORARY = "~"
IS_FOLDER = 0x4000  # in the mode that os.stat returns


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


class SlotStore(FolderStore):
    """The files of one slot; a name may have one folder in front, which is made when missing."""

    def names(self) -> "list[str]":
        """Return the names of all files, those in folders as `folder/name`."""
        found: "list[str]" = []
        for name in os.listdir(self._folder):
            path = self._path(name)
            if os.stat(path)[0] & IS_FOLDER:
                found += [name + "/" + inner for inner in os.listdir(path)]
            else:
                found.append(name)
        return found

    def append(self, name: str, content: bytes) -> None:
        """Append; durable when this returns."""
        parts = name.split("/")
        if len(parts) == 2:
            try:
                os.mkdir(self._path(parts[0]))
            except OSError:
                os.stat(self._path(parts[0]))
        FolderStore.append(self, name, content)
