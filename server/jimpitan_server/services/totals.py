"""The figures anybody may see, each with how it is known and how old it is."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """What sensors make us expect: an estimate in an interval, never money."""

    deposits: int
    estimate_idr: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTotals:
    """What people counted and the bank told, in whole rupiah, and how old either is."""

    counted_idr: int = 0
    confirmed_idr: int = 0
    provisional_idr: int = 0
    unattributed_idr: int = 0
    counted_at: datetime | None = None
    statement_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxTotals:
    """What the records of all boxes add up to."""

    records: int
    deposits: int
    boxes_reporting: int
    boxes_total: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTotals:
    """The public figures. `version` rises whenever one of them changes.

    `newest_at` is the latest record of a box, `counted_at` the latest opening whose count is in,
    `statement_to` the last bank day that a statement covers.
    """

    sensed: Sensed
    counted_idr: int
    confirmed_idr: int
    provisional_idr: int
    unattributed_idr: int
    counted_at: datetime | None
    statement_to: date | None
    boxes_reporting: int
    boxes_total: int
    newest_at: datetime | None
    generated_at: datetime
    version: int

    def as_json(self) -> dict[str, object]:
        """Return the figures for a program to read; times are ISO 8601 in UTC."""
        figures = asdict(self)
        for name in ("newest_at", "counted_at", "generated_at"):
            at: datetime | None = figures[name]
            figures[name] = None if at is None else at.isoformat(timespec="milliseconds")
        figures["statement_to"] = self.statement_to.isoformat() if self.statement_to else None
        return figures

    def content_tag(self) -> str:
        """Return a short fingerprint of the figures without the time they were drawn up."""
        figures = self.as_json()
        del figures["generated_at"], figures["version"]
        content = json.dumps(figures, sort_keys=True).encode()
        return hashlib.sha256(content).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftRange:
    """What one deposit is taken for in an estimate, and its bounds, in rupiah."""

    typical_idr: int
    low_idr: int
    high_idr: int


class TotalsStore(Protocol):
    """Where the sums are read."""

    async def totals(self, *, seen_after: datetime) -> tuple[BoxTotals, MoneyTotals]:
        """Return the sums over all boxes, reporting ones seen after an instant, and the books."""
        ...


async def draw_up(
    store: TotalsStore,
    *,
    gift: GiftRange,
    stale_after: timedelta,
    now: datetime,
    before: PublicTotals | None = None,
) -> PublicTotals:
    """Return the present figures; unchanged ones keep the version they had `before`."""
    boxes, money = await store.totals(seen_after=now - stale_after)
    deposits = boxes.deposits
    totals = PublicTotals(
        sensed=Sensed(
            deposits=deposits,
            estimate_idr=deposits * gift.typical_idr,
            low=deposits * gift.low_idr,
            high=deposits * gift.high_idr,
        ),
        counted_idr=money.counted_idr,
        confirmed_idr=money.confirmed_idr,
        provisional_idr=money.provisional_idr,
        unattributed_idr=money.unattributed_idr,
        counted_at=money.counted_at,
        statement_to=money.statement_to,
        boxes_reporting=boxes.boxes_reporting,
        boxes_total=boxes.boxes_total,
        newest_at=boxes.newest_at,
        generated_at=now,
        version=0,
    )
    return _numbered(totals, before)


def _numbered(totals: PublicTotals, before: PublicTotals | None) -> PublicTotals:
    """Number a changed value by the time it was drawn up, so that it rises over restarts."""
    if before is not None and before.content_tag() == totals.content_tag():
        return replace(totals, version=before.version)
    number = int(totals.generated_at.timestamp()) * 1000
    number += totals.generated_at.microsecond // 1000
    if before is not None:
        number = max(number, before.version + 1)
    return replace(totals, version=number)
