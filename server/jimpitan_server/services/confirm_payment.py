"""Keeps what a donor says he paid at a box: evidence from somebody unknown, within bounds."""

from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.books import Confirmation
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rupiah import Rupiah

# What is kept of one box and day from people we do not know; more is answered and not kept.
CONFIRMATIONS_KEPT_MAX = 200
# The largest QRIS transaction, as Xendit and Antom state Bank Indonesia's limit.
QRIS_AMOUNT_MAX = Rupiah(10_000_000)
REFERENCE_LENGTH_MAX = 40
# A phone's clock may be wrong by minutes; a statement of last month is closed.
_AHEAD_MAX, _PAST_MAX = timedelta(minutes=15), timedelta(days=31)


class ConfirmationStore(Protocol):
    """One open transaction, for what donors say."""

    async def has_code(self, box: BoxId) -> bool:
        """Say whether a code is or was registered for a box."""
        ...

    async def confirmations_since(self, box: BoxId, since: datetime) -> int:
        """Return how many were kept of a box since an instant."""
        ...

    async def add_confirmation(self, confirmation: Confirmation) -> bool:
        """Keep one once and for ever; say whether its id was new."""
        ...

    async def confirmation(self, confirmation_id: str) -> Confirmation | None:
        """Return the one with this id, or None."""
        ...


async def confirm_payment(store: ConfirmationStore, told: Confirmation) -> bool:
    """Keep what a donor says; the same again changes nothing.

    Says whether it is kept: beyond the bound of a box and day it is not.
    """
    if not Rupiah(0) < told.amount <= QRIS_AMOUNT_MAX:
        raise Malformed("A QRIS payment is from Rp 1 to Rp 10.000.000.", code="amount_unsound")
    if not told.told_at - _PAST_MAX <= told.paid_at <= told.told_at + _AHEAD_MAX:
        raise Malformed("Tell the time of a payment of the last 31 days.", code="time_unsound")
    if not await store.has_code(told.box):
        raise NotFound("No QRIS code is registered for this box.", code="box_unknown")
    if await store.confirmation(told.confirmation_id) is None:
        kept = await store.confirmations_since(told.box, told.told_at - timedelta(days=1))
        if kept >= CONFIRMATIONS_KEPT_MAX:
            return False
        await store.add_confirmation(told)
    before = await store.confirmation(told.confirmation_id)
    assert before is not None, "what a donor said is never removed"
    if (before.box, before.amount, before.paid_at) != (told.box, told.amount, told.paid_at):
        raise Conflict("Another confirmation has this id.", code="confirmation_differs")
    return True
