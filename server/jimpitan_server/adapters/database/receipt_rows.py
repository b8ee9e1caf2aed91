"""Keeps the codes of receipts, and reads what a receipt says and how far its money has come."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void, remitted
from jimpitan_server.adapters.database.container_rows import DatabaseContainers
from jimpitan_server.adapters.database.money_schema import (
    collection_pieces,
    collections,
    money_matches,
)
from jimpitan_server.adapters.database.receipt_schema import count_receipts
from jimpitan_server.adapters.database.schema import users
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.adapters.database.witness_schema import (
    count_papers,
    count_witnesses,
    witnesses,
)
from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.receipt import (
    CheckedReceipt,
    CountAsked,
    ReceiptPaper,
    ReceiptState,
)


@dataclass(frozen=True, slots=True)
class DatabaseReceipts:
    """`ReceiptStore` on an open transaction."""

    connection: AsyncConnection

    async def count_asked(self, collection_id: str) -> CountAsked | None:
        """Return a count, or None."""
        table = collections
        statement = select(
            table.c.collector, is_void("collection", table.c.collection_id).label("void")
        ).where(table.c.collection_id == collection_id)
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return None
        return CountAsked(collector=row["collector"], is_void=bool(row["void"]))

    async def keep_code(self, collection_id: str, code: str, now: datetime) -> None:
        """Keep the code of a receipt, unless the count has one."""
        statement = upsert(self.connection, count_receipts).values(
            collection_id=collection_id, code=code, made_at=now
        )
        await self.connection.execute(statement.on_conflict_do_nothing())

    async def paper(self, collection_id: str) -> ReceiptPaper:
        """Return what the receipt of a count says."""
        table = collections
        statement = (
            select(
                table,
                count_receipts.c.code,
                count_papers.c.seal_found,
                count_papers.c.bag,
                count_witnesses.c.person_id,
            )
            .join(count_receipts, count_receipts.c.collection_id == table.c.collection_id)
            .outerjoin(count_papers, count_papers.c.collection_id == table.c.collection_id)
            .outerjoin(count_witnesses, count_witnesses.c.collection_id == table.c.collection_id)
            .where(table.c.collection_id == collection_id)
        )
        row = (await self.connection.execute(statement)).mappings().one()
        placed = await DatabaseContainers(self.connection).container(BoxId(row["box_id"]))
        names = await person_names(self.connection, [row["collector"], row["person_id"] or ""])
        return ReceiptPaper(
            collection_id=collection_id,
            code=row["code"],
            box=BoxId(row["box_id"]),
            site=placed.site if placed else "",
            host=placed.host if placed else "",
            counted_at=row["lid_at"],
            count=CashCount.of(await self._pieces(collection_id)),
            counter=names.get(row["collector"], row["collector"]),
            witness=names.get(row["person_id"] or "", row["witness"] or ""),
            is_witnessed=row["person_id"] is not None,
            seal_found=row["seal_found"],
            seal_put_on=row["seal"],
            bag=row["bag"],
        )

    async def _pieces(self, collection_id: str) -> dict[int, int]:
        table = collection_pieces
        statement = select(table.c.denomination, table.c.pieces).where(
            table.c.collection_id == collection_id
        )
        return {row[0]: row[1] for row in await self.connection.execute(statement)}

    async def checked(self, code: str) -> CheckedReceipt | None:
        """Return what anybody may know of the receipt with this code, or None."""
        table = collections
        statement = (
            select(
                table.c.collection_id,
                table.c.total_idr,
                table.c.lid_at,
                is_void("collection", table.c.collection_id).label("void"),
            )
            .join(count_receipts, count_receipts.c.collection_id == table.c.collection_id)
            .where(count_receipts.c.code == code)
        )
        row = (await self.connection.execute(statement)).mappings().first()
        if row is None:
            return None
        state = ReceiptState.VOID
        if not row["void"]:
            state = await self._state(row["collection_id"])
        return CheckedReceipt(
            total=Rupiah(row["total_idr"]), counted_at=row["lid_at"], state=state
        )

    async def _state(self, collection_id: str) -> ReceiptState:
        remittance = (await remitted(self.connection, [collection_id])).get(collection_id)
        if remittance is None:
            return ReceiptState.COUNTED
        table = money_matches
        statement = select(table.c.right_ids).where(
            table.c.relation == Relation.REMITTANCE_CREDIT.value,
            table.c.left_ids.contains(json.dumps(remittance), autoescape=True),
        )
        credits_ = [
            json.loads(ids) for ids in (await self.connection.execute(statement)).scalars()
        ]
        return ReceiptState.CREDITED if any(credits_) else ReceiptState.REMITTED


async def person_names(connection: AsyncConnection, person_ids: list[str]) -> dict[str, str]:
    """Return the names of users and witnesses, by their ids."""
    both = (
        select(users.c.user_id, users.c.login_name).where(users.c.user_id.in_(person_ids)),
        select(witnesses.c.witness_id, witnesses.c.name).where(
            witnesses.c.witness_id.in_(person_ids)
        ),
    )
    found: dict[str, str] = {}
    for statement in both:
        found |= {row[0]: row[1] for row in await connection.execute(statement)}
    return found
