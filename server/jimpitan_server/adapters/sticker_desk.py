"""Everything that can be done about stickers, each as one transaction."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from jimpitan_server.adapters.database import partner_rows
from jimpitan_server.adapters.database.confirmation_rows import DatabaseConfirmations
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.sticker_rows import DatabaseStickers
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.books import Confirmation
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.sticker import RegisteredCode, Verdict
from jimpitan_server.services.audit_sticker import (
    Scan,
    Scanned,
    ScanRow,
    check_publicly,
    record_scan,
)
from jimpitan_server.services.confirm_payment import confirm_payment
from jimpitan_server.services.watch_stickers import (
    FallsOf,
    StickerState,
    first_day,
    keep_watched,
    overdue,
    watch,
)

SCANS_SHOWN = 50
BOXES_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StickerView:
    """Stickers as a person looks at them: what is late, what is printed, what was scanned."""

    overdue: list[StickerState]
    overdue_count: int
    codes: list[RegisteredCode]
    codes_count: int
    scans: list[ScanRow]


@dataclass(slots=True)
class _LastDay:
    """The bank's day on which this process watched last."""

    day: date | None = None


@dataclass(frozen=True, slots=True)
class StickerDesk:
    """The side of the server where strangers look at stickers and tell what they paid.

    `patience` is how long a scan may wait; `note_change` lets matching know what donors told.
    """

    database: Database
    clock: Clock
    patience: timedelta
    falls_of: FallsOf
    note_change: Callable[[], None]
    last: _LastDay = field(default_factory=_LastDay)

    async def scan(
        self, box: BoxId, *, scan_id: str, text: str, actor: UserId, scanned_at: datetime | None
    ) -> Scanned:
        """Keep what a collector scanned on a box."""
        now = self.clock.now()
        scan = Scan(scan_id=scan_id, box=box, text=text, actor=actor, scanned_at=scanned_at or now)
        async with self._store() as store:
            return await record_scan(store, scan, now)

    async def check(self, box: BoxId, text: str) -> Verdict:
        """Tell somebody unknown whether a code is the one registered for a box."""
        now = self.clock.now()
        scan = Scan(scan_id=str(uuid.uuid4()), box=box, text=text, actor=None, scanned_at=now)
        async with self._store() as store:
            return await check_publicly(store, scan, now)

    async def confirm(self, told: Confirmation) -> bool:
        """Keep what a donor says he paid at a box; say whether it is kept."""
        async with self.database.write() as connection:
            is_kept = await confirm_payment(DatabaseConfirmations(connection), told)
        self.note_change()
        return is_kept

    async def overdue(self, patience: timedelta | None = None) -> list[StickerState]:
        """Return the boxes whose sticker nobody scanned for too long, the longest first."""
        async with self.database.read() as connection:
            states = await DatabaseStickers(connection).sticker_states()
        return overdue(states, now=self.clock.now(), patience=patience or self.patience)

    async def view(self) -> StickerView:
        """Return what the page of stickers shows."""
        async with self.database.read() as connection:
            store = DatabaseStickers(connection)
            states = await store.sticker_states()
            codes = await partner_rows.registered_codes(connection)
            scans = await store.newest_scans(limit=SCANS_SHOWN)
        late = overdue(states, now=self.clock.now(), patience=self.patience)
        printed = [code for code in codes if code.withdrawn_at is None]
        return StickerView(
            overdue=late[:BOXES_SHOWN],
            overdue_count=len(late),
            codes=printed[:BOXES_SHOWN],
            codes_count=len(printed),
            scans=scans,
        )

    async def watch_if_due(self) -> bool:
        """Once on each day of the bank, raise what is overdue and what fell."""
        now = self.clock.now()
        if self.last.day == bank_day(now):
            return False
        async with self.database.read() as connection:
            reading = DatabaseStickers(connection)
            states = await reading.sticker_states()
            payments = await reading.payments_by_day(first_day(now))
        watched = await asyncio.to_thread(
            watch, states, payments, now=now, patience=self.patience, falls_of=self.falls_of
        )
        async with self._store() as store:
            await keep_watched(store, watched, now)
        self.last.day = bank_day(now)
        return True

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseStickers]:
        async with self.database.write() as connection:
            yield DatabaseStickers(connection)
