"""Closes a collection: keeps the count that was made at the lid, blind and once."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.errors import Conflict, Malformed
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_money import CollectionRow, CollectionStore

# A phone's clock may be wrong, a count from tomorrow is a mistake; so is one from years ago,
# however long a phone was without a network.
AHEAD_MAX = timedelta(days=1)
BEHIND_MAX = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a collector hands in; the id was made on the phone, before anything was sent."""

    collection_id: str
    box: BoxId
    collector: UserId
    lid_at: datetime
    count: CashCount
    seal: str | None = None
    witness: str | None = None
    seal_found: str | None = None
    bag: str | None = None

    @property
    def content_sha256(self) -> bytes:
        """What was counted where, when and by whom, as a fingerprint without the id."""
        parts: list[object] = [
            self.box,
            self.collector,
            self.lid_at.astimezone(UTC).isoformat(),
            self.count.pieces,
            self.seal,
            self.witness,
        ]
        if self.seal_found is not None or self.bag is not None:
            parts += [self.seal_found, self.bag]  # counts from before keep their fingerprint
        return hashlib.sha256(json.dumps(parts).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the collector is told: his own count, and nothing that was expected."""

    collection_id: str
    counted: Rupiah
    is_new: bool


async def close_collection(
    store: CollectionStore, counted: Counted, now: datetime, *, witness_demanded: bool = True
) -> Receipt:
    """Keep a count; the same one handed in again, under whatever id, changes nothing.

    Under another id it is refused when the first was withdrawn: nobody shall believe it stands.

    Whether a second person is demanded is kept with it: a later setting changes no count.
    """
    if not now - BEHIND_MAX <= counted.lid_at <= now + AHEAD_MAX:
        raise Malformed(
            "The lid was opened in the future or years ago: correct the phone's clock."
        )
    content = counted.content_sha256
    row = CollectionRow(
        collection_id=counted.collection_id,
        box=counted.box,
        collector=counted.collector,
        lid_at=counted.lid_at,
        count=counted.count,
        seal=counted.seal,
        witness=counted.witness,
        content_sha256=content,
        recorded_at=now,
        seal_found=counted.seal_found,
        bag=counted.bag,
        witness_demanded=witness_demanded,
    )
    total = counted.count.total
    if await store.add_collection(row):
        return Receipt(collection_id=counted.collection_id, counted=total, is_new=True)
    known_id = await store.collection_by_content(content)
    if known_id is None:
        raise Conflict(
            "Another count was handed in under this id: void that one, or count under a new id.",
            code="collection_differs",
        )
    if known_id != counted.collection_id and not await store.totals_of([known_id]):
        raise Conflict(
            "The same count was handed in before and withdrawn: count what is there once more.",
            code="collection_void",
        )
    return Receipt(collection_id=known_id, counted=total, is_new=False)
