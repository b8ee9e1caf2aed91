"""Keeps what phones bring: visits that were begun, photos of counts, wrong sealed PINs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.container_rows import DatabaseContainers
from jimpitan_server.adapters.database.intake_store import DatabaseIntake
from jimpitan_server.adapters.database.money_schema import collections
from jimpitan_server.adapters.database.phone_schema import (
    count_photos,
    sealed_pins_wrong,
    visit_starts,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.command import Visit
from jimpitan_server.domain.container import Container
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.services import command as commanding
from jimpitan_server.services.begin_visit import VisitStart


@dataclass(frozen=True, slots=True)
class DatabasePhoneWork:
    """`VisitStartStore` on an open transaction, and the papers beside a count."""

    connection: AsyncConnection

    async def container(self, box: BoxId) -> Container | None:
        """Return a container of any tier, or None."""
        return await DatabaseContainers(self.connection).container(box)

    async def visit_start(self, visit_id: str) -> VisitStart | None:
        """Return the start with this id, or None."""
        statement = select(visit_starts).where(visit_starts.c.visit_id == visit_id)
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return None
        return VisitStart(
            visit_id=visit_id,
            box=BoxId(row["box_id"]),
            collector=UserId(row["collector"]),
            begun_at=row["begun_at"],
            is_offline=bool(row["is_offline"]),
            told=None if row["visit"] is None else Visit(row["visit"], row["expires_at"]),
        )

    async def tell_box(self, box: BoxId, *, actor: UserId, now: datetime) -> Visit:
        """Let a person open a box; the box is told as soon as its gateway asks."""
        store = DatabaseIntake(self.connection, quarantine_kept_max=0)
        return await commanding.open_collection(store, box=box, actor=actor, now=now)

    async def add_visit_start(self, start: VisitStart, *, now: datetime) -> None:
        """Keep a start for ever."""
        await self.connection.execute(
            insert(visit_starts).values(
                visit_id=start.visit_id,
                box_id=start.box,
                collector=start.collector,
                begun_at=start.begun_at,
                is_offline=start.is_offline,
                visit=start.told.number if start.told else None,
                expires_at=start.told.expires_at if start.told else None,
                recorded_at=now,
            )
        )

    async def count_of(self, collection_id: str) -> tuple[str, int] | None:
        """Return who made a count and its sum in rupiah, or None."""
        statement = select(collections.c.collector, collections.c.total_idr).where(
            collections.c.collection_id == collection_id
        )
        row = (await self.connection.execute(statement)).first()
        return None if row is None else (row[0], int(row[1]))

    async def was_wrong(self, sealed_sha256: bytes) -> bool:
        """Say whether a sealed PIN was looked at before and was not hers."""
        table = sealed_pins_wrong
        statement = select(table.c.tried_at).where(table.c.sealed_sha256 == sealed_sha256)
        return (await self.connection.execute(statement)).first() is not None

    async def add_wrong(self, sealed_sha256: bytes, collection_id: str, now: datetime) -> None:
        """Keep that a sealed PIN was not hers, so that it is not tried twice."""
        statement = upsert(self.connection, sealed_pins_wrong).values(
            sealed_sha256=sealed_sha256, collection_id=collection_id, tried_at=now
        )
        await self.connection.execute(statement.on_conflict_do_nothing())

    async def add_photo(
        self, collection_id: str, jpeg: bytes, *, sha256: bytes, now: datetime
    ) -> bool:
        """Keep the photo of a count; say whether there was none."""
        statement = upsert(self.connection, count_photos).values(
            collection_id=collection_id, sha256=sha256, jpeg=jpeg, recorded_at=now
        )
        result = await self.connection.execute(
            statement.on_conflict_do_nothing().returning(count_photos.c.collection_id)
        )
        return result.scalar_one_or_none() is not None

    async def photo(self, collection_id: str) -> tuple[bytes, bytes] | None:
        """Return the photo of a count and its SHA-256, or None."""
        statement = select(count_photos.c.jpeg, count_photos.c.sha256).where(
            count_photos.c.collection_id == collection_id
        )
        row = (await self.connection.execute(statement)).first()
        return None if row is None else (bytes(row[0]), bytes(row[1]))
