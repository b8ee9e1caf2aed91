"""Reads the dossier of one box."""

import json
from collections import defaultdict
from datetime import datetime

from sqlalchemy import RowMapping, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import hint_rows
from jimpitan_server.adapters.database.collection_rows import remitted
from jimpitan_server.adapters.database.money_schema import (
    box_codes,
    collection_pieces,
    collections,
    money_matches,
    money_positions,
    payment_states,
    payments,
    voids,
)
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.dossier import (
    COLLECTIONS_SHOWN,
    DISCREPANCIES_SHOWN,
    CollectionView,
    DiscrepancyView,
    Dossier,
    MatchView,
)

NOT_MATCHED_YET = "fresh"


async def dossier(connection: AsyncConnection, box: BoxId) -> Dossier:
    """Return the dossier of a box; one nobody ever heard of is empty."""
    return Dossier(
        box=box,
        reconciled_at=await _reconciled_at(connection),
        has_code=await _has_code(connection, box),
        collections=await _collections(connection, box),
        payments_by_state=await _payments(connection, box),
        without_notification=await _without_notification(connection, box),
        hints=await hint_rows.open_of_box(connection, box),
        discrepancies=await _discrepancies(connection, box),
    )


async def _reconciled_at(connection: AsyncConnection) -> datetime | None:
    at: datetime | None = (
        await connection.execute(select(func.max(money_positions.c.reconciled_at)))
    ).scalar_one()
    return at


async def _has_code(connection: AsyncConnection, box: BoxId) -> bool:
    statement = select(box_codes.c.code_id).where(
        box_codes.c.box_id == box, box_codes.c.withdrawn_at.is_(None)
    )
    return (await connection.execute(statement.limit(1))).first() is not None


async def _collections(connection: AsyncConnection, box: BoxId) -> tuple[CollectionView, ...]:
    table = collections
    statement = (
        select(table, voids.c.reason.label("void_reason"))
        .outerjoin(
            voids,
            (voids.c.subject_kind == "collection") & (voids.c.subject_id == table.c.collection_id),
        )
        .where(table.c.box_id == box)
        .order_by(table.c.lid_at.desc(), table.c.collection_id)
        .limit(COLLECTIONS_SHOWN)
    )
    rows = (await connection.execute(statement)).mappings().all()
    ids = [row["collection_id"] for row in rows]
    pieces = await _pieces(connection, ids)
    remittance_by_id = await remitted(connection, ids)
    matches = await _matches(connection, box, sorted(set(remittance_by_id.values())))
    return tuple(
        CollectionView(
            collection_id=row["collection_id"],
            lid_at=row["lid_at"],
            collector=row["collector"],
            counted=Rupiah(row["total_idr"]),
            pieces=pieces[row["collection_id"]],
            seal=row["seal"],
            witness=row["witness"],
            remittance_id=remittance_by_id.get(row["collection_id"]),
            void_reason=row["void_reason"],
            matches=_of_collection(
                matches, row["collection_id"], remittance_by_id.get(row["collection_id"])
            ),
        )
        for row in rows
    )


async def _pieces(connection: AsyncConnection, ids: list[str]) -> dict[str, dict[int, int]]:
    table = collection_pieces
    found: dict[str, dict[int, int]] = defaultdict(dict)
    statement = select(table).where(table.c.collection_id.in_(ids))
    for collection_id, value, pieces in await connection.execute(
        statement.order_by(table.c.denomination.desc())
    ):
        found[collection_id][value] = pieces
    return found


async def _matches(
    connection: AsyncConnection, box: BoxId, remittance_ids: list[str]
) -> list[MatchView]:
    """Return the matches of a box, and those of the remittances that paid in its counts."""
    table = money_matches
    linked = [
        side.contains(json.dumps(one), autoescape=True)
        for one in remittance_ids
        for side in (table.c.left_ids, table.c.right_ids)
    ]
    statement = select(table).where(or_(table.c.box_id == box, *linked))
    rows = (await connection.execute(statement.order_by(table.c.match_key))).mappings()
    return [_view(row) for row in rows]


def _view(row: RowMapping) -> MatchView:
    return MatchView(
        relation=row["relation"],
        state=row["state"],
        left=tuple(json.loads(row["left_ids"])),
        right=tuple(json.loads(row["right_ids"])),
        left_total=Rupiah(row["left_idr"]),
        right_total=Rupiah(row["right_idr"]),
        reason=row["reason"],
        evidence=json.loads(row["evidence"]),
    )


def _of_collection(
    matches: list[MatchView], collection_id: str, remittance_id: str | None
) -> tuple[MatchView, ...]:
    counted = (Relation.LID_COUNT, Relation.SENSOR_COUNT, Relation.COUNT_REMITTANCE)
    paid_in = (Relation.REMITTANCE_PAYMENT, Relation.REMITTANCE_CREDIT)
    return tuple(
        match
        for match in matches
        if (match.relation in counted and collection_id in (*match.left, *match.right))
        or (match.relation in paid_in and remittance_id in match.left)
    )


async def _payments(connection: AsyncConnection, box: BoxId) -> dict[str, tuple[int, Rupiah]]:
    state = func.coalesce(payment_states.c.state, NOT_MATCHED_YET)
    statement = (
        select(state, func.count(), func.sum(payments.c.amount_idr - payments.c.fee_idr))
        .outerjoin(payment_states, payment_states.c.payment_id == payments.c.payment_id)
        .where(payments.c.box_id == box)
        .group_by(state)
        .order_by(state)
    )
    rows = await connection.execute(statement)
    return {name: (number, Rupiah(int(amount))) for name, number, amount in rows}


async def _without_notification(connection: AsyncConnection, box: BoxId) -> Rupiah:
    table = money_matches
    statement = select(func.coalesce(func.sum(table.c.right_idr), 0)).where(
        table.c.box_id == box,
        table.c.relation == Relation.PAYMENT_CREDIT.value,
        table.c.state == State.ORPHAN.value,
    )
    return Rupiah(int((await connection.execute(statement)).scalar_one()))


async def _discrepancies(connection: AsyncConnection, box: BoxId) -> tuple[DiscrepancyView, ...]:
    table = discrepancies
    statement = (
        select(table)
        .where(table.c.box_id == box, table.c.resolved_at.is_(None))
        .order_by(table.c.due_at, table.c.discrepancy_id)
        .limit(DISCREPANCIES_SHOWN)
    )
    return tuple(
        DiscrepancyView(
            kind=row["kind"],
            severity=row["severity"],
            subject=row["subject"],
            found_at=row["found_at"],
            due_at=row["due_at"],
            evidence=json.loads(row["evidence"]),
        )
        for row in (await connection.execute(statement)).mappings()
    )
