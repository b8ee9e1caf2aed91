"""Receipts: what the host gets of a count, and what anybody may ask about one."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.errors import Conflict, NotFound
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rupiah import Rupiah

# 160 bits: nobody guesses a code, so the public page needs no other lock.
CODE_BYTES = 20


class ReceiptState(StrEnum):
    """How far the money of a receipt has come; what the public is told."""

    COUNTED = "counted"
    """It was counted, and is in somebody's hands."""
    REMITTED = "remitted"
    """It was paid in; the bank's statement does not show it yet."""
    CREDITED = "credited"
    """The bank's statement shows it."""
    VOID = "void"
    """The count was withdrawn: this receipt counts no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPaper:
    """Everything that a receipt says; names stand on the paper and nowhere public."""

    collection_id: str
    code: str
    box: BoxId
    site: str
    host: str
    counted_at: datetime
    count: CashCount
    counter: str
    witness: str
    is_witnessed: bool
    seal_found: str | None
    seal_put_on: str | None
    bag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReceipt:
    """What the public page tells of a genuine receipt."""

    total: Rupiah
    counted_at: datetime
    state: ReceiptState


@dataclass(frozen=True, slots=True, kw_only=True)
class CountAsked:
    """The count of which somebody wants a receipt."""

    collector: str
    is_void: bool


class ReceiptStore(Protocol):
    """One open transaction, for receipts."""

    async def count_asked(self, collection_id: str) -> CountAsked | None:
        """Return a count, or None."""
        ...

    async def keep_code(self, collection_id: str, code: str, now: datetime) -> None:
        """Keep the code of a receipt, unless the count has one."""
        ...

    async def paper(self, collection_id: str) -> ReceiptPaper:
        """Return what the receipt of a count says."""
        ...


async def make_receipt(
    store: ReceiptStore, *, collection_id: str, only_for: str | None, now: datetime
) -> ReceiptPaper:
    """Return the receipt of a count that stands; a collector gets only those of his own."""
    asked = await store.count_asked(collection_id)
    if asked is None or (only_for is not None and asked.collector != only_for):
        raise NotFound(f"There is no count {collection_id}.", code="collection_unknown")
    if asked.is_void:
        raise Conflict("This count was withdrawn: it has no receipt.", code="collection_void")
    await store.keep_code(collection_id, secrets.token_hex(CODE_BYTES), now)
    return await store.paper(collection_id)
