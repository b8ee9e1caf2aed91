"""Keeps what matching found: only what changed is written."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.matched_cases import exchange_cases
from jimpitan_server.adapters.database.money_schema import (
    fresh_payments,
    money_matches,
    money_positions,
    payment_states,
)
from jimpitan_server.adapters.database.statement_rows import next_generation
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.collection_discrepancies import CollectionFinding
from jimpitan_server.domain.match import Match, Relation
from jimpitan_server.domain.matching import Matching, Position
from jimpitan_server.domain.money_discrepancies import MoneyFinding

_CHUNK = 500
# How payments stand that are no gifts in the account, or none any more.
_NOT_GIFTS = {
    Relation.REMITTANCE_PAYMENT: "remittance",
    Relation.PAYMENT_REFUND: "refunded",
}


async def save_matching(connection: AsyncConnection, matching: Matching, now: datetime) -> None:
    """Exchange matches, states, position and open discrepancies for the present ones."""
    await next_generation(connection)
    await _exchange(connection, money_matches, "match_key", _match_rows(matching.matches))
    states = _state_rows(matching.matches)
    await _exchange(connection, payment_states, "payment_id", states)
    await _forget_fresh(connection, list(states))
    await _save_position(connection, matching.position, now)
    kinds = [kind.value for kind in (*MoneyFinding, *CollectionFinding)]
    await exchange_cases(connection, matching.discrepancies, now, kinds=kinds)


def _match_rows(matches: Sequence[Match]) -> dict[object, dict[str, object]]:
    return {
        match.key: {
            "match_key": match.key,
            "relation": match.relation.value,
            "state": match.state.value,
            "box_id": match.box,
            "left_ids": json.dumps(match.left),
            "right_ids": json.dumps(match.right),
            "left_idr": match.left_total.amount,
            "right_idr": match.right_total.amount,
            "reason": match.reason,
            "evidence": json.dumps(match.written_evidence, sort_keys=True),
        }
        for match in matches
    }


def _state_rows(matches: Sequence[Match]) -> dict[object, dict[str, object]]:
    """Return the state of every payment, as gift or as remittance."""
    rows: dict[object, dict[str, object]] = {}
    for match in matches:
        payment_ids: tuple[str, ...] = ()
        if match.relation in {Relation.PAYMENT_CREDIT, Relation.PAYMENT_REFUND}:
            payment_ids = match.left
        elif match.relation is Relation.REMITTANCE_PAYMENT:
            payment_ids = match.right
        state = _NOT_GIFTS.get(match.relation, match.state)
        for payment_id in payment_ids:
            rows[int(payment_id)] = {
                "payment_id": int(payment_id),
                "state": str(state),
                "match_key": match.key,
            }
    return rows


async def _exchange(
    connection: AsyncConnection, table: Table, key: str, rows: dict[object, dict[str, object]]
) -> None:
    """Bring a derived table in line with `rows`, touching only what differs."""
    found = (await connection.execute(select(table))).mappings()
    kept = {row[key]: dict(row) for row in found}
    changed = [value for value in rows if rows[value] != kept.get(value)]
    gone = [value for value in kept if value not in rows]
    stale = gone + [value for value in changed if value in kept]
    for start in range(0, len(stale), _CHUNK):
        part = stale[start : start + _CHUNK]
        await connection.execute(delete(table).where(table.c[key].in_(part)))
    if changed:
        await connection.execute(insert(table), [rows[value] for value in changed])


async def _forget_fresh(connection: AsyncConnection, payment_ids: list[object]) -> None:
    """Leave among the fresh payments only those that this matching has not seen."""
    fresh = set((await connection.execute(select(fresh_payments.c.payment_id))).scalars())
    seen = sorted(fresh.intersection(payment_ids), key=int)
    for start in range(0, len(seen), _CHUNK):
        part = seen[start : start + _CHUNK]
        await connection.execute(
            delete(fresh_payments).where(fresh_payments.c.payment_id.in_(part))
        )


async def _save_position(connection: AsyncConnection, position: Position, now: datetime) -> None:
    for name in Position.__dataclass_fields__:
        amount = getattr(position, name).amount
        statement = upsert(connection, money_positions).values(
            position=name, amount_idr=amount, reconciled_at=now
        )
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["position"], set_={"amount_idr": amount, "reconciled_at": now}
            )
        )
