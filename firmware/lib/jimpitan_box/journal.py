"""The journal: sealed records in segments on flash, kept before they are sent.

A segment is a file of frames with consecutive sequence numbers, named after the first one. A
jump in the numbers, or bytes that a power cut tore, begin a new segment; nothing is ever
appended behind torn bytes. Only `prune` removes, and only what was acknowledged long ago.
"""

from jimpitan_wire import cose, records
from jimpitan_wire.errors import WireError

from jimpitan_box import frames

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.ports import Store

PREFIX = "j"


class Segment:
    """One file of frames: the sequence number it begins with and its length in bytes."""

    def __init__(self, first_seq: int, length: int) -> None:
        self.first_seq = first_seq
        self.length = length
        self.name = "%s%08x" % (PREFIX, first_seq)


class Journal:
    """Records by sequence number, oldest first, on one `Store`."""

    def __init__(self, store: "Store", config: "Config") -> None:
        self._store = store
        self._config = config
        self._segments: "list[Segment]" = []
        self._is_sealed = True  # no more may be appended to the last segment
        self._reader = (0, 0, 0)  # (first_seq of the segment, next seq, offset)
        self._left_behind = (0, 0)  # (first_seq of the oldest segment, wall time behind it)
        self.last_seq = 0
        self.last_boot = 0
        self.last_epoch = 0
        self.prev = records.PREV_NONE
        self.torn_length = 0  # bytes behind the last whole record
        self.bytes_used = 0

    def load(self) -> None:
        """Find the segments and the end of the last one; tell torn bytes from whole ones."""
        names = [name for name in self._store.names() if name[:1] == PREFIX]
        for first_seq in sorted([int(name[1:], 16) for name in names]):
            segment = Segment(first_seq, 0)
            segment.length = self._store.size(segment.name)
            self.bytes_used += segment.length
            self._segments.append(segment)
        for index in range(len(self._segments) - 1, -1, -1):
            if self._load_end(self._segments[index], index == len(self._segments) - 1):
                return

    def _load_end(self, segment: Segment, is_last: bool) -> bool:
        """Scan one segment to its end; return whether it holds a record at all."""
        offset, count, envelope = 0, 0, b""
        while True:
            content = self._frame_at(segment, offset)
            if content is None:
                break
            envelope = content
            offset += frames.HEAD_LENGTH + len(content)
            count += 1
        if is_last:
            self.torn_length = segment.length - offset
            self._is_sealed = self.torn_length > 0
            self.last_seq = segment.first_seq - 1
        if not count:
            return False
        if is_last:
            self.last_seq += count
        self.prev = cose.tag_of(envelope)[: records.PREV_LENGTH]
        try:
            fields = records.parse(cose.payload_of(envelope))
            self.last_boot = int(str(fields[records.BOOT]))
            self.last_epoch = int(str(fields[records.EPOCH]))
        except WireError:
            self.last_boot = 0
        return True

    def has_room(self, is_urgent: bool) -> bool:
        """Return whether a record of any size fits; urgent ones may use half of the reserve."""
        reserve = self._config.journal_reserve_bytes
        if is_urgent:
            reserve //= 2
        return self.bytes_used + frames.CONTENT_LENGTH_MAX + reserve < (
            self._config.journal_bytes_max
        )

    def append(self, seq: int, envelope: bytes) -> None:
        """Keep one record, durable when this returns; raise OSError when the flash refuses."""
        content = frames.frame(envelope)
        segment = self._segment_for(seq, len(content))
        try:
            self._store.append(segment.name, content)
        except OSError:
            self._is_sealed = True
            raise
        if not self._segments or segment is not self._segments[-1]:
            self._segments.append(segment)
        segment.length += len(content)
        self.bytes_used += len(content)
        self._is_sealed = False
        self.last_seq = seq
        self.prev = cose.tag_of(envelope)[: records.PREV_LENGTH]

    def _segment_for(self, seq: int, length: int) -> Segment:
        if self._segments and not self._is_sealed and seq == self.last_seq + 1:
            last = self._segments[-1]
            if last.length + length <= self._config.segment_bytes_max:
                return last
        fresh = Segment(seq, 0)
        if fresh.name in self._store.names():
            self._drop_unkept(fresh)
        return fresh

    def _drop_unkept(self, fresh: Segment) -> None:
        """Remove a file whose first record was refused by the flash and never kept."""
        self._store.remove(fresh.name)
        if self._segments and self._segments[-1].first_seq == fresh.first_seq:
            self.bytes_used -= self._segments.pop().length

    def read(self, seq: int, count_max: int, length_max: int) -> "tuple[list[bytes], int]":
        """Return (records from `seq` on, 0), or ([], last lost number) when they are gone.

        At most `count_max` records and `length_max` bytes, from one segment; ([], 0) at the
        end of the journal.
        """
        if seq > self.last_seq:
            return [], 0
        index = self._segment_of(seq)
        if index < 0:
            return [], (self._segments[0].first_seq - 1 if self._segments else self.last_seq)
        is_last = index == len(self._segments) - 1
        end_seq = self.last_seq if is_last else self._segments[index + 1].first_seq - 1
        envelopes = self._read_segment(
            self._segments[index], seq, min(count_max, end_seq - seq + 1), length_max
        )
        return (envelopes, 0) if envelopes else ([], end_seq)

    def _segment_of(self, seq: int) -> int:
        index = len(self._segments) - 1
        while index >= 0 and self._segments[index].first_seq > seq:
            index -= 1
        return index

    def _read_segment(
        self, segment: Segment, seq: int, count_max: int, length_max: int
    ) -> "list[bytes]":
        first, at_seq, offset = self._reader
        if first != segment.first_seq or at_seq > seq:
            at_seq, offset = segment.first_seq, 0
        envelopes: "list[bytes]" = []
        length = 0
        while len(envelopes) < count_max:
            content = self._frame_at(segment, offset)
            if content is None or length + len(content) > length_max:
                break
            if at_seq >= seq:
                envelopes.append(content)
                length += len(content)
            at_seq += 1
            offset += frames.HEAD_LENGTH + len(content)
        self._reader = (segment.first_seq, at_seq, offset)
        return envelopes

    def _frame_at(self, segment: Segment, offset: int) -> "bytes | None":
        head = self._store.read(segment.name, offset, frames.HEAD_LENGTH)
        length = frames.content_length(head)
        if not length:
            return None
        content = self._store.read(segment.name, offset + frames.HEAD_LENGTH, length)
        return content if frames.is_whole(head, content) else None

    def prune(self, acked: int, wall_s: int) -> bool:
        """Remove the oldest segment if it was acknowledged and is old; return whether it was.

        Old means: a record behind it was stamped more than seven days ago, by a known clock.
        Without such a record nothing is removed.
        """
        if len(self._segments) < 2 or acked < self._segments[1].first_seq - 1:
            return False
        kept_since_s = self._left_behind_s()
        if kept_since_s is None or wall_s - kept_since_s < self._config.kept_after_ack_s:
            return False
        oldest = self._segments[0]
        self._store.remove(oldest.name)
        self._segments.pop(0)
        self.bytes_used -= oldest.length
        return True

    def _left_behind_s(self) -> "int | None":
        """Return the first known wall time behind the oldest segment; it cannot change."""
        oldest = self._segments[0].first_seq
        if self._left_behind[0] != oldest:
            for segment in self._segments[1:]:
                wall_s = self._first_wall_s(segment)
                if wall_s is not None:
                    self._left_behind = (oldest, wall_s)
                    return wall_s
            return None
        return self._left_behind[1]

    def _first_wall_s(self, segment: Segment) -> "int | None":
        offset = 0
        while True:
            content = self._frame_at(segment, offset)
            if content is None:
                return None
            wall_s = records.parse(cose.payload_of(content))[records.WALL_S]
            if isinstance(wall_s, int):
                return wall_s
            offset += frames.HEAD_LENGTH + len(content)
