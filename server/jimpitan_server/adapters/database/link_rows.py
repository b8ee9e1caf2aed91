"""Keeps what persons linked: the links, the papers on either side, and the ends of links."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    and_,
    cast,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.metadata import Id, Instant, metadata
from jimpitan_server.adapters.database.money_schema import payments, remittances, statement_lines
from jimpitan_server.adapters.database.schema import Word
from jimpitan_server.adapters.database.statement_rows import lock_books, next_generation
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.books import ManualLink
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_link import Paper

LEFT, RIGHT = "left", "right"

manual_links = Table(
    "manual_links",
    metadata,
    Column("link_id", Id, primary_key=True),
    Column("relation", Word, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Id, nullable=False),
    Column("made_at", Instant, nullable=False),
)

manual_link_papers = Table(
    "manual_link_papers",
    metadata,
    Column("link_id", Id, ForeignKey("manual_links.link_id"), primary_key=True),
    Column("side", Word, primary_key=True),
    Column("paper_id", Id, primary_key=True),
    Index("ix_manual_link_papers_paper_id", "paper_id", "side"),
)

manual_link_ends = Table(
    "manual_link_ends",
    metadata,
    Column("link_id", Id, ForeignKey("manual_links.link_id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("actor", Id, nullable=False),
    Column("ended_at", Instant, nullable=False),
)


async def standing_links(connection: AsyncConnection) -> tuple[ManualLink, ...]:
    """Return the links that nobody ended."""
    links, ends = manual_links, manual_link_ends
    statement = (
        select(links)
        .outerjoin(ends, ends.c.link_id == links.c.link_id)
        .where(ends.c.link_id.is_(None))
        .order_by(links.c.made_at, links.c.link_id)
    )
    return await _links(connection, statement)


async def _links(
    connection: AsyncConnection, statement: Select[tuple[object, ...]]
) -> tuple[ManualLink, ...]:
    rows = (await connection.execute(statement)).mappings().all()
    if not rows:
        return ()
    table = manual_link_papers
    papers: dict[tuple[str, str], list[str]] = defaultdict(list)
    wanted = statement.with_only_columns(manual_links.c.link_id).order_by(None).subquery()
    found = select(table).join(wanted, wanted.c.link_id == table.c.link_id)
    found = found.order_by(table.c.paper_id)
    for row in (await connection.execute(found)).mappings():
        papers[row["link_id"], row["side"]].append(row["paper_id"])
    return tuple(_link(row, papers) for row in rows)


def _link(row: RowMapping, papers: dict[tuple[str, str], list[str]]) -> ManualLink:
    return ManualLink(
        link_id=row["link_id"],
        relation=Relation(row["relation"]),
        left=tuple(papers[row["link_id"], LEFT]),
        right=tuple(papers[row["link_id"], RIGHT]),
        reason=row["reason"],
        made_at=row["made_at"],
    )


@dataclass(frozen=True, slots=True)
class DatabaseLinks:
    """`LinkStore` on an open transaction."""

    connection: AsyncConnection

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        await lock_books(self.connection)

    async def link(self, link_id: str) -> ManualLink | None:
        """Return a link, ended or not, or None."""
        statement = select(manual_links).where(manual_links.c.link_id == link_id)
        found = await _links(self.connection, statement)
        return found[0] if found else None

    async def papers(self, relation: Relation, ids: Sequence[str]) -> dict[str, Paper]:
        """Return those of these remittances or payments that stand."""
        if relation is Relation.REMITTANCE_CREDIT:
            table = remittances
            statement = select(
                table.c.remittance_id.label("paper_id"),
                table.c.account_id,
                table.c.amount_idr,
                table.c.actor,
            ).where(table.c.remittance_id.in_(ids), ~is_void("remittance", table.c.remittance_id))
            return await self._papers(statement)
        table = payments
        name = cast(table.c.payment_id, String)
        statement = select(
            name.label("paper_id"),
            table.c.account_id,
            (table.c.amount_idr - table.c.fee_idr).label("amount_idr"),
            literal("").label("actor"),
        ).where(table.c.payment_id.in_(_numbers(ids)), ~is_void("payment", name))
        return await self._papers(statement)

    async def credits(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Return those of these statement lines that brought money in."""
        table = statement_lines
        statement = select(
            cast(table.c.line_id, String).label("paper_id"),
            table.c.account_id,
            table.c.amount_idr,
            literal("").label("actor"),
        ).where(table.c.line_id.in_(_numbers(ids)), table.c.amount_idr > 0)
        return await self._papers(statement)

    async def _papers(self, statement: Select[tuple[str, str, int, str]]) -> dict[str, Paper]:
        rows = (await self.connection.execute(statement)).mappings()
        return {
            row["paper_id"]: Paper(row["account_id"], Rupiah(row["amount_idr"]), row["actor"])
            for row in rows
        }

    async def linked(
        self, relation: Relation, left: Sequence[str], right: Sequence[str]
    ) -> list[str]:
        """Return which of these papers are in a link that stands."""
        papers, links, ends = manual_link_papers, manual_links, manual_link_ends
        is_left = and_(
            papers.c.side == LEFT,
            papers.c.paper_id.in_(left),
            links.c.relation == relation.value,
        )
        is_right = and_(papers.c.side == RIGHT, papers.c.paper_id.in_(right))
        statement = (
            select(papers.c.paper_id)
            .join(links, links.c.link_id == papers.c.link_id)
            .outerjoin(ends, ends.c.link_id == papers.c.link_id)
            .where(ends.c.link_id.is_(None), or_(is_left, is_right))
            .order_by(papers.c.paper_id)
        )
        return list((await self.connection.execute(statement)).scalars())

    async def add_link(self, made: ManualLink, *, actor: str) -> None:
        """Keep a link."""
        await self.connection.execute(
            insert(manual_links).values(
                link_id=made.link_id,
                relation=made.relation.value,
                reason=made.reason,
                actor=actor,
                made_at=made.made_at,
            )
        )
        rows = [
            {"link_id": made.link_id, "side": side, "paper_id": paper}
            for side, ids in ((LEFT, made.left), (RIGHT, made.right))
            for paper in ids
        ]
        await self.connection.execute(insert(manual_link_papers), rows)
        await next_generation(self.connection)

    async def add_link_end(self, link_id: str, *, reason: str, actor: str, now: datetime) -> bool:
        """End a link; say whether it stood until now."""
        statement = upsert(self.connection, manual_link_ends).values(
            link_id=link_id, reason=reason, actor=actor, ended_at=now
        )
        result = await self.connection.execute(statement.on_conflict_do_nothing())
        await next_generation(self.connection)
        return result.rowcount == 1


def _numbers(ids: Sequence[str]) -> list[int]:
    """Return the ids that are row numbers; no other id names a payment or a line."""
    return [int(one) for one in ids if one.isascii() and one.isdecimal() and len(one) < 19]
