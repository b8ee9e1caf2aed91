"""Voids an entry: it stays where it is, and a new one says that it does not count, and why."""

from datetime import datetime

from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.services.ports_money import CollectionStore

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500
KINDS = ("collection", "remittance", "payment")


async def void(
    store: CollectionStore, *, kind: str, subject_id: str, reason: str, actor: str, now: datetime
) -> None:
    """Withdraw a collection, remittance or payment with a reason; once."""
    told = reason.strip()
    if kind not in KINDS:
        raise Malformed(f"What can be voided: {', '.join(KINDS)}.")
    if not REASON_LENGTH_MIN <= len(told) <= REASON_LENGTH_MAX:
        raise Malformed(f"A reason has {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters.")
    if not await store.exists(kind, subject_id):
        raise NotFound(f"There is no {kind} {subject_id}.", code=f"{kind}_unknown")
    stood = await store.add_void(
        kind=kind, subject_id=subject_id, reason=told, actor=actor, now=now
    )
    if not stood:
        raise Conflict(f"The {kind} {subject_id} is void already.", code="void_already")
