"""What passing custody from person to person needs from outside: one open transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.books import Handover
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.user import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffer:
    """What a person says he hands over, and to whom."""

    handover_id: str
    giver: str
    receiver: str
    collection_ids: tuple[str, ...]
    offered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAnswer:
    """What the receiver says: the sum found, or None when nothing was taken over, and why."""

    handover_id: str
    received: Rupiah | None
    note: str
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """What a person holds of a count that nobody paid in yet, and whether it is offered."""

    collection_id: str
    box: str
    lid_at: datetime
    total: Rupiah
    holder: str
    is_offered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverView:
    """A handover as people look at it."""

    offer: HandoverOffer
    total: Rupiah
    answer: HandoverAnswer | None


class HandoverStore(Protocol):
    """Offers of custody and their answers."""

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        ...

    async def in_hand(self, collection_ids: Sequence[str] | None = None) -> list[InHand]:
        """Return who holds what of counts that stand and are not paid in: these, or all."""
        ...

    async def role_of(self, user_id: str) -> Role | None:
        """Return the role of a person who may log in."""
        ...

    async def offer(self, handover_id: str) -> HandoverOffer | None:
        """Return an offer, or None."""
        ...

    async def add_offer(self, offer: HandoverOffer) -> None:
        """Keep an offer."""
        ...

    async def answer(self, handover_id: str) -> HandoverAnswer | None:
        """Return the answer to an offer, or None."""
        ...

    async def add_answer(self, answer: HandoverAnswer, *, actor: str) -> None:
        """Keep the answer to an offer."""
        ...

    async def accepted(self) -> tuple[Handover, ...]:
        """Return every handover whose receiver confirmed it."""
        ...
