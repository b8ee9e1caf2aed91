"""Voids an entry: it stays where it is, and a new one says that it does not count, and why."""

from datetime import datetime

from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_money import CollectionStore

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500
KINDS = ("collection", "remittance", "payment")


async def void(
    store: CollectionStore,
    *,
    kind: str,
    subject_id: str,
    reason: str,
    actor: str,
    now: datetime,
    own_up_to: Rupiah | None = None,
) -> None:
    """Withdraw a collection, remittance or payment with a reason; once.

    Money that went through one's own hands is withdrawn by somebody else when it is more than
    `own_up_to`: what is withdrawn raises no case, so it would be an end without a second person.
    """
    told = reason.strip()
    if kind not in KINDS:
        raise Malformed(f"What can be voided: {', '.join(KINDS)}.")
    if not REASON_LENGTH_MIN <= len(told) <= REASON_LENGTH_MAX:
        raise Malformed(f"A reason has {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters.")
    if not await store.exists(kind, subject_id):
        raise NotFound(f"There is no {kind} {subject_id}.", code=f"{kind}_unknown")
    if own_up_to is not None:
        amount, hands = await store.hands_of(kind, subject_id)
        if amount > own_up_to and actor in hands:
            raise Conflict(
                f"The money of this {kind} went through your hands and is more than"
                f" {own_up_to.amount} rupiah: another treasurer or an admin withdraws it.",
                code="void_own",
            )
    stood = await store.add_void(
        kind=kind, subject_id=subject_id, reason=told, actor=actor, now=now
    )
    if not stood:
        raise Conflict(f"The {kind} {subject_id} is void already.", code="void_already")
