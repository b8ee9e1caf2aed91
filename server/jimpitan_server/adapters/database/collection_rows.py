"""Keeps counts, remittances and what voids them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import (
    collection_pieces,
    collections,
    fresh_payments,
    payments,
    remittance_collections,
    remittances,
    voids,
)
from jimpitan_server.adapters.database.notification_rows import forget_fresh
from jimpitan_server.adapters.database.statement_rows import next_generation
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.adapters.database.witness_schema import count_papers
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_money import CollectionRow, RemittanceRow

# A row number is below 2^63, which has 19 digits.
NUMBER_DIGITS_MAX = 18


async def add_collection(connection: AsyncConnection, row: CollectionRow) -> bool:
    """Keep a count; say whether neither its id nor its content was there before."""
    statement = upsert(connection, collections).values(
        collection_id=row.collection_id,
        box_id=row.box,
        collector=row.collector,
        lid_at=row.lid_at,
        total_idr=row.count.total.amount,
        seal=row.seal,
        witness=row.witness,
        content_sha256=row.content_sha256,
        recorded_at=row.recorded_at,
    )
    result = await connection.execute(
        statement.on_conflict_do_nothing().returning(collections.c.collection_id)
    )
    if result.scalar_one_or_none() is None:
        return False
    await connection.execute(
        insert(count_papers).values(
            collection_id=row.collection_id,
            witness_demanded=row.witness_demanded,
            seal_found=row.seal_found,
            bag=row.bag,
            recorded_at=row.recorded_at,
        )
    )
    if row.count.pieces:
        await connection.execute(
            insert(collection_pieces),
            [
                {"collection_id": row.collection_id, "denomination": value, "pieces": pieces}
                for value, pieces in row.count.pieces
            ],
        )
    return True


async def collection_by_content(connection: AsyncConnection, content_sha256: bytes) -> str | None:
    """Return the id of the count with this content, or None."""
    table = collections
    statement = select(table.c.collection_id).where(table.c.content_sha256 == content_sha256)
    return (await connection.execute(statement)).scalar_one_or_none()


async def totals_of(
    connection: AsyncConnection, collection_ids: Sequence[str]
) -> dict[str, Rupiah]:
    """Return what was counted in those of these collections that stand.

    The rows stay locked until the transaction ends, so that no count is paid in twice at once.
    """
    table = collections
    statement = (
        select(table.c.collection_id, table.c.total_idr)
        .where(
            table.c.collection_id.in_(collection_ids),
            ~is_void("collection", table.c.collection_id),
        )
        .order_by(table.c.collection_id)
        .with_for_update()
    )
    rows = await connection.execute(statement)
    return {collection_id: Rupiah(total) for collection_id, total in rows}


def is_void(kind: str, subject_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that an entry was withdrawn."""
    return exists(
        select(voids.c.subject_id).where(
            voids.c.subject_kind == kind, voids.c.subject_id == subject_id
        )
    )


async def remitted(connection: AsyncConnection, collection_ids: Sequence[str]) -> dict[str, str]:
    """Return the standing remittance of those of these collections that have one."""
    table = remittance_collections
    statement = select(table.c.collection_id, table.c.remittance_id).where(
        table.c.collection_id.in_(collection_ids), ~is_void("remittance", table.c.remittance_id)
    )
    rows = await connection.execute(statement)
    return dict(rows.all())


async def add_remittance(connection: AsyncConnection, row: RemittanceRow) -> bool:
    """Keep a remittance; say whether its id was new."""
    statement = upsert(connection, remittances).values(
        remittance_id=row.remittance_id,
        account_id=row.account,
        method=row.method,
        amount_idr=row.amount.amount,
        reference=row.reference,
        paid_at=row.paid_at,
        actor=row.actor,
        content_sha256=row.content_sha256,
        recorded_at=row.recorded_at,
    )
    result = await connection.execute(
        statement.on_conflict_do_nothing().returning(remittances.c.remittance_id)
    )
    if result.scalar_one_or_none() is None:
        return False
    await connection.execute(
        insert(remittance_collections),
        [
            {"remittance_id": row.remittance_id, "collection_id": collection_id}
            for collection_id in row.collection_ids
        ],
    )
    await next_generation(connection)
    if row.method == "qris":
        await forget_fresh(connection, row.account, row.reference)
    return True


async def remittance_content(connection: AsyncConnection, remittance_id: str) -> bytes | None:
    """Return the digest of the remittance with this id, or None."""
    table = remittances
    statement = select(table.c.content_sha256).where(table.c.remittance_id == remittance_id)
    content = (await connection.execute(statement)).scalar_one_or_none()
    return None if content is None else bytes(content)


async def entry_exists(connection: AsyncConnection, kind: str, subject_id: str) -> bool:
    """Say whether there is such a collection, remittance or payment."""
    statement: Select[tuple[object]]
    if kind == "collection":
        statement = select(collections.c.collection_id).where(
            collections.c.collection_id == subject_id
        )
    elif kind == "remittance":
        statement = select(remittances.c.remittance_id).where(
            remittances.c.remittance_id == subject_id
        )
    elif subject_id.isascii() and subject_id.isdigit() and len(subject_id) <= NUMBER_DIGITS_MAX:
        statement = select(payments.c.payment_id).where(payments.c.payment_id == int(subject_id))
    else:
        return False
    return (await connection.execute(statement)).first() is not None


async def add_void(
    connection: AsyncConnection,
    *,
    kind: str,
    subject_id: str,
    reason: str,
    actor: str,
    now: datetime,
) -> bool:
    """Withdraw an entry; say whether it stood until now."""
    statement = upsert(connection, voids).values(
        subject_kind=kind, subject_id=subject_id, reason=reason, actor=actor, recorded_at=now
    )
    result = await connection.execute(
        statement.on_conflict_do_nothing().returning(voids.c.subject_id)
    )
    if result.scalar_one_or_none() is None:
        return False
    await next_generation(connection)
    if kind == "payment":
        await connection.execute(
            delete(fresh_payments).where(fresh_payments.c.payment_id == int(subject_id))
        )
    return True
