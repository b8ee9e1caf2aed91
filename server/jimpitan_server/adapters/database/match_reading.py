"""Reads matches as matching left them, a page at a time."""

import json
from dataclasses import dataclass

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import money_matches
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.rupiah import Rupiah

PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchWish:
    """Which matches are asked for; `after` is the key of the last one of the page before."""

    relation: Relation | None = None
    state: State | None = None
    box: str | None = None
    after: str = ""


async def matches(connection: AsyncConnection, wish: MatchWish) -> list[Match]:
    """Return the next page of matches, in the order of their keys."""
    table = money_matches
    statement = select(table).where(table.c.match_key > wish.after)
    if wish.relation is not None:
        statement = statement.where(table.c.relation == wish.relation.value)
    if wish.state is not None:
        statement = statement.where(table.c.state == wish.state.value)
    if wish.box is not None:
        statement = statement.where(table.c.box_id == wish.box)
    statement = statement.order_by(table.c.match_key).limit(PAGE)
    return [match_of(row) for row in (await connection.execute(statement)).mappings()]


def match_of(row: RowMapping) -> Match:
    """Return a match as its row keeps it."""
    return Match(
        relation=Relation(row["relation"]),
        state=State(row["state"]),
        left=tuple(json.loads(row["left_ids"])),
        right=tuple(json.loads(row["right_ids"])),
        left_total=Rupiah(row["left_idr"]),
        right_total=Rupiah(row["right_idr"]),
        reason=row["reason"],
        box=BoxId(row["box_id"]) if row["box_id"] else None,
        evidence=json.loads(row["evidence"]),
    )
