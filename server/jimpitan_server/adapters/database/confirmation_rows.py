"""Keeps what donors say they paid, with nothing about the donors."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, RowMapping, String, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.metadata import Id, Instant, Money, metadata
from jimpitan_server.adapters.database.money_schema import box_codes
from jimpitan_server.adapters.database.statement_rows import next_generation
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.books import Confirmation
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rupiah import Rupiah

# `reference` is the end of the payment's own reference, as a donor's telephone shows it.
donor_confirmations = Table(
    "donor_confirmations",
    metadata,
    Column("confirmation_id", Id, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("amount_idr", Money, nullable=False),
    Column("paid_at", Instant, nullable=False),
    Column("reference", String(40), nullable=False),
    Column("told_at", Instant, nullable=False),
    CheckConstraint("amount_idr > 0", name="amount"),
    Index("ix_donor_confirmations_box_id", "box_id", "told_at"),
)


@dataclass(frozen=True, slots=True)
class DatabaseConfirmations:
    """The store of `confirm_payment` on one open transaction."""

    connection: AsyncConnection

    async def has_code(self, box: BoxId) -> bool:
        """Say whether a code is or was registered for a box."""
        statement = select(box_codes.c.box_id).where(box_codes.c.box_id == box).limit(1)
        return (await self.connection.execute(statement)).first() is not None

    async def confirmations_since(self, box: BoxId, since: datetime) -> int:
        """Return how many were kept of a box since an instant."""
        table = donor_confirmations
        statement = select(func.count()).where(table.c.box_id == box, table.c.told_at > since)
        return int((await self.connection.execute(statement)).scalar_one())

    async def add_confirmation(self, confirmation: Confirmation) -> bool:
        """Keep one once and for ever; say whether its id was new."""
        statement = upsert(self.connection, donor_confirmations).values(
            confirmation_id=confirmation.confirmation_id,
            box_id=confirmation.box,
            amount_idr=confirmation.amount.amount,
            paid_at=confirmation.paid_at,
            reference=confirmation.reference,
            told_at=confirmation.told_at,
        )
        result = await self.connection.execute(statement.on_conflict_do_nothing())
        if result.rowcount != 1:
            return False
        await next_generation(self.connection)
        return True

    async def confirmation(self, confirmation_id: str) -> Confirmation | None:
        """Return the one with this id, or None."""
        table = donor_confirmations
        statement = select(table).where(table.c.confirmation_id == confirmation_id)
        row = (await self.connection.execute(statement)).mappings().first()
        return None if row is None else _confirmation(row)


async def confirmations(connection: AsyncConnection) -> tuple[Confirmation, ...]:
    """Return all that donors said."""
    found = await connection.execute(select(donor_confirmations))
    return tuple(_confirmation(row) for row in found.mappings())


async def mpans_by_box(connection: AsyncConnection) -> dict[BoxId, frozenset[str]]:
    """Return the merchants' numbers in the codes that are or were on each box."""
    found: dict[BoxId, frozenset[str]] = {}
    statement = select(box_codes.c.box_id, box_codes.c.mpan18)
    for box, mpan18 in await connection.execute(statement.where(box_codes.c.mpan18 != "")):
        found[BoxId(box)] = found.get(BoxId(box), frozenset()) | {mpan18}
    return found


def _confirmation(row: RowMapping) -> Confirmation:
    return Confirmation(
        confirmation_id=row["confirmation_id"],
        box=BoxId(row["box_id"]),
        amount=Rupiah(row["amount_idr"]),
        paid_at=row["paid_at"],
        told_at=row["told_at"],
        reference=row["reference"],
    )
