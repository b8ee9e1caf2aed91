"""Reads the books: everything that stands, as matching wants it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, String, and_, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bank_schema import payment_refunds
from jimpitan_server.adapters.database.box_reading import lid_events
from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.confirmation_rows import confirmations, mpans_by_box
from jimpitan_server.adapters.database.handover_rows import accepted
from jimpitan_server.adapters.database.link_rows import standing_links
from jimpitan_server.adapters.database.mass_rows import weighed_counts
from jimpitan_server.adapters.database.money_schema import (
    collection_pieces,
    collections,
    payments,
    remittance_collections,
    remittances,
    statement_lines,
)
from jimpitan_server.adapters.database.paper_rows import standing_papers
from jimpitan_server.adapters.database.partner_rows import boxes_by_label
from jimpitan_server.adapters.database.period_rows import moments_in
from jimpitan_server.adapters.database.schema import (
    boxes,
    holding_periods,
    journal_gaps,
    records,
)
from jimpitan_server.domain.books import (
    Books,
    Collection,
    Credit,
    Debit,
    Expectation,
    LidOpening,
    Payment,
    Refund,
    Remittance,
    RemittanceMethod,
)
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.intake import WEIGHED_MAX
from jimpitan_server.domain.occurred import Basis
from jimpitan_server.domain.record import RecordKind
from jimpitan_server.domain.rupiah import Rupiah

# A record without any clock of its box was made at our receipt or before: a box may have been
# alone for a day, and then a nearby count is still believed to be of that opening.
UNCLOCKED = timedelta(hours=24)


async def load_books(connection: AsyncConnection, now: datetime) -> Books:
    """Return everything that stands, void entries left out."""
    lids = await _lids(connection)
    return Books(
        now=now,
        payments=await payments_where(connection),
        credits=await credits_where(connection),
        debits=await _debits(connection),
        links=await standing_links(connection),
        refunds=await _refunds(connection),
        confirmations=await confirmations(connection),
        handovers=await accepted(connection),
        collections=await _collections(connection),
        remittances=await remittances_where(connection),
        openings=lids.openings,
        expectations=await _expectations(connection, lids),
        weighed=await weighed_counts(connection),
        papers=await standing_papers(connection),
        statement_until=await _statement_until(connection),
        boxes_by_label=await boxes_by_label(connection),
        mpans_by_box=await mpans_by_box(connection),
    )


async def payments_where(
    connection: AsyncConnection, *conditions: ColumnElement[bool]
) -> tuple[Payment, ...]:
    """Return the payments that stand, of which these conditions hold."""
    table = payments
    statement = select(table).where(
        ~is_void("payment", cast(table.c.payment_id, String)), *conditions
    )
    return tuple(
        Payment(
            payment_id=str(row["payment_id"]),
            account=row["account_id"],
            amount=Rupiah(row["amount_idr"]),
            fee=Rupiah(row["fee_idr"]),
            paid_at=row["paid_at"],
            box=BoxId(row["box_id"]) if row["box_id"] else None,
            terminal=row["terminal"],
            reference=row["reference"],
            rrn=row["rrn"],
            mpan18=row["mpan18"],
            issuer=row["issuer"],
            held=row["held"],
        )
        for row in (await connection.execute(statement)).mappings()
    )


async def credits_where(
    connection: AsyncConnection, *conditions: ColumnElement[bool]
) -> tuple[Credit, ...]:
    """Return the credits of statements, of which these conditions hold."""
    table = statement_lines
    statement = select(table).where(table.c.amount_idr > 0, *conditions)
    return tuple(
        Credit(
            credit_id=str(row["line_id"]),
            account=row["account_id"],
            booked_on=row["booked_on"],
            amount=Rupiah(row["amount_idr"]),
            text=_text(row),
        )
        for row in (await connection.execute(statement)).mappings()
    )


async def _debits(connection: AsyncConnection) -> tuple[Debit, ...]:
    table = statement_lines
    statement = select(table).where(table.c.amount_idr < 0)
    return tuple(
        Debit(
            debit_id=str(row["line_id"]),
            account=row["account_id"],
            booked_on=row["booked_on"],
            amount=Rupiah(-row["amount_idr"]),
            text=_text(row),
        )
        for row in (await connection.execute(statement)).mappings()
    )


async def _refunds(connection: AsyncConnection) -> tuple[Refund, ...]:
    """Return the refunds whose amount a signature covers; one without an amount is of all."""
    told, paid = payment_refunds, payments
    is_it = and_(paid.c.partner_id == told.c.partner_id, paid.c.payment_key == told.c.payment_key)
    statement = (
        select(
            told.c.refund_id,
            told.c.told_at,
            told.c.amount_idr,
            paid.c.payment_id,
            paid.c.account_id,
            paid.c.amount_idr.label("paid_idr"),
        )
        .join(paid, is_it)
        .where(told.c.is_signed)
    )
    return tuple(
        Refund(
            refund_id=str(row["refund_id"]),
            payment_id=str(row["payment_id"]),
            account=row["account_id"],
            amount=Rupiah(min(row["amount_idr"] or row["paid_idr"], row["paid_idr"])),
            told_at=row["told_at"],
        )
        for row in (await connection.execute(statement)).mappings()
    )


def _text(row: RowMapping) -> str:
    return f"{row['description']} {row['reference']}".strip()


async def _collections(connection: AsyncConnection) -> tuple[Collection, ...]:
    table = collections
    pieces = (
        select(func.sum(collection_pieces.c.pieces))
        .where(collection_pieces.c.collection_id == table.c.collection_id)
        .scalar_subquery()
    )
    statement = (
        select(table, boxes.c.box_id.label("sensed"), pieces.label("pieces"))
        .outerjoin(boxes, boxes.c.box_id == table.c.box_id)
        .where(~is_void("collection", table.c.collection_id))
    )
    return tuple(
        Collection(
            collection_id=row["collection_id"],
            box=BoxId(row["box_id"]),
            total=Rupiah(row["total_idr"]),
            lid_at=row["lid_at"],
            sensed=row["sensed"] is not None,
            holder=row["collector"],
            pieces=int(row["pieces"] or 0),
        )
        for row in (await connection.execute(statement)).mappings()
    )


async def remittances_where(
    connection: AsyncConnection, *conditions: ColumnElement[bool]
) -> tuple[Remittance, ...]:
    """Return the remittances that stand, of which these conditions hold."""
    links, table = remittance_collections, remittances
    ids: dict[str, list[str]] = defaultdict(list)
    paired = (
        select(links.c.remittance_id, links.c.collection_id)
        .join(table, table.c.remittance_id == links.c.remittance_id)
        .where(*conditions)
        .order_by(links.c.collection_id)
    )
    for remittance_id, collection_id in await connection.execute(paired):
        ids[remittance_id].append(collection_id)
    statement = select(table).where(~is_void("remittance", table.c.remittance_id), *conditions)
    return tuple(
        Remittance(
            remittance_id=row["remittance_id"],
            account=row["account_id"],
            collection_ids=tuple(ids[row["remittance_id"]]),
            amount=Rupiah(row["amount_idr"]),
            method=RemittanceMethod(row["method"]),
            reference=row["reference"],
            paid_at=row["paid_at"],
        )
        for row in (await connection.execute(statement)).mappings()
    )


@dataclass(frozen=True, slots=True)
class _Lids:
    """Every lid opening, and how many deposits fell while the lid was open after it."""

    openings: tuple[LidOpening, ...]
    deposits_while_open: Mapping[tuple[str, int], int]


async def _lids(connection: AsyncConnection) -> _Lids:
    opened = select(records.c.box_id).distinct().where(text("kind IN (4, 5, 7, 8)"))
    openings: list[LidOpening] = []
    while_open: dict[tuple[str, int], int] = {}
    for box in sorted((await connection.execute(opened)).scalars()):
        seq = 0
        for event in await lid_events(connection, BoxId(box)):
            if event.kind == RecordKind.LID_CLOSED and seq and event.deposits:
                while_open[box, seq] = min(event.deposits, WEIGHED_MAX)
            if event.kind != RecordKind.LID_OPENED:
                continue
            seq = event.seq
            unclocked = event.occurred.basis is Basis.RECEIVED
            openings.append(
                LidOpening(
                    box=BoxId(box),
                    seq=event.seq,
                    at=event.occurred.at,
                    uncertainty=UNCLOCKED if unclocked else event.occurred.uncertainty,
                )
            )
    return _Lids(tuple(openings), while_open)


async def _expectations(connection: AsyncConnection, lids: _Lids) -> tuple[Expectation, ...]:
    """Return what was sensed in each ended period, and how many of its records are missing."""
    table = holding_periods
    gaps = await _gaps(connection)
    at_edges = lids.deposits_while_open
    statement = select(table).where(table.c.seq_to.is_not(None))
    found = []
    for row in (await connection.execute(statement)).mappings():
        box, start, end = row["box_id"], row["seq_from"], row["seq_to"]
        missing = sum(
            max(min(gap_to, end - 1) - max(gap_from, start + 1) + 1, 0)
            for gap_from, gap_to in gaps.get(box, ())
        )
        found.append(
            Expectation(
                box=BoxId(box),
                lid_seq=end,
                deposits=row["deposits"],
                records_missing=missing,
                moments=moments_in(row),
                at_edges=at_edges.get((box, start), 0) + at_edges.get((box, end), 0),
            )
        )
    return tuple(found)


async def _gaps(connection: AsyncConnection) -> dict[str, list[tuple[int, int]]]:
    """Return the gaps of each box whose records never came: waited for, declared or passed."""
    table = journal_gaps
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    statement = select(table.c.box_id, table.c.seq_from, table.c.seq_to)
    for box, gap_from, gap_to in await connection.execute(statement):
        found[box].append((gap_from, gap_to))
    return found


async def _statement_until(connection: AsyncConnection) -> dict[str, date]:
    table = statement_lines
    statement = select(table.c.account_id, func.max(table.c.booked_on)).group_by(
        table.c.account_id
    )
    return dict((await connection.execute(statement)).all())
