"""Reads the papers of counts: what was asked, who confirmed, which seals and bag."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.money_schema import collections
from jimpitan_server.adapters.database.witness_schema import count_papers, count_witnesses
from jimpitan_server.domain.count_papers import CountPapers
from jimpitan_server.domain.ids import BoxId


async def is_sealed(connection: AsyncConnection, box: BoxId, *, but: str) -> bool:
    """Say whether the last standing count of a container, `but` this one, put a seal on."""
    table = collections
    statement = (
        select(table.c.seal)
        .join(count_papers, count_papers.c.collection_id == table.c.collection_id)
        .where(
            table.c.box_id == box,
            table.c.collection_id != but,
            ~is_void("collection", table.c.collection_id),
        )
        .order_by(table.c.lid_at.desc())
        .limit(1)
    )
    return (await connection.execute(statement)).scalar_one_or_none() is not None


async def standing_papers(connection: AsyncConnection) -> tuple[CountPapers, ...]:
    """Return the papers of every count that stands and has some, in the order of counting."""
    table = collections
    statement = (
        select(
            table.c.collection_id,
            table.c.box_id,
            table.c.lid_at,
            table.c.seal,
            count_papers.c.witness_demanded,
            count_papers.c.seal_found,
            count_papers.c.bag,
            count_witnesses.c.confirmed_at,
        )
        .join(count_papers, count_papers.c.collection_id == table.c.collection_id)
        .outerjoin(count_witnesses, count_witnesses.c.collection_id == table.c.collection_id)
        .where(~is_void("collection", table.c.collection_id))
        .order_by(table.c.lid_at, table.c.collection_id)
    )
    return tuple(
        CountPapers(
            collection_id=row["collection_id"],
            box=BoxId(row["box_id"]),
            lid_at=row["lid_at"],
            witness_demanded=bool(row["witness_demanded"]),
            is_witnessed=row["confirmed_at"] is not None,
            seal_found=row["seal_found"],
            seal_put_on=row["seal"],
            bag=row["bag"],
        )
        for row in (await connection.execute(statement)).mappings()
    )
