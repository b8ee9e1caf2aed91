"""The logbook: the newest events of this power cycle in memory, for a person at the USB port.

It is told nothing: at each step it looks at the box and notes what changed. Records are the
truth about money; this is about why a box is silent.
"""

from jimpitan_wire import records

MYPY = False
if MYPY:
    from jimpitan_box.box import Box

ENTRIES_MAX = 48


class Logbook:
    """A ring of [uptime_ms, word, number] entries, oldest first."""

    def __init__(self) -> None:
        self.entries: "list[list[object]]" = []
        self.forgotten = 0
        self._seen: "dict[str, int]" = {}
        self._online, self._acked, self._dropped, self._head = False, -1, -1, 0

    def note(self, uptime_ms: int, word: str, number: int = 0) -> None:
        """Keep one event; the oldest makes room."""
        if len(self.entries) == ENTRIES_MAX:
            self.entries.pop(0)
            self.forgotten += 1
        self.entries.append([uptime_ms, word, number])

    def look(self, box: "Box") -> None:
        """Note what changed since the last look."""
        keeper = box.keeper
        acked, dropped, is_online = keeper.cursor.acked, keeper.dropped, box.is_online
        kept = keeper.head
        # Most looks see nothing new, and every step of the box ends with one.
        if (
            kept == self._head
            and acked == self._acked
            and dropped == self._dropped
            and is_online == self._online
        ):
            return
        self._online, self._acked, self._dropped = is_online, acked, dropped
        self._head = kept
        self._note_change(box.uptime_ms, "online", 1 if is_online else 0)
        self._note_change(box.uptime_ms, "acked", acked)
        self._note_change(box.uptime_ms, "dropped", dropped)
        head = self._seen.get("kept", 0)
        if kept != head:
            self._note_change(box.uptime_ms, "kept", kept)
        lid = box.health[records.HEARTBEAT_LID_OPEN] if kept != head else None
        if lid is not None:
            self._note_change(box.uptime_ms, "lid_open", 1 if lid else 0)

    def _note_change(self, uptime_ms: int, word: str, number: int) -> None:
        before = self._seen.get(word)
        self._seen[word] = number
        if before != number and (before is not None or number):
            self.note(uptime_ms, word, number)
