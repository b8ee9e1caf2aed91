"""Keeps offers of custody and their answers; neither ever changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    Table,
    Text,
    exists,
    insert,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.metadata import Id, Instant, Money, metadata
from jimpitan_server.adapters.database.money_schema import (
    collections,
    remittance_collections,
    remittances,
)
from jimpitan_server.adapters.database.schema import users
from jimpitan_server.adapters.database.statement_rows import lock_books, next_generation
from jimpitan_server.domain.books import Collection, Handover
from jimpitan_server.domain.holdings import pass_on
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rupiah import NOTHING, Rupiah, total
from jimpitan_server.domain.user import Role
from jimpitan_server.services.hand_over import RECEIVERS
from jimpitan_server.services.ports_handover import (
    HandoverAnswer,
    HandoverOffer,
    HandoverView,
    InHand,
)

# Counts that wait to be paid in are those of days; more than this are not shown at once.
SHOWN = 500

handovers = Table(
    "handovers",
    metadata,
    Column("handover_id", Id, primary_key=True),
    Column("giver", Id, nullable=False),
    Column("receiver", Id, nullable=False),
    Column("offered_at", Instant, nullable=False),
    Index("ix_handovers_receiver", "receiver", "offered_at"),
)

handover_collections = Table(
    "handover_collections",
    metadata,
    Column("handover_id", Id, ForeignKey("handovers.handover_id"), primary_key=True),
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Index("ix_handover_collections_collection_id", "collection_id"),
)

# `received_idr` is null when the receiver took nothing over.
handover_answers = Table(
    "handover_answers",
    metadata,
    Column("handover_id", Id, ForeignKey("handovers.handover_id"), primary_key=True),
    Column("received_idr", Money),
    Column("note", Text, nullable=False),
    Column("actor", Id, nullable=False),
    Column("answered_at", Instant, nullable=False),
)


async def accepted(connection: AsyncConnection) -> tuple[Handover, ...]:
    """Return every handover whose receiver confirmed it, in order."""
    return _accepted(await _views(connection))


def _accepted(views: Iterable[HandoverView]) -> tuple[Handover, ...]:
    return tuple(
        Handover(
            handover_id=one.offer.handover_id,
            collection_ids=one.offer.collection_ids,
            giver=one.offer.giver,
            receiver=one.offer.receiver,
            received=one.answer.received,
            at=one.answer.answered_at,
        )
        for one in views
        if one.answer is not None and one.answer.received is not None
    )


async def views_of(connection: AsyncConnection, person: str) -> list[HandoverView]:
    """Return the newest handovers that a person gives or receives, the latest first."""
    table = handovers
    is_his = or_(table.c.giver == person, table.c.receiver == person)
    return (await _views(connection, is_his, newest=SHOWN))[::-1]


async def views_with(
    connection: AsyncConnection, collection_ids: Sequence[str]
) -> list[HandoverView]:
    """Return the handovers of which one of these counts is a part, the oldest first."""
    table = handover_collections
    passing = select(table.c.handover_id).where(table.c.collection_id.in_(collection_ids))
    return await _views(connection, handovers.c.handover_id.in_(passing))


async def hands_of(
    connection: AsyncConnection, kind: str, subject_id: str
) -> tuple[Rupiah, frozenset[str]]:
    """Return the sum of an entry and who counted, took over or paid in its money."""
    if kind == "remittance":
        paid = remittances.c
        remitted = select(paid.amount_idr, paid.actor).where(paid.remittance_id == subject_id)
        amount, payer = (await connection.execute(remitted)).one()
        return Rupiah(amount), frozenset({payer})
    if kind != "collection":
        return NOTHING, frozenset()
    count = collections.c
    counted = select(count.total_idr, count.collector).where(count.collection_id == subject_id)
    amount, collector = (await connection.execute(counted)).one()
    taken = _accepted(await views_with(connection, [subject_id]))
    return Rupiah(amount), frozenset({collector, *(one.receiver for one in taken)})


async def receivers(connection: AsyncConnection) -> dict[str, str]:
    """Return who may receive custody: login names by the ids of persons."""
    roles = [role.value for role in RECEIVERS]
    statement = select(users.c.user_id, users.c.login_name).where(
        users.c.role.in_(roles), users.c.disabled_at.is_(None)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def _views(
    connection: AsyncConnection, *wanted: ColumnElement[bool], newest: int | None = None
) -> list[HandoverView]:
    """Return handovers with their answers, the oldest first: all, or the newest of the wanted."""
    table, answers = handovers, handover_answers
    chosen = select(table.c.handover_id).where(*wanted)
    chosen = chosen.order_by(table.c.offered_at.desc(), table.c.handover_id.desc()).limit(newest)
    those = chosen.subquery()
    ids: dict[str, list[str]] = defaultdict(list)
    sums: dict[str, list[Rupiah]] = defaultdict(list)
    counted = (
        select(handover_collections, collections.c.total_idr)
        .join(those, those.c.handover_id == handover_collections.c.handover_id)
        .join(collections, collections.c.collection_id == handover_collections.c.collection_id)
    )
    for row in (await connection.execute(counted)).mappings():
        ids[row["handover_id"]].append(row["collection_id"])
        sums[row["handover_id"]].append(Rupiah(row["total_idr"]))
    statement = (
        select(table, answers.c.received_idr, answers.c.note, answers.c.answered_at)
        .join(those, those.c.handover_id == table.c.handover_id)
        .outerjoin(answers, answers.c.handover_id == table.c.handover_id)
        .order_by(table.c.offered_at, table.c.handover_id)
    )
    return [
        HandoverView(
            offer=_offer(row, ids[row["handover_id"]]),
            total=total(sums[row["handover_id"]]),
            answer=_answer(row),
        )
        for row in (await connection.execute(statement)).mappings()
    ]


def _offer(row: RowMapping, ids: Sequence[str]) -> HandoverOffer:
    return HandoverOffer(
        handover_id=row["handover_id"],
        giver=row["giver"],
        receiver=row["receiver"],
        collection_ids=tuple(sorted(ids)),
        offered_at=row["offered_at"],
    )


def _answer(row: RowMapping) -> HandoverAnswer | None:
    if row["answered_at"] is None:
        return None
    received = row["received_idr"]
    return HandoverAnswer(
        handover_id=row["handover_id"],
        received=None if received is None else Rupiah(received),
        note=row["note"],
        answered_at=row["answered_at"],
    )


@dataclass(frozen=True, slots=True)
class DatabaseHandovers:
    """`HandoverStore` on an open transaction."""

    connection: AsyncConnection

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        await lock_books(self.connection)

    async def in_hand(self, collection_ids: Sequence[str] | None = None) -> list[InHand]:
        """Return who holds what of counts that stand and are not paid in: these, or all."""
        table, paid = collections, remittance_collections
        is_paid = exists(
            select(paid.c.collection_id).where(
                paid.c.collection_id == table.c.collection_id,
                ~is_void("remittance", paid.c.remittance_id),
            )
        )
        statement = select(table).where(~is_void("collection", table.c.collection_id), ~is_paid)
        if collection_ids is not None:
            statement = statement.where(table.c.collection_id.in_(collection_ids))
        statement = statement.order_by(table.c.lid_at).limit(10 * SHOWN)
        rows = (await self.connection.execute(statement)).mappings().all()
        names = [row["collection_id"] for row in rows]
        passing = select(handover_collections.c.handover_id).where(
            handover_collections.c.collection_id.in_(names)
        )
        views = await _views(self.connection, handovers.c.handover_id.in_(passing))
        holdings, _ = pass_on([_collection(row) for row in rows], _accepted(views))
        offered = {
            (name, one.offer.giver)
            for one in views
            if one.answer is None
            for name in one.offer.collection_ids
        }
        return [
            InHand(
                collection_id=row["collection_id"],
                box=row["box_id"],
                lid_at=row["lid_at"],
                total=amount,
                holder=place.holder,
                is_offered=(row["collection_id"], place.holder) in offered,
            )
            for row in rows
            for place, amount in holdings[row["collection_id"]].items()
            if amount or len(holdings[row["collection_id"]]) == 1
        ]

    async def role_of(self, user_id: str) -> Role | None:
        """Return the role of a person who may log in."""
        statement = select(users.c.role).where(
            users.c.user_id == user_id, users.c.disabled_at.is_(None)
        )
        found = (await self.connection.execute(statement)).scalar_one_or_none()
        return None if found is None else Role(found)

    async def offer(self, handover_id: str) -> HandoverOffer | None:
        """Return an offer, or None."""
        found = await _views(self.connection, handovers.c.handover_id == handover_id)
        return found[0].offer if found else None

    async def add_offer(self, offer: HandoverOffer) -> None:
        """Keep an offer."""
        await self.connection.execute(
            insert(handovers).values(
                handover_id=offer.handover_id,
                giver=offer.giver,
                receiver=offer.receiver,
                offered_at=offer.offered_at,
            )
        )
        rows = [
            {"handover_id": offer.handover_id, "collection_id": name}
            for name in offer.collection_ids
        ]
        await self.connection.execute(insert(handover_collections), rows)

    async def answer(self, handover_id: str) -> HandoverAnswer | None:
        """Return the answer to an offer, or None."""
        found = await _views(self.connection, handovers.c.handover_id == handover_id)
        return found[0].answer if found else None

    async def add_answer(self, answer: HandoverAnswer, *, actor: str) -> None:
        """Keep the answer to an offer; what was matched before is too old."""
        received = None if answer.received is None else answer.received.amount
        await self.connection.execute(
            insert(handover_answers).values(
                handover_id=answer.handover_id,
                received_idr=received,
                note=answer.note,
                actor=actor,
                answered_at=answer.answered_at,
            )
        )
        await next_generation(self.connection)

    async def accepted(self) -> tuple[Handover, ...]:
        """Return every handover whose receiver confirmed it."""
        return await accepted(self.connection)


def _collection(row: RowMapping) -> Collection:
    return Collection(
        collection_id=row["collection_id"],
        box=BoxId(row["box_id"]),
        total=Rupiah(row["total_idr"]),
        lid_at=row["lid_at"],
        sensed=False,
        holder=row["collector"],
    )
