"""Reads what a person paid in, and how it stands at the bank."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.money_schema import money_matches, remittances
from jimpitan_server.domain.books import RemittanceMethod
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.rupiah import Rupiah

SHOWN = 20
# Matches of several slips with one credit are rare; of more than these the state is not told.
_TOGETHER_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceView:
    """One remittance, and how matching found it last; None before it was looked at."""

    remittance_id: str
    amount: Rupiah
    method: RemittanceMethod
    reference: str
    paid_at: datetime
    is_void: bool
    state: State | None


async def remittances_of(connection: AsyncConnection, person: str) -> list[RemittanceView]:
    """Return the latest remittances of a person, the newest first."""
    table = remittances
    voided = is_void("remittance", table.c.remittance_id).label("is_void")
    statement = select(table, voided).where(table.c.actor == person)
    latest = statement.order_by(table.c.paid_at.desc(), table.c.remittance_id).limit(SHOWN)
    rows = (await connection.execute(latest)).mappings().all()
    states = await _states(connection, [row["remittance_id"] for row in rows])
    return [
        RemittanceView(
            remittance_id=row["remittance_id"],
            amount=Rupiah(row["amount_idr"]),
            method=RemittanceMethod(row["method"]),
            reference=row["reference"],
            paid_at=row["paid_at"],
            is_void=bool(row["is_void"]),
            state=states.get(row["remittance_id"]),
        )
        for row in rows
    ]


async def _states(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, State]:
    """Return the state of remittances: each by itself, or one of several of one credit."""
    table = money_matches
    relation = Relation.REMITTANCE_CREDIT
    keys = [f"{relation} left {one}" for one in ids]
    is_of_several = table.c.left_ids.like("%,%")
    statement = (
        select(table.c.left_ids, table.c.state)
        .where(table.c.relation == relation.value, or_(table.c.match_key.in_(keys), is_of_several))
        .order_by(table.c.match_key.in_(keys).desc(), table.c.match_key.desc())
        .limit(SHOWN + _TOGETHER_MAX)
    )
    return {
        one: State(row.state)
        for row in await connection.execute(statement)
        for one in json.loads(row.left_ids)
    }
