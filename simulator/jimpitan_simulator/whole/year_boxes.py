"""The pens of the year's boxes: facts become real records, stamped and sealed by the firmware."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jimpitan_box.stamp import Stamp
from jimpitan_wire import cose, records

from jimpitan_simulator.sense import Fact
from jimpitan_simulator.year.plan import BEGIN

CLOCK_UNCERTAINTY_S = 2


@dataclass(slots=True)
class Pen:
    """One box's stamp, its number and the tag before; it runs through the year on one boot."""

    box: str
    key: bytes
    seq: int = 0
    prev: bytes = records.PREV_NONE
    deposits: int = 0
    visit: int = 0
    _stamp: Stamp = field(init=False)

    def __post_init__(self) -> None:
        self._stamp = Stamp(self.box, 1, cose.Key(self.key), 1)

    def write(self, at: datetime, kind: int, body: dict[int, object]) -> bytes:
        """Return one sealed record."""
        self.seq += 1
        uptime_ms = int((at - BEGIN).total_seconds() * 1000) + 60_000
        raw = self._stamp.seal(
            seq=self.seq,
            prev=self.prev,
            uptime_ms=uptime_ms,
            wall=(int(at.timestamp()), CLOCK_UNCERTAINTY_S),
            kind=kind,
            body=body,
        )
        self.prev = cose.tag_of(raw)[: records.PREV_LENGTH]
        return raw


@dataclass(slots=True)
class Carried:
    """What boxes have kept and nobody has brought yet."""

    _by_box: dict[str, list[bytes]] = field(default_factory=dict)

    def take(self, pen: Pen, at: datetime, facts: Sequence[Fact]) -> None:
        """Keep what a box noticed."""
        kept = self._by_box.setdefault(pen.box, [])
        if pen.seq == 0:
            boot: dict[int, object] = {
                records.BOOT_CAUSE: 1,
                records.BOOT_VERSION: "year",
                records.BOOT_LAST_SEQ: 0,
            }
            kept.append(pen.write(at, records.BOOT_KIND, boot))
        for kind, body in facts:
            pen.deposits += kind == records.DEPOSIT
            kept.append(pen.write(at, kind, body))

    def open_visit(self, pen: Pen, at: datetime, visit: int) -> None:
        """Let the lid be opened for a visit, in the order in which the firmware writes it."""
        pen.visit = visit
        lid: dict[int, object] = {records.LID_DEPOSITS: pen.deposits}
        told: dict[int, object] = {records.COLLECTION_VISIT: visit}
        self.take(pen, at, [(records.LID_OPENED, lid), (records.COLLECTION_OPENED, told)])
        pen.deposits = 0

    def close_visit(self, pen: Pen, at: datetime) -> None:
        """Let the lid be closed, and the visit with it."""
        lid: dict[int, object] = {records.LID_DEPOSITS: pen.deposits}
        told: dict[int, object] = {records.COLLECTION_VISIT: pen.visit}
        closed = [(records.LID_CLOSED, lid), (records.COLLECTION_CLOSED, told)]
        self.take(pen, at, closed)

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Give out everything in messages of the wire's bounds, and keep nothing."""
        for box, kept in self._by_box.items():
            part: list[bytes] = []
            for raw in kept:
                length = sum(map(len, part)) + len(raw)
                if len(part) == records.RECORDS_PER_MESSAGE_MAX or (
                    length > records.MESSAGE_LENGTH_MAX
                ):
                    yield box, b"".join(part)
                    part = []
                part.append(raw)
            if part:
                yield box, b"".join(part)
        self._by_box = {}
