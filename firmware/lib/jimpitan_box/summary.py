"""The running summary: what a box counts when its journal is full and no record may go."""

from jimpitan_wire import cbor, records
from jimpitan_wire.errors import WireError

from jimpitan_box import frames

MYPY = False
if MYPY:
    from jimpitan_box.ports import Store

NAME = "summary"


class Summary:
    """Counts since the journal was full, in one small file that is replaced as a whole."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._counts: "list[int]" = []  # id, deposits, others, first_ms, last_ms

    @property
    def is_running(self) -> bool:
        """Return whether anything waits to become a record."""
        return bool(self._counts)

    @property
    def id(self) -> int:
        """Return the last sequence number that was kept before this summary began."""
        return self._counts[0] if self._counts else 0

    def load(self) -> None:
        """Read a summary that an earlier boot left."""
        if NAME not in self._store.names():
            return
        content = frames.unframe(self._store.read(NAME, 0, 64))
        try:
            counts = cbor.decode(content) if content else None
        except WireError:
            counts = None
        if isinstance(counts, list) and len(counts) == 5:
            self._counts = counts

    def add(self, kind: int, last_seq: int, uptime_ms: int) -> None:
        """Count one fact that found no room; durable when this returns."""
        counts = list(self._counts) or [last_seq, 0, 0, uptime_ms, uptime_ms]
        counts[1 if kind == records.DEPOSIT else 2] += 1
        counts[4] = uptime_ms
        self._store.replace(NAME, frames.frame(cbor.encode(counts)))
        self._counts = counts

    def body(self) -> "dict[int, object]":
        """Return the body of the record that this summary becomes."""
        keys = (
            records.SUMMARY_ID,
            records.SUMMARY_DEPOSITS,
            records.SUMMARY_OTHERS,
            records.SUMMARY_FIRST_MS,
            records.SUMMARY_LAST_MS,
        )
        return {key: self._counts[index] for index, key in enumerate(keys)}

    def clear(self) -> None:
        """Forget the counts after their record was kept."""
        self._counts = []
        if NAME in self._store.names():
            self._store.remove(NAME)
