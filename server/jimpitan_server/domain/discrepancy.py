"""A discrepancy: numbers or facts that disagree, for a person to look at."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.ids import BoxId


class Severity(StrEnum):
    """How soon a person must look."""

    NOTICE = "notice"
    """Worth knowing; it may explain something else."""
    WARNING = "warning"
    """Look at it with the next collection."""
    CRITICAL = "critical"
    """Look at it today: somebody or something does what it must not."""


class RecordFinding(StrEnum):
    """The kinds of discrepancy that taking in records can raise."""

    FORK = "record_fork"
    """Two genuine records carry the same box and sequence number."""
    CHAIN_BREAK = "chain_break"
    """A record names another predecessor than the one we hold."""
    GAP_UNEXPLAINED = "gap_unexplained"
    """Records are missing for more than a day, and the box did not declare them lost."""
    GAP_DECLARED = "gap_declared"
    """The box declared that records of its journal are torn or gone."""
    GAPS_MANY = "gaps_many"
    """So many separate records are missing that some gaps are kept as one."""
    EPOCH_OVERRUN = "epoch_overrun"
    """Records of an old key were held beyond the end that the new key names."""
    EPOCH_DISPUTED = "epoch_disputed"
    """A second, different end was named for an old key."""
    COUNTER_EXHAUSTED = "counter_exhausted"
    """The box claims so high a counter that nothing can be told to it any more."""
    BODY_UNREADABLE = "body_unreadable"
    """A genuine record of a known kind has a body we cannot act on."""


class TamperFinding(StrEnum):
    """The kinds of discrepancy that a box raises itself, by what its sensors say together."""

    REVERSE_PASSAGE = "reverse_passage"
    """Something went up through the throat."""
    SLOT_BLOCKED = "slot_blocked"
    """The slot has been blocked for seconds: a note is stuck, or was stuck there."""
    FISHING = "fishing"
    """Something was drawn out of the slot, or tried to be."""
    LID_UNAUTHORISED = "lid_unauthorised"
    """The lid was opened and the box knew of no visit; it may have had no network."""
    WEIGHT_LOSS = "weight_loss"
    """Mass left the box while lid and slot say that nothing happened."""
    MOVED = "moved"
    """The box was carried."""
    SHAKEN = "shaken"
    """The box was shaken."""
    TILTED = "tilted"
    """The box lies on its side."""
    SENSOR_LOST = "sensor_lost"
    """The scale or the accelerometer does not answer any more."""
    BEAM_DEGRADED = "beam_degraded"
    """The light beams miss deposits or flicker: sun, dirt, or a hand on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One finding. `subject` makes it unique within its kind: found again, it stays one case.

    `evidence` holds small values (numbers, short texts, hex) that a person needs to judge it.
    """

    kind: str
    severity: Severity
    subject: str
    found_at: datetime
    box: BoxId | None = None
    seq_from: int | None = None
    seq_to: int | None = None
    evidence: dict[str, object] = field(default_factory=dict)
