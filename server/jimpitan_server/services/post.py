"""Posts: appends to the ledger what the facts lead to and does not stand in it yet."""

from collections.abc import Sequence
from datetime import datetime

from jimpitan_server.domain.ledger import FOLLOWER, Draft, entries_of
from jimpitan_server.services.ports_ledger import LedgerStore


async def post(
    store: LedgerStore, drafted: Sequence[Draft], now: datetime, *, actor: str = FOLLOWER
) -> int:
    """Append drafts in the transaction that holds the books' lock; return how many."""
    if not drafted:
        return 0
    entries = entries_of(
        drafted,
        head=await store.head(),
        closed_until=await store.closed_until(),
        actor=actor,
        now=now,
    )
    await store.append(entries)
    return len(entries)
