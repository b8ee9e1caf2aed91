"""Remits: keeps that counted cash was paid into the account, by slip or by QRIS."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jimpitan_server.domain.books import RemittanceMethod
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import UserId
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, NOTHING, Rupiah, total
from jimpitan_server.services.ports_handover import HandoverStore
from jimpitan_server.services.ports_money import CollectionStore, RemittanceRow

COLLECTIONS_MAX = 500
AHEAD_MAX = timedelta(days=1)
BEHIND_MAX = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What a collector or treasurer hands in; the id was made where it was paid."""

    remittance_id: str
    account: str | None
    collection_ids: tuple[str, ...]
    amount: Rupiah
    method: RemittanceMethod
    reference: str
    paid_at: datetime
    actor: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceReceipt:
    """What was kept: what was paid in, what had been counted, and their difference."""

    remittance_id: str
    remitted: Rupiah
    counted: Rupiah
    is_new: bool

    @property
    def variance(self) -> Rupiah:
        """Paid in minus counted."""
        return self.remitted - self.counted


async def remit(store: CollectionStore, paid: Paid, now: datetime) -> RemittanceReceipt:
    """Keep a remittance of one or many counts; the same one again changes nothing.

    A difference is kept as it is and becomes a discrepancy; only what cannot be is refused.
    """
    if not NOTHING < paid.amount <= Rupiah(ENTRY_IDR_MAX):
        raise Malformed("A remittance has an amount above zero, and not beyond reason.")
    if not now - BEHIND_MAX <= paid.paid_at <= now + AHEAD_MAX:
        raise Malformed("A remittance was paid in the past three years.")
    if not 0 < len(paid.collection_ids) <= COLLECTIONS_MAX:
        raise Malformed(f"A remittance pays in 1 to {COLLECTIONS_MAX} collections.")
    row = _row(paid, await _account(store, paid.account), now)
    is_new = await store.remittance_content(row.remittance_id) is None
    if is_new:
        counted = await _counted(store, paid)
        is_new = await store.add_remittance(row)
    else:  # whatever became of its counts since
        counted = total((await store.totals_of(paid.collection_ids)).values())
    if not is_new and await store.remittance_content(row.remittance_id) != row.content_sha256:
        raise Conflict("Another remittance has this id.", code="remittance_differs")
    return RemittanceReceipt(
        remittance_id=paid.remittance_id, remitted=paid.amount, counted=counted, is_new=is_new
    )


async def check_holder(store: HandoverStore, paid: Paid) -> None:
    """Refuse counts that stand, are not paid in yet, and are in other hands alone."""
    await store.lock_books()
    held = await store.in_hand(paid.collection_ids)
    own = {one.collection_id for one in held if one.holder == paid.actor}
    foreign = sorted({one.collection_id for one in held} - own)
    if foreign:
        raise Conflict(
            f"The count {foreign[0]} is in other hands: who holds it pays it in.",
            code="handover_holder",
        )


async def _account(store: CollectionStore, account: str | None) -> str:
    """Return the account that is named, or the only one there is."""
    if account is None:
        known = await store.accounts()
        if len(known) != 1:
            raise Malformed("Say into which account it was paid.", code="account_missing")
        return known[0].account_id
    if await store.account(account) is None:
        raise NotFound(f"There is no account {account}.", code="account_unknown")
    return account


async def _counted(store: CollectionStore, paid: Paid) -> Rupiah:
    """Return what was counted in all these collections, or refuse those that cannot be."""
    counted_by_id = await store.totals_of(paid.collection_ids)
    unknown = sorted(set(paid.collection_ids) - set(counted_by_id))
    if unknown:
        raise NotFound(
            f"There is no standing collection {unknown[0]}: hand in the count first.",
            code="collection_unknown",
        )
    remitted = await store.remitted(paid.collection_ids)
    others = sorted(one for one, by in remitted.items() if by != paid.remittance_id)
    if others:
        raise Conflict(
            f"Collection {others[0]} was paid in by another remittance: void that one first.",
            code="collection_remitted",
        )
    return total(counted_by_id.values())


def _row(paid: Paid, account: str, now: datetime) -> RemittanceRow:
    ids = tuple(sorted(set(paid.collection_ids)))
    content = [
        account,
        ids,
        paid.amount.amount,
        paid.method,
        paid.reference,
        paid.paid_at.astimezone(UTC).isoformat(),
        paid.actor,
    ]
    return RemittanceRow(
        remittance_id=paid.remittance_id,
        account=account,
        collection_ids=ids,
        amount=paid.amount,
        method=paid.method,
        reference=paid.reference,
        paid_at=paid.paid_at,
        actor=paid.actor,
        content_sha256=hashlib.sha256(json.dumps(content).encode()).digest(),
        recorded_at=now,
    )
