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


class Slots(Protocol):
    """Which firmware runs and may run; `jimpitan_loader.slots.Slots` on a board."""

    attempt: int
    outcome: int
    reason: int
    is_told: bool
    about: bytes
    floor: int
    numbers: list[int]
    fingerprints: list[bytes]

    @property
    def is_on_trial(self) -> bool:
        """Return whether what runs has not been confirmed yet."""
        ...

    @property
    def fingerprint(self) -> bytes:
        """Return the fingerprint of what runs, 32 zeros as flashed at the bench."""
        ...

    def target(self) -> int:
        """Return the slot that an update may fill."""
        ...

    def slot_of(self, fingerprint: bytes) -> int:
        """Return the slot that holds this release whole, 0 when none does."""
        ...

    def forget(self, slot: int) -> None:
        """Note that a slot is going to be filled anew; OSError when the flash refuses."""
        ...

    def try_out(self, slot: int, *, fingerprint: bytes, number: int, attempt: int) -> None:
        """Let the next start run a slot on trial; OSError when the flash refuses."""
        ...

    def confirm(self, floor: int) -> None:
        """Let what runs stay; OSError when the flash refuses."""
        ...

    def fall_back(self, reason: int) -> None:
        """Go back to what ran before, from the next start on."""
        ...

    def answered(self, attempt: int, *, about: bytes, outcome: int, reason: int) -> None:
        """Note what became of an order that was dealt with without a trial."""
        ...

    def told(self) -> None:
        """Note that the box has kept a record of what became of the newest order."""
        ...

    def alive(self) -> None:
        """Note that what runs has run for a while."""
        ...


class Shelf(Protocol):
    """Where the firmware lies on this board, and what the board can run."""

    @property
    def slots(self) -> Slots:
        """Return the slots of this board, always the same object."""
        ...

    @property
    def machine(self) -> str:
        """Return what a release must be made for."""
        ...

    @property
    def floor(self) -> int:
        """Return the lowest number that may run once what runs is confirmed."""
        ...

    def slot(self, number: int) -> Store:
        """Return the files of a slot; a name may have one folder in front: `package/name`."""
        ...

    def notes(self) -> Store:
        """Return the files beside the slots."""
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


class Question(Protocol):
    """Something that is asked only when the answer matters."""

    def __call__(self) -> bool:
        """Return the answer as of now."""
        ...
