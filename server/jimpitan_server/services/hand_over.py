"""Hands over: custody of counts passes to another person when that person confirms the sum."""

from datetime import datetime

from jimpitan_server.domain.errors import Conflict, Malformed, NotAllowed, NotFound
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, NOTHING, Rupiah
from jimpitan_server.domain.user import Role
from jimpitan_server.services.ports_handover import (
    HandoverAnswer,
    HandoverOffer,
    HandoverStore,
)

COLLECTIONS_MAX = 500
NOTE_LENGTH_MAX = 500
RECEIVERS = (Role.TREASURER, Role.ADMIN)


async def offer_handover(store: HandoverStore, offer: HandoverOffer) -> bool:
    """Keep that a person hands counts over; say whether it was new.

    Custody stays with the giver until the receiver has confirmed the sum.
    """
    await store.lock_books()
    ids = tuple(sorted(set(offer.collection_ids)))
    if not 0 < len(ids) <= COLLECTIONS_MAX:
        raise Malformed(f"A handover has 1 to {COLLECTIONS_MAX} counts.")
    known = await store.offer(offer.handover_id)
    if known is not None:
        same = (known.giver, known.receiver, known.collection_ids) == (
            offer.giver,
            offer.receiver,
            ids,
        )
        if not same:
            raise Conflict("Another handover has this id.", code="handover_differs")
        return False
    await _check_receiver(store, offer)
    held = await store.in_hand(ids)
    own = {one.collection_id: one for one in held if one.holder == offer.giver}
    for name in ids:
        if name not in {one.collection_id for one in held}:
            raise NotFound(
                f"There is no count {name} that is still to be paid in.", code="collection_unknown"
            )
        if name not in own:
            raise Conflict(f"The count {name} is in other hands.", code="handover_holder")
        if own[name].is_offered:
            raise Conflict(f"The count {name} is offered already.", code="handover_offered")
    await store.add_offer(
        HandoverOffer(
            handover_id=offer.handover_id,
            giver=offer.giver,
            receiver=offer.receiver,
            collection_ids=ids,
            offered_at=offer.offered_at,
        )
    )
    return True


async def _check_receiver(store: HandoverStore, offer: HandoverOffer) -> None:
    role = await store.role_of(offer.receiver)
    if role is None:
        raise NotFound("There is no such person.", code="receiver_unknown")
    if role not in RECEIVERS or offer.receiver == offer.giver:
        raise Conflict("Hand over to another person, a treasurer.", code="receiver_wrong")


async def answer_handover(
    store: HandoverStore,
    *,
    handover_id: str,
    received: Rupiah | None,
    note: str,
    actor: str,
    now: datetime,
) -> HandoverAnswer:
    """Keep what the receiver found; None refuses, and custody stays where it was.

    The giver may end an offer that nobody answered, in the same words.
    """
    await store.lock_books()
    told = note.strip()
    if len(told) > NOTE_LENGTH_MAX or (received is None and not told):
        raise Malformed(f"Who refuses says why, in at most {NOTE_LENGTH_MAX} characters.")
    if received is not None and not NOTHING <= received <= Rupiah(ENTRY_IDR_MAX):
        raise Malformed("What was received is a sum of rupiah.")
    offer = await store.offer(handover_id)
    if offer is None:
        raise NotFound(f"There is no handover {handover_id}.", code="handover_unknown")
    is_withdrawn = offer.giver == actor and received is None
    if offer.receiver != actor and not is_withdrawn:
        raise NotAllowed("Only the receiver answers a handover.")
    known = await store.answer(handover_id)
    if known is not None:
        if (known.received, known.note) == (received, told):
            return known
        raise Conflict("This handover was answered already.", code="handover_answered")
    if received is not None:
        await _check_held(store, offer)
    answer = HandoverAnswer(handover_id=handover_id, received=received, note=told, answered_at=now)
    await store.add_answer(answer, actor=actor)
    return answer


async def _check_held(store: HandoverStore, offer: HandoverOffer) -> None:
    """Refuse to take over what was paid in, withdrawn or passed on since it was offered."""
    held = await store.in_hand(offer.collection_ids)
    own = {one.collection_id for one in held if one.holder == offer.giver}
    gone = [name for name in offer.collection_ids if name not in own]
    if gone:
        raise Conflict(
            f"The count {gone[0]} was paid in or withdrawn since: refuse this handover.",
            code="handover_changed",
        )
