"""The shapes of what a box is given from outside; read by type checkers and people only.

Device code imports this module under `if MYPY`, a name that type checkers take as true and
interpreters as false, because MicroPython has no `typing`.
"""

from typing import Protocol


class Store(Protocol):
    """Files on flash. Every method raises OSError when the flash refuses."""

    def names(self) -> list[str]:
        """Return the names of all files, in any order."""
        ...

    def size(self, name: str) -> int:
        """Return the length of a file in bytes; raise OSError when there is none."""
        ...

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; fewer at the end of the file."""
        ...

    def append(self, name: str, content: bytes) -> None:
        """Append to a file, which is made when missing; durable when this returns."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Put a whole new content in place at once; durable when this returns."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; raise OSError when there is none."""
        ...


class Floor(Protocol):
    """A number outside the file system (NVS) that survives when all files are gone."""

    def get(self) -> int:
        """Return the highest sequence number that may have been used."""
        ...

    def put(self, seq: int) -> None:
        """Set it; durable when this returns."""
        ...


class Net(Protocol):
    """One TCP (or TLS) connection to the broker, never blocking."""

    def open(self) -> None:
        """Begin to connect; raise OSError when that is impossible at once."""
        ...

    def is_open(self) -> bool:
        """Return whether the connection stands; raise OSError when it failed."""
        ...

    def read(self, length: int) -> bytes | None:
        """Return what came, None when nothing did, b"" when the peer closed."""
        ...

    def write(self, content: bytes) -> int | None:
        """Return how many bytes were taken, None when none can be now."""
        ...

    def close(self) -> None:
        """End the connection; closing twice is allowed."""
        ...


class Sensors(Protocol):
    """What the box can ask about itself."""

    def battery_mv(self) -> int:
        """Return the battery voltage in millivolt, 0 when there is no battery."""
        ...

    def heap_free(self) -> int:
        """Return the free bytes of the heap, 0 when unknown."""
        ...

    def is_on_mains(self) -> bool:
        """Return whether power comes from outside; True where nobody can know."""
        ...

    def rssi_dbm(self) -> int:
        """Return the Wi-Fi signal in dBm, 0 when unknown."""
        ...


class Memory(Protocol):
    """A few bytes (RTC memory) that outlive a brown-out and hold anything after a power cut."""

    def get(self) -> bytes:
        """Return the bytes."""
        ...

    def put(self, content: bytes) -> None:
        """Set the bytes."""
        ...


class Vault(Protocol):
    """Values outside the file system (NVS): identity and key, each whole or not there."""

    def get(self, name: str) -> bytes:
        """Return a value, b"" when there is none."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Set a value, or erase it with b""; durable when this returns; OSError when refused."""
        ...


class Examiner(Protocol):
    """What a board can try out on itself while somebody stands beside it."""

    def selftest(self) -> list[tuple[str, bool, str]]:
        """Return (name, is good, what was found) for each part that was tried, within 2 s."""
        ...


class Answerer(Protocol):
    """What the console can ask of the box."""

    def run(self, word: str, arguments: list[object], brought: bytes) -> object:
        """Return the answer to a request, or raise `console.Refused`."""
        ...
