"""What a box remembers beside its records: acknowledged up to, last command, boots, head."""

from jimpitan_wire import cbor
from jimpitan_wire.errors import WireError

from jimpitan_box import frames

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store

NAME = "cursor"


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
        if NAME not in self._store.names():
            return
        content = frames.unframe(self._store.read(NAME, 0, 64))
        if content is None:
            return
        try:
            numbers = cbor.decode(content)
        except WireError:
            return
        if isinstance(numbers, list) and len(numbers) == 4:
            self.acked, self.down_counter, self.boot, self.head = numbers
            self.is_found = True

    def save(self) -> None:
        """Write the four numbers; raise OSError when the flash refuses."""
        numbers = [self.acked, self.down_counter, self.boot, self.head]
        self._store.replace(NAME, frames.frame(cbor.encode(numbers)))
