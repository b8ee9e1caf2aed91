"""A flash that never fails and a network that is not there, for experiments on sensors alone."""

from dataclasses import dataclass, field

from jimpitan_simulator.physics.battery import Battery

CHARGE_ON_MAINS = 0.98
LOAD_MA = 46  # always on: radio, beams and scale (CALC)


@dataclass(slots=True)
class Shelf:
    """`Store`, `Floor` and `Sensors` of a box whose memory is not what is tried."""

    battery: Battery
    files: dict[str, bytes] = field(default_factory=dict)
    seq: int = 0

    def names(self) -> list[str]:
        """Return the names of all files."""
        return list(self.files)

    def size(self, name: str) -> int:
        """Return the length of a file."""
        return len(self._content(name))

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return a part of a file."""
        return self._content(name)[start : start + length]

    def append(self, name: str, content: bytes) -> None:
        """Append to a file."""
        self.files[name] = self.files.get(name, b"") + content

    def replace(self, name: str, content: bytes) -> None:
        """Put a new content in place."""
        self.files[name] = content

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._content(name)
        del self.files[name]

    def get(self) -> int:
        """Return the highest number used."""
        return self.seq

    def put(self, seq: int) -> None:
        """Set the highest number used."""
        self.seq = seq

    def battery_mv(self) -> int:
        """Return the voltage of a battery on mains."""
        return self.battery.read(CHARGE_ON_MAINS, LOAD_MA)

    def heap_free(self) -> int:
        """Return 0: there is no heap of its own."""
        return 0

    def is_on_mains(self) -> bool:
        """Return True: naps are ordered by the experiment."""
        return True

    def rssi_dbm(self) -> int:
        """Return 0: there is no radio."""
        return 0

    def _content(self, name: str) -> bytes:
        if name not in self.files:
            raise OSError(f"there is no {name}")
        return self.files[name]


class Airless:
    """`Net` that cannot be opened."""

    def open(self) -> None:
        """Refuse."""
        raise OSError("there is no network")

    def is_open(self) -> bool:
        """Return False."""
        return False

    def read(self, length: int) -> bytes | None:  # noqa: ARG002 - the port asks so
        """Return None: nothing comes of any length."""
        return None

    def write(self, content: bytes) -> int | None:  # noqa: ARG002 - the port asks so
        """Return None: nothing is taken."""
        return None

    def close(self) -> None:
        """Do nothing."""
