"""Adds up what a box weighed before a count, once, and reads it again for matching."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_wire import records as wire
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.mass_schema import count_masses
from jimpitan_server.adapters.database.money_schema import (
    collection_pieces,
    collections,
    money_matches,
)
from jimpitan_server.adapters.database.schema import (
    boxes,
    holding_periods,
    journal_gaps,
    records,
)
from jimpitan_server.adapters.database.statement_rows import next_generation
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.adapters.wire import body_of
from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.cash_mass import Weighing, weighing_of
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.mass_discrepancies import WeighedCount
from jimpitan_server.domain.match import Relation, State

# Records that come later than that change no mass any more.
LOOKED_BACK = timedelta(days=14)
LOOKED_AGAIN_AFTER = timedelta(hours=1)
COUNTS_AT_ONCE, COUNTS_LOOKED_AT = 200, 5_000
RECORDS_MAX = 20_000
# What fits into the column: more than any box can hold.
MASS_MG_MAX = 2**40
SQUARES_MAX = 2**62


@dataclass(frozen=True, slots=True)
class PeriodToWeigh:
    """The holding period that a count ended: its box and the records between its edges."""

    collection_id: str
    box: str
    seq_from: int
    seq_to: int
    deposits: int


async def weigh_counts(
    connection: AsyncConnection, periods: Sequence[PeriodToWeigh], now: datetime
) -> None:
    """Keep what was weighed in these periods."""
    for one in periods:
        missing, is_settled = await _gaps(connection, one)
        weighing = await _weighing(connection, one, is_gapless=not missing)
        await _keep(connection, one, weighing, is_settled=is_settled, now=now)
    await next_generation(connection)


async def periods_to_weigh(connection: AsyncConnection, now: datetime) -> list[PeriodToWeigh]:
    """Return the holding periods of counts of late whose mass is not known, or not for good."""
    table, masses = collections, count_masses
    recent = (
        select(table.c.collection_id, table.c.box_id)
        .join(boxes, boxes.c.box_id == table.c.box_id)  # a plain can weighs nothing
        .outerjoin(masses, masses.c.collection_id == table.c.collection_id)
        .where(
            table.c.lid_at > now - LOOKED_BACK,
            or_(
                masses.c.collection_id.is_(None),
                ~masses.c.is_settled & (masses.c.weighed_at < now - LOOKED_AGAIN_AFTER),
            ),
        )
        .order_by(table.c.lid_at.desc())
        .limit(COUNTS_LOOKED_AT)
    )
    box_by_count = {row[0]: row[1] for row in await connection.execute(recent)}
    matched = select(money_matches.c.left_ids, money_matches.c.right_ids).where(
        money_matches.c.relation == Relation.LID_COUNT.value,
        money_matches.c.state == State.MATCHED.value,
        money_matches.c.box_id.in_(sorted(set(box_by_count.values()))),
        money_matches.c.right_ids.in_([json.dumps([count]) for count in box_by_count]),
    )
    found: list[PeriodToWeigh] = []
    for left, right in await connection.execute(matched):
        (visit,), (count,) = json.loads(left), json.loads(right)
        if len(found) < COUNTS_AT_ONCE:
            period = await _period(connection, count, box_by_count[count], visit)
            if period is not None:
                found.append(period)
    return found


async def _period(
    connection: AsyncConnection, count: str, box: str, visit: str
) -> PeriodToWeigh | None:
    table = holding_periods
    seq_to = int(visit.rpartition("/")[2])
    statement = select(table).where(table.c.box_id == box, table.c.seq_to == seq_to)
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    return PeriodToWeigh(count, box, row["seq_from"], seq_to, row["deposits"])


async def _gaps(connection: AsyncConnection, period: PeriodToWeigh) -> tuple[bool, bool]:
    """Return whether records of a period are missing, and whether none is waited for."""
    table = journal_gaps
    statement = select(table.c.state).where(
        table.c.box_id == period.box,
        table.c.seq_from < period.seq_to,
        table.c.seq_to > period.seq_from,
    )
    states = list((await connection.execute(statement)).scalars())
    return bool(states), "open" not in states


async def _weighing(
    connection: AsyncConnection, period: PeriodToWeigh, *, is_gapless: bool
) -> Weighing | None:
    c = records.c
    statement = (
        select(c.kind, c.raw)
        .where(
            c.box_id == period.box,
            c.seq > period.seq_from,
            c.seq < period.seq_to,
            c.kind.in_((wire.WEIGHED, wire.TAMPER)),
        )
        .order_by(c.seq)
        .limit(RECORDS_MAX + 1)
    )
    rows = (await connection.execute(statement)).all()
    steps, lost = [], 0
    for kind, raw in rows:
        body = body_of(bytes(raw))
        if kind == wire.TAMPER:
            is_loss = body.get(wire.TAMPER_SIGN) == wire.SIGN_WEIGHT_LOSS
            lost += _whole(body.get(wire.TAMPER_MASS_MG)) if is_loss else 0
        else:
            keys = (wire.WEIGHED_DEPOSITS, wire.WEIGHED_MASS_MG, wire.WEIGHED_DEVIATION_MG)
            deposits, mass, deviation = (_whole(body.get(key)) for key in keys)
            steps.append((deposits, mass, deviation))
    is_all = len(rows) <= RECORDS_MAX
    return weighing_of(
        steps, lost_mg=lost, deposits=period.deposits, is_gapless=is_gapless and is_all
    )


def _whole(value: object) -> int:
    return value if type(value) is int else 0


async def _keep(
    connection: AsyncConnection,
    period: PeriodToWeigh,
    weighing: Weighing | None,
    *,
    is_settled: bool,
    now: datetime,
) -> None:
    if weighing is not None and (
        abs(weighing.mass_mg) > MASS_MG_MAX
        or weighing.lost_mg > MASS_MG_MAX
        or weighing.squares > SQUARES_MAX
    ):
        weighing = None  # a genuine record with masses that no box can hold says nothing
    kept = {
        "mass_mg": weighing.mass_mg if weighing else None,
        "squares": weighing.squares if weighing else 0,
        "lost_mg": weighing.lost_mg if weighing else 0,
        "deposits": period.deposits,
        "deposits_weighed": weighing.deposits_weighed if weighing else 0,
        "is_whole": weighing.is_whole if weighing else False,
        "is_settled": is_settled,
        "weighed_at": now,
    }
    statement = upsert(connection, count_masses).values(collection_id=period.collection_id, **kept)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["collection_id"], set_=kept)
    )


async def weighed_counts(connection: AsyncConnection) -> tuple[WeighedCount, ...]:
    """Return the counts that stand and whose box weighed something before them."""
    masses, table = count_masses, collections
    weighed = (
        select(masses, table.c.box_id, table.c.lid_at)
        .join(table, table.c.collection_id == masses.c.collection_id)
        .where(masses.c.mass_mg.is_not(None), ~is_void("collection", table.c.collection_id))
        .order_by(table.c.lid_at, table.c.collection_id)
    )
    rows = (await connection.execute(weighed)).mappings().all()
    pieces: dict[str, dict[int, int]] = defaultdict(dict)
    declared = select(collection_pieces).join(
        masses,
        (masses.c.collection_id == collection_pieces.c.collection_id)
        & masses.c.mass_mg.is_not(None),
    )
    for count, value, number in await connection.execute(declared):
        pieces[count][value] = number
    return tuple(
        WeighedCount(
            collection_id=row["collection_id"],
            box=BoxId(row["box_id"]),
            lid_at=row["lid_at"],
            count=CashCount.of(pieces[row["collection_id"]]),
            weighing=Weighing(
                mass_mg=row["mass_mg"],
                squares=row["squares"],
                lost_mg=row["lost_mg"],
                deposits=row["deposits"],
                deposits_weighed=row["deposits_weighed"],
                is_whole=bool(row["is_whole"]),
            ),
        )
        for row in rows
    )
