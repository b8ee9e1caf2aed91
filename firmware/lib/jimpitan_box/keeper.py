"""Keep facts: stamp each with a number that is never used again, then put it in the journal."""

from jimpitan_wire import cose, records
from jimpitan_wire.errors import WireError

from jimpitan_box import frames
from jimpitan_box.cursor import Cursor
from jimpitan_box.journal import Journal
from jimpitan_box.stamp import Stamp
from jimpitan_box.summary import Summary

MYPY = False
if MYPY:
    from jimpitan_box.clock import WallClock
    from jimpitan_box.config import Config
    from jimpitan_box.ports import Floor, Store

FRAME_LENGTH_MAX = frames.HEAD_LENGTH + frames.CONTENT_LENGTH_MAX
GAPS_MAX = 64
FLOOR_STEP = 256  # numbers reserved in NVS at once, so that NVS is seldom written
URGENT = (
    records.LID_OPENED,
    records.LID_CLOSED,
    records.TAMPER,
    records.JOURNAL_GAP,
    records.RUNNING_SUMMARY,
    records.BOOT_KIND,
    records.FIRMWARE_CHANGED,
)


class Keeper:
    """The memory of one box in one power cycle."""

    def __init__(
        self,
        *,
        box: str,
        epoch: int,
        key: cose.Key,
        store: "Store",
        floor: "Floor",
        clock: "WallClock",
        config: "Config",
    ) -> None:
        self._clock = clock
        self._floor = floor
        self.journal = Journal(store, config)
        self.cursor = Cursor(store)
        self._summary = Summary(store)
        self.dropped = 0
        self._gaps: "list[tuple[int, int, int]]" = []
        self._declared: "list[tuple[int, int]]" = []
        self._load()
        self._stamp = Stamp(box, epoch, key, self.cursor.boot)

    def _load(self) -> None:
        journal, cursor = self.journal, self.cursor
        journal.load()
        cursor.load()
        self._summary.load()
        floor = self._floor.get()
        self._next_seq = max(journal.last_seq, cursor.acked) + 1
        if floor and (not cursor.is_found or journal.last_seq < cursor.head):
            self._skip_to(journal.last_seq, floor, records.GAP_LOST)
        elif journal.torn_length > FRAME_LENGTH_MAX:
            # More than the record under way is gone, and some of it may have been sent.
            self._skip_to(journal.last_seq, max(floor, journal.last_seq + 1), records.GAP_LOST)
        elif journal.torn_length:
            self._skip_to(journal.last_seq, journal.last_seq + 1, records.GAP_TORN)
        cursor.boot = max(cursor.boot, journal.last_boot) + 1
        cursor.head = max(cursor.head, journal.last_seq)
        cursor.save()

    def _skip_to(self, last_seq: int, lost_to: int, reason: int) -> None:
        if lost_to > last_seq:
            self._gaps.append((last_seq + 1, lost_to, reason))
            self._declared.append((last_seq + 1, lost_to))
        self._next_seq = max(self._next_seq, lost_to + 1)

    @property
    def boot(self) -> int:
        """Return the number of this power cycle."""
        return self.cursor.boot

    @property
    def head(self) -> int:
        """Return the sequence number of the last record kept."""
        return self.journal.last_seq

    @property
    def unacked(self) -> int:
        """Return how many kept records the server has not acknowledged."""
        return max(0, self.journal.last_seq - self.cursor.acked)

    @property
    def next_seq(self) -> int:
        """Return the number that the next record will have."""
        return self._next_seq

    def settle(self, uptime_ms: int) -> None:
        """Turn what waits into records as soon as there is room: gaps, then a summary."""
        while self._gaps and self.journal.has_room(True):
            lost_from, lost_to, reason = self._gaps[0]
            body: "dict[int, object]" = {
                records.GAP_FROM: lost_from,
                records.GAP_TO: lost_to,
                records.GAP_REASON: reason,
            }
            if not self._write(records.JOURNAL_GAP, body, uptime_ms):
                return
            self._gaps.pop(0)
        if self._summary.is_running and self.journal.has_room(False):
            if self._is_summary_kept() or self._write(
                records.RUNNING_SUMMARY, self._summary.body(), uptime_ms
            ):
                self._summary.clear()

    def _is_summary_kept(self) -> bool:
        """Return whether a power cut came between the summary's record and its removal."""
        envelopes, _ = self.journal.read(self.journal.last_seq, 1, records.MESSAGE_LENGTH_MAX)
        if not envelopes:
            return False
        try:
            fields = records.parse(cose.payload_of(envelopes[0]))
        except WireError:
            return False
        body = fields[records.BODY]
        return (
            fields[records.KIND] == records.RUNNING_SUMMARY
            and isinstance(body, dict)
            and body.get(records.SUMMARY_ID) == self._summary.id
        )

    def keep(self, kind: int, body: "dict[int, object]", uptime_ms: int) -> bool:
        """Keep one fact; return whether it has a record of its own.

        On a full journal deposits and openings are counted in the running summary, which is
        kept too; a heartbeat is dropped. What even the summary cannot take is counted.
        """
        is_waiting = self._summary.is_running and kind == records.DEPOSIT
        if self.journal.has_room(kind in URGENT) and not is_waiting:
            if self._write(kind, body, uptime_ms):
                return True
        if kind == records.HEARTBEAT:
            return False
        try:
            self._summary.add(kind, self.journal.last_seq, uptime_ms)
        except OSError:
            self.dropped += 1
        return False

    def _write(self, kind: int, body: "dict[int, object]", uptime_ms: int) -> bool:
        seq = self._next_seq
        wall = self._clock.read(uptime_ms)
        try:
            if seq > self._floor.get():
                self._floor.put(seq + FLOOR_STEP)
            envelope = self._stamp.seal(
                seq=seq,
                prev=self.journal.prev,
                uptime_ms=uptime_ms,
                wall=wall,
                kind=kind,
                body=body,
            )
            self.journal.append(seq, envelope)
        except OSError:
            return False
        self._next_seq = seq + 1
        return True

    def acknowledge(self, seq: int, counter: int) -> None:
        """Obey the server's word, up or down; raise OSError when the flash refuses."""
        self.cursor.acked = seq
        self.cursor.down_counter = counter
        self.cursor.head = self.journal.last_seq
        if seq >= self._next_seq:
            self._next_seq = seq + 1
        self.cursor.save()

    def lost(self, lost_from: int, lost_to: int) -> None:
        """Declare numbers that cannot be read any more, once a boot."""
        waiting = [(gap_from, gap_to) for gap_from, gap_to, _ in self._gaps]
        if len(waiting) == GAPS_MAX or (lost_from, lost_to) in waiting:
            return  # the same bytes are found lost again when there is room to say so
        if (lost_from, lost_to) not in self._declared:
            self._declared = self._declared[-15:] + [(lost_from, lost_to)]
            self._gaps.append((lost_from, lost_to, records.GAP_LOST))
