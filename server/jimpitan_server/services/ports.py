"""What taking in records needs from outside: one transaction of the store, and box keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from jimpitan_server.domain.box import BoxState, Gap
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.health import Heard
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId
from jimpitan_server.domain.intake import Held
from jimpitan_server.domain.period import EdgeEvent, Period, PeriodSum
from jimpitan_server.domain.record import BoxRecord, Refusal
from jimpitan_server.domain.release import Release
from jimpitan_server.services.ports_fleet import AnswerStore


class RecordRow(NamedTuple):
    """A record as it is kept: with what it adds to the deposits, and when it came."""

    record: BoxRecord
    deposits: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedBytes:
    """Bytes for the quarantine. `subject` is what their number is bounded by."""

    subject: str
    box: BoxId | None
    refusal: Refusal
    received_at: datetime


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A box key as it is stored, readable only with the master key."""

    box: BoxId
    epoch: int
    wrapped: bytes
    seq_last: int | None
    is_revoked: bool


class Channel(Protocol):
    """The authenticated talk with one box: only genuine records in, only signed words out."""

    @property
    def epoch_ends(self) -> Mapping[int, int]:
        """Return the last sequence number of each epoch that has ended."""
        ...

    def examine(self, message: bytes) -> tuple[list[BoxRecord], list[Refusal]]:
        """Return the genuine records of a message, and what was refused with its reason."""
        ...

    def sign_ack(self, epoch: int, *, counter: int, seq: int, time_ms: int) -> bytes | None:
        """Return the promise that all up to `seq` is held; None without a usable key."""
        ...

    def sign_collection_open(
        self, epoch: int, *, counter: int, visit: int, valid_ms: int
    ) -> bytes | None:
        """Return the permission to open for one visit; None without a usable key."""
        ...

    def sign_thanks(
        self, epoch: int, *, counter: int, valid_ms: int, time_ms: int
    ) -> bytes | None:
        """Return the word that somebody paid; None without a usable key."""
        ...

    def sign_configure(
        self, epoch: int, *, counter: int, revision: int, options: Mapping[str, int]
    ) -> bytes | None:
        """Return the wish for a whole configuration; None without a usable key."""
        ...

    def sign_update(
        self, epoch: int, *, counter: int, release: Release, attempt: int
    ) -> bytes | None:
        """Return the order to fetch and try a release; None without a usable key."""
        ...


class KeyStore(Protocol):
    """Where wrapped keys lie."""

    async def wrapped_keys(self, boxes: Sequence[BoxId]) -> Sequence[WrappedKey]:
        """Return every key of these boxes."""
        ...


class Keyring(Protocol):
    """Opens the channels to boxes."""

    async def channels(
        self, states: Mapping[BoxId, BoxState], store: KeyStore
    ) -> Mapping[BoxId, Channel]:
        """Return the channel to each of these boxes."""
        ...


class IntakeStore(KeyStore, AnswerStore, Protocol):
    """One open transaction of the database, for taking in records."""

    async def lock_boxes(self, boxes: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        ...

    async def held(self, seqs_by_box: Mapping[BoxId, set[int]]) -> dict[BoxId, dict[int, Held]]:
        """Return those of the named records that are held."""
        ...

    async def summaries(self, ids_by_box: Mapping[BoxId, set[int]]) -> dict[BoxId, dict[int, int]]:
        """Return the deposits counted so far of these running summaries."""
        ...

    async def insert_records(
        self, rows: Sequence[RecordRow], *, gateway: GatewayId, recorded_at: datetime
    ) -> None:
        """Append records that are known to be new."""
        ...

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        ...

    async def save_heard(self, heard_by_box: Mapping[BoxId, Heard]) -> None:
        """Keep what boxes said anew of themselves."""
        ...

    async def save_gaps(
        self,
        box: BoxId,
        *,
        before: Sequence[Gap],
        after: Sequence[Gap],
        declared: Sequence[tuple[int, int, int]],
        now: datetime,
    ) -> None:
        """Keep the open gaps of a box, and those closed because the box declared them."""
        ...

    async def save_summaries(self, deposits_by_box: Mapping[BoxId, Mapping[int, int]]) -> None:
        """Keep what running summaries have counted so far."""
        ...

    async def end_epochs(self, box: BoxId, seq_last_by_epoch: Mapping[int, int]) -> None:
        """Keep the ends that a new epoch named for old ones."""
        ...

    async def records_beyond(self, box: BoxId, *, epoch: int, seq: int) -> int:
        """Return how many records of an epoch are held above a sequence number."""
        ...

    async def add_to_periods(self, sums: Mapping[tuple[BoxId, int], PeriodSum]) -> None:
        """Add deposits and what was weighed to the holding periods (box, seq_from)."""
        ...

    async def periods(self, box: BoxId) -> list[Period]:
        """Return the holding periods of a box in rising order."""
        ...

    async def edge_events(self, box: BoxId) -> tuple[list[EdgeEvent], list[int]]:
        """Return the lid openings and collections of a box, and the edges people declared."""
        ...

    async def sum_between(
        self, box: BoxId, *, after_seq: int, before_seq: int | None
    ) -> PeriodSum:
        """Return what the records between two sequence numbers add up to."""
        ...

    async def replace_periods(
        self, box: BoxId, *, removed: Sequence[Period], added: Sequence[Period]
    ) -> None:
        """Exchange holding periods whose edges have moved."""
        ...

    async def declare_edge(
        self, box: BoxId, *, seq: int, actor: UserId, reason: str, now: datetime
    ) -> None:
        """Keep that a person called a lid opening the end of a holding period."""
        ...

    async def quarantine(
        self, refused: Sequence[RefusedBytes], *, gateway: GatewayId, now: datetime
    ) -> None:
        """Keep refused bytes up to the bound of each subject and day; count all of them."""
        ...

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        ...

    async def add_to_totals(
        self, gateway: GatewayId, *, records: int, deposits: int, newest_at: datetime
    ) -> None:
        """Add to the sums over the whole programme."""
        ...

    async def answer_commands(self, visits: Mapping[BoxId, Mapping[int, int]]) -> None:
        """Note at which record a box answered the visits it was told of."""
        ...
