"""A record: one fact that a box stamped and signed, as the server reads it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from jimpitan_server.domain.facts import Fact
from jimpitan_server.domain.ids import BoxId

PREV_NONE = bytes(8)


class RecordKind(IntEnum):
    """The kinds the server understands; a record of any other kind is held unread."""

    BOOT = 1
    HEARTBEAT = 2
    DEPOSIT = 3
    LID_OPENED = 4
    LID_CLOSED = 5
    TAMPER = 6
    COLLECTION_OPENED = 7
    COLLECTION_CLOSED = 8
    JOURNAL_GAP = 9
    RUNNING_SUMMARY = 10
    THANKS_SHOWN = 11
    CONFIG_APPLIED = 12
    FIRMWARE_CHANGED = 13
    EPOCH_START = 14
    WEIGHED = 15


class BoxRecord(NamedTuple):
    """One verified record (a named tuple: it is made a million times an hour).

    `seq` never restarts in the life of a box, `boot` counts its power cycles, `uptime_ms` is
    its own clock and `wall_s` only a hint. `prev` holds the first 8 bytes of the `tag` of the
    record before; `raw` is the signed envelope itself, the bytes that prove everything else.
    `fact` is the read body of the kinds that the server acts on; others stay unread in `raw`.
    """

    box: BoxId
    epoch: int
    boot: int
    seq: int
    uptime_ms: int
    wall_s: int | None
    wall_uncertainty_s: int
    prev: bytes
    kind: int
    tag: bytes
    raw: bytes
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Bytes that were not held as a record, and why."""

    reason: str
    bytes_refused: bytes


class Reason:
    """Why bytes are refused; these words stand in answers, quarantine and metrics."""

    UNKNOWN_BOX = "unknown_box"
    UNKNOWN_EPOCH = "unknown_epoch"
    KEY_REVOKED = "key_revoked"
    EPOCH_ENDED = "epoch_ended"
    MALFORMED = "malformed"
    NOT_CANONICAL = "not_canonical"
    NOT_GENUINE = "not_genuine"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    FORK = "fork"
