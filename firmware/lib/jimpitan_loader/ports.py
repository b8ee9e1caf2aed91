"""The shape of what the loader is given from outside; read by type checkers and people only."""

from typing import Protocol


class Store(Protocol):
    """Files on flash; every method raises OSError when the flash refuses."""

    def names(self) -> list[str]:
        """Return the names of all files, in any order."""
        ...

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Put a whole new content in place at once; durable when this returns."""
        ...
