"""What is brought to the server in a year, each with the moment at which it comes."""

from dataclasses import dataclass
from datetime import datetime

from jimpitan_simulator.sense import Fact


@dataclass(frozen=True, slots=True)
class Felt:
    """A box noticed something; it reaches the server with the next carrying."""

    at: datetime
    box: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Visited:
    """A collector asks to open a box; lid and collection follow from the box."""

    at: datetime
    box: str
    collector: int


@dataclass(frozen=True, slots=True)
class LidClosed:
    """The visit is over."""

    at: datetime
    box: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """A collector scans the sticker of a box; `is_foreign` when a thief's covers it."""

    at: datetime
    box: str
    collector: int
    is_foreign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A count is handed in."""

    at: datetime
    collection_id: str
    box: str
    collector: int
    lid_at: datetime
    pieces: dict[int, int]


@dataclass(frozen=True, slots=True)
class Voided:
    """A count is withdrawn, because it was typed wrong."""

    at: datetime
    collection_id: str
    collector: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Counts pass from a collector to the treasurer, who finds `received_idr`."""

    at: datetime
    handover_id: str
    collection_ids: tuple[str, ...]
    collector: int
    received_idr: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidIn:
    """Counted cash is paid into the account."""

    at: datetime
    remittance_id: str
    account: str
    collection_ids: tuple[str, ...]
    amount_idr: int
    method: str
    reference: str
    collector: int


Event = Felt | Visited | LidClosed | Scanned | Entered | Voided | HandedOver | PaidIn
