"""The dossier of a box: both chains of its money side by side, as matching left them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rupiah import Rupiah

COLLECTIONS_SHOWN = 50
DISCREPANCIES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchView:
    """How one side of a collection stands."""

    relation: str
    state: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    left_total: Rupiah
    right_total: Rupiah
    reason: str
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionView:
    """One count with everything that is linked to it."""

    collection_id: str
    lid_at: datetime
    collector: str
    counted: Rupiah
    pieces: Mapping[int, int]
    seal: str | None
    witness: str | None
    remittance_id: str | None
    void_reason: str | None
    matches: tuple[MatchView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyView:
    """A case of this box that is still open."""

    kind: str
    severity: str
    subject: str
    found_at: datetime
    due_at: datetime
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A box's counts, its payments by state, and what is to be looked at.

    `without_notification` is QRIS money whose credit alone names this box. `hints` are how many
    unproven claims name it, and what they would sum up to: no money, and in no total.
    """

    box: BoxId
    reconciled_at: datetime | None
    has_code: bool
    collections: tuple[CollectionView, ...]
    payments_by_state: Mapping[str, tuple[int, Rupiah]]
    without_notification: Rupiah
    hints: tuple[int, Rupiah]
    discrepancies: tuple[DiscrepancyView, ...]
