"""What a box remembers beside its records: acknowledged up to, last command, boots, head."""

from jimpitan_box import notes

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store

NAME = "cursor"
LENGTH_MAX = 64


class Cursor:
    """Four numbers in one small file that is replaced as a whole."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self.acked = 0
        self.down_counter = 0
        self.boot = 0
        self.head = 0
        self.is_found = False

    def load(self) -> None:
        """Read the file; without one, or with a torn one, everything stays zero."""
        numbers = notes.read_list(self._store, NAME, LENGTH_MAX, 4)
        if numbers is not None:
            self.acked, self.down_counter, self.boot, self.head = [int(str(n)) for n in numbers]
            self.is_found = True

    def save(self) -> None:
        """Write the four numbers; raise OSError when the flash refuses."""
        numbers: "list[object]" = [self.acked, self.down_counter, self.boot, self.head]
        notes.write_list(self._store, NAME, numbers)
