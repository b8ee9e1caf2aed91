"""What the server knows of one box: how far its records reach, and where they have holes."""

from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.ids import BoxId

# The largest counter a down message can carry; a box obeys only rising ones.
DOWN_COUNTER_MAX = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Gap:
    """Records from `seq_from` to `seq_to` that are missing, and since when we know."""

    seq_from: int
    seq_to: int
    noticed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxState:
    """The state of one box that taking in a record may change.

    `seq_max` is the highest sequence number held and `tag_max` the tag of that record; `gaps`
    are the open ones, in rising order. `epoch` is the newest one a genuine record came under.
    `period_seq_from` is the lid opening with which the present holding period began, or 0.
    `gateway` is the one that brought its last records. `heartbeat_seq`, `lid_seq` and `boot_seq`
    number the latest records that told of the box itself, so that an older one changes nothing.
    `configuration` is the revision its heartbeats name; `runs` the firmware they named from
    `runs_since` to `runs_until`, as the beginning of its fingerprint.
    """

    box: BoxId
    epoch: int
    keys_version: int
    seq_max: int = 0
    tag_max: bytes = b""
    gaps: tuple[Gap, ...] = ()
    down_counter: int = 0
    records: int = 0
    deposits: int = 0
    period_seq_from: int = 0
    gateway: str | None = None
    last_seen_at: datetime | None = None
    heartbeat_seq: int = 0
    lid_seq: int = 0
    boot_seq: int = 0
    configuration: int | None = None
    runs: str | None = None
    runs_since: datetime | None = None
    runs_until: datetime | None = None

    @property
    def head_seq(self) -> int:
        """Return the highest N such that nothing up to N is still waited for."""
        return self.gaps[0].seq_from - 1 if self.gaps else self.seq_max

    @property
    def can_be_told(self) -> bool:
        """Say whether a counter is left for one more message to the box."""
        return self.down_counter < DOWN_COUNTER_MAX
