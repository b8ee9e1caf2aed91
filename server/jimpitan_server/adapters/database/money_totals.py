"""Sums up the books for the public figures, as parts of one statement."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from jimpitan_server.adapters.database.money_schema import (
    collections,
    fresh_payments,
    money_positions,
    statement_imports,
    voids,
)
from jimpitan_server.services.totals import MoneyTotals


def _position(name: str) -> ColumnElement[int]:
    """Return the amount at which the last matching left a position."""
    return _one(
        select(func.sum(money_positions.c.amount_idr)).where(money_positions.c.position == name)
    )


def _one(statement: Select[Any]) -> ColumnElement[int]:
    return func.coalesce(statement.scalar_subquery(), 0)


_COUNTED = select(func.sum(collections.c.total_idr))
_VOID = _COUNTED.join_from(
    collections, voids, voids.c.subject_id == collections.c.collection_id
).where(voids.c.subject_kind == "collection")
# QRIS money is the position that matching left, and the payments that came since.
MONEY_COLUMNS = (
    (_one(_COUNTED) - _one(_VOID)).label("counted_idr"),
    # What was confirmed and given back to its donors lies in the account no more.
    (_position("qris_confirmed") - _position("qris_refunded")).label("confirmed_idr"),
    (_position("qris_provisional") + _one(select(func.sum(fresh_payments.c.due_idr)))).label(
        "provisional_idr"
    ),
    (
        _position("qris_unattributed") + _one(select(func.sum(fresh_payments.c.unattributed_idr)))
    ).label("unattributed_idr"),
)
AGE_COLUMNS = (
    select(func.max(collections.c.lid_at)).scalar_subquery().label("counted_at"),
    select(func.max(statement_imports.c.last_on)).scalar_subquery().label("statement_to"),
)


def money_totals(row: Mapping[str, Any]) -> MoneyTotals:
    """Return the sums in rupiah, and the latest count and the latest day of a statement."""
    return MoneyTotals(
        **{column.name: int(row[column.name]) for column in MONEY_COLUMNS},
        counted_at=row["counted_at"],
        statement_to=row["statement_to"],
    )
