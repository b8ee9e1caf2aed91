"""Keeps scans of stickers, and reads what watching them needs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import BigInteger, RowMapping, String, cast, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import finding_rows, matched_cases, partner_rows
from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.container_schema import cans
from jimpitan_server.adapters.database.money_schema import (
    box_codes,
    payment_states,
    payments,
)
from jimpitan_server.adapters.database.schema import boxes
from jimpitan_server.adapters.database.sticker_schema import box_scans, public_scan_counts
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.bank_day import WIB
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.sticker import (
    CodeMode,
    RegisteredCode,
    ScanSource,
    StickerFinding,
    Verdict,
)
from jimpitan_server.services.audit_sticker import ScanRow
from jimpitan_server.services.watch_stickers import StickerState

# Instants are kept as microseconds since 1970; the bank's day begins at 00:00 WIB, UTC+7.
_DAY_US, _WIB_US = 86_400 * 1_000_000, 7 * 3_600 * 1_000_000
_UNIX_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class DatabaseStickers:
    """The stores of sticker audit and watch on one open transaction."""

    connection: AsyncConnection

    async def codes(self, box: BoxId) -> list[RegisteredCode]:
        """Return the codes that are or were on a box."""
        return await partner_rows.registered_codes(self.connection, box)

    async def is_known_box(self, box: BoxId) -> bool:
        """Say whether there is such a box or can, or a code for it."""
        known = select(boxes.c.box_id).where(boxes.c.box_id == box).limit(1)
        coded = select(box_codes.c.box_id).where(box_codes.c.box_id == box).limit(1)
        can = select(cans.c.box_id).where(cans.c.box_id == box)
        for statement in (known, coded, can):
            if (await self.connection.execute(statement)).first() is not None:
                return True
        return False

    async def add_scan(self, row: ScanRow) -> bool:
        """Keep a scan once and for ever; say whether its id was new."""
        statement = upsert(self.connection, box_scans).values(
            scan_id=row.scan_id,
            box_id=row.box,
            source=row.source.value,
            actor=row.actor,
            payload_sha256=row.payload_sha256,
            verdict=row.verdict.value,
            found=json.dumps(row.found, sort_keys=True),
            scanned_at=row.scanned_at,
            recorded_at=row.recorded_at,
        )
        result = await self.connection.execute(statement.on_conflict_do_nothing())
        return result.rowcount == 1

    async def scan(self, scan_id: str) -> ScanRow | None:
        """Return the scan with this id, or None."""
        statement = select(box_scans).where(box_scans.c.scan_id == scan_id)
        row = (await self.connection.execute(statement)).mappings().first()
        return None if row is None else _scan(row)

    async def newest_scans(self, *, limit: int) -> list[ScanRow]:
        """Return the scans that were recorded last."""
        table = box_scans
        statement = select(table).order_by(table.c.recorded_at.desc(), table.c.scan_id)
        rows = await self.connection.execute(statement.limit(limit))
        return [_scan(row) for row in rows.mappings()]

    async def count_public_scan(self, box: BoxId, day: date, *, kept_max: int) -> bool:
        """Count a public scan of a box and day; say whether it may be kept."""
        table = public_scan_counts
        first = upsert(self.connection, table).values(box_id=box, day=day, scanned=1, kept=1)
        more = first.on_conflict_do_update(
            index_elements=["box_id", "day"],
            set_={
                "scanned": table.c.scanned + 1,
                "kept": func.least(table.c.scanned + 1, kept_max)
                if self.connection.dialect.name == "postgresql"
                else func.min(table.c.scanned + 1, kept_max),
            },
        )
        result = await self.connection.execute(more.returning(table.c.scanned))
        return int(result.scalar_one()) <= kept_max

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        await finding_rows.raise_discrepancies(self.connection, found)

    async def exchange_overdue(self, found: Sequence[Discrepancy], now: datetime) -> None:
        """Raise overdue scans that are new, and close those that were made."""
        kinds = [StickerFinding.SCAN_OVERDUE.value]
        await matched_cases.exchange_cases(self.connection, found, now, kinds=kinds)

    async def sticker_states(self) -> list[StickerState]:
        """Return every box that carries a code, with its last scan that read a code."""
        codes = (
            select(box_codes.c.box_id, func.max(box_codes.c.registered_at).label("since"))
            .where(box_codes.c.withdrawn_at.is_(None))
            .group_by(box_codes.c.box_id)
            .subquery()
        )
        table = box_scans
        number = func.row_number().over(
            partition_by=table.c.box_id,
            order_by=(table.c.scanned_at.desc(), table.c.recorded_at.desc(), table.c.scan_id),
        )
        ranked = (
            select(table.c.box_id, table.c.scanned_at, table.c.verdict, number.label("place"))
            .where(
                table.c.source == ScanSource.VISIT.value,
                table.c.verdict != Verdict.UNREADABLE.value,
            )
            .subquery()
        )
        statement = (
            select(codes.c.box_id, codes.c.since, ranked.c.scanned_at, ranked.c.verdict)
            .join(
                ranked,
                (ranked.c.box_id == codes.c.box_id) & (ranked.c.place == 1),
                isouter=True,
            )
            .order_by(codes.c.box_id)
        )
        return [
            StickerState(
                box=BoxId(row["box_id"]),
                registered_at=row["since"],
                scanned_at=row["scanned_at"],
                verdict=row["verdict"],
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def payments_by_day(self, since: date) -> Mapping[BoxId, Mapping[date, int]]:
        """Return how many payments each box's own code had on each bank day from `since`.

        A remittance by QRIS is no donor's payment, and a voided payment is none.
        """
        own = select(box_codes.c.box_id).where(
            box_codes.c.withdrawn_at.is_(None), box_codes.c.mode == CodeMode.OWN.value
        )
        remitted = select(payment_states.c.payment_id).where(
            payment_states.c.state == "remittance"
        )
        day = (type_coerce(payments.c.paid_at, BigInteger) + _WIB_US) // _DAY_US
        statement = (
            select(payments.c.box_id, day.label("day"), func.count())
            .where(
                payments.c.box_id.in_(own),
                payments.c.paid_at >= datetime.combine(since, time(), WIB),
                payments.c.payment_id.not_in(remitted),
                ~is_void("payment", cast(payments.c.payment_id, String)),
            )
            .group_by(payments.c.box_id, day)
        )
        found: dict[BoxId, dict[date, int]] = {}
        for box, number, count in await self.connection.execute(statement):
            days = found.setdefault(BoxId(box), {})
            days[date.fromordinal(_UNIX_DAY + int(number))] = count
        return found


def _scan(row: RowMapping) -> ScanRow:
    return ScanRow(
        scan_id=row["scan_id"],
        box=BoxId(row["box_id"]),
        source=ScanSource(row["source"]),
        actor=UserId(row["actor"]) if row["actor"] else None,
        payload_sha256=row["payload_sha256"],
        verdict=Verdict(row["verdict"]),
        found=json.loads(row["found"]),
        scanned_at=row["scanned_at"],
        recorded_at=row["recorded_at"],
    )
