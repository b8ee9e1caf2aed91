"""Reads everything that is kept about the counts of one container, for their journeys."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.handover_rows import views_with
from jimpitan_server.adapters.database.mass_schema import count_masses
from jimpitan_server.adapters.database.money_schema import (
    payment_states,
    payments,
    remittances,
)
from jimpitan_server.adapters.database.phone_schema import visit_starts
from jimpitan_server.adapters.database.receipt_rows import person_names
from jimpitan_server.adapters.database.receipt_schema import count_receipts
from jimpitan_server.adapters.database.schema import discrepancies, down_messages
from jimpitan_server.adapters.database.sticker_schema import box_scans
from jimpitan_server.adapters.database.witness_schema import count_papers, count_witnesses
from jimpitan_server.domain.cash_mass import Weighing
from jimpitan_server.domain.container import Container
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import State
from jimpitan_server.domain.rupiah import NOTHING, Rupiah
from jimpitan_server.domain.sticker import Verdict
from jimpitan_server.domain.visit_plan import PlannedVisit
from jimpitan_server.services.dossier import CollectionView
from jimpitan_server.services.journey import CountFacts, Journey, QrisPart, steps_of
from jimpitan_server.services.ports_handover import HandoverView

# A visit is told to the box some minutes before the lid; a sticker is scanned on the same day.
VISIT_BEFORE, VISIT_AFTER = timedelta(hours=2), timedelta(minutes=30)
SCAN_AROUND = timedelta(hours=12)
PAYMENTS_MAX = 50_000
# In the account, or as good as gone into it by a person's word.
IN_ACCOUNT = (State.MATCHED, State.WITHIN_TOLERANCE, State.MANUAL, State.FORCED)


@dataclass(slots=True)
class _Read:
    """What was read of a container, by count or in the order of time."""

    papers: Mapping[str, RowMapping]
    masses: Mapping[str, RowMapping]
    visits: Sequence[tuple[datetime, bool]]
    offline: Sequence[datetime]
    scans: Sequence[tuple[datetime, Verdict]]
    remitted: Mapping[str, tuple[datetime, Rupiah, str]]
    handovers: Mapping[str, list[HandoverView]]
    wrong: Mapping[str, set[str]]
    receipts: Mapping[str, datetime]
    names: Mapping[str, str] = field(default_factory=dict)


async def journeys(
    connection: AsyncConnection,
    container: Container,
    views: Sequence[CollectionView],
    planned: Sequence[PlannedVisit],
    zone: ZoneInfo,
) -> list[Journey]:
    """Return the journeys of counts, the newest first as they were given."""
    if not views:
        return []
    read = await _read(connection, container.box, views)
    paid = await _payments(connection, container.box, since=views[-1].lid_at - timedelta(days=400))
    standing = [one for one in views if one.void_reason is None]
    found = []
    for view in views:
        before = max((one.lid_at for one in standing if one.lid_at < view.lid_at), default=None)
        facts = _facts(view, container, planned, read, zone)
        found.append(
            Journey(
                view=view,
                began_at=before,
                steps=steps_of(facts),
                qris=_part(paid, before, view.lid_at),
                counter=read.names.get(view.collector, view.collector),
            )
        )
    return found


async def _read(connection: AsyncConnection, box: BoxId, views: Sequence[CollectionView]) -> _Read:
    ids = [one.collection_id for one in views]
    slips = sorted({one.remittance_id for one in views if one.remittance_id})
    papers = await _papers(connection, ids)
    people = {one.collector for one in views} | {row["person_id"] or "" for row in papers.values()}
    masses = select(count_masses).where(count_masses.c.collection_id.in_(ids))
    receipts = select(count_receipts.c.collection_id, count_receipts.c.made_at).where(
        count_receipts.c.collection_id.in_(ids)
    )
    handed: dict[str, list[HandoverView]] = defaultdict(list)
    for one in await views_with(connection, ids):
        for count in one.offer.collection_ids:
            handed[count].append(one)
    return _Read(
        papers=papers,
        masses={
            row["collection_id"]: row for row in (await connection.execute(masses)).mappings()
        },
        visits=await _visits(connection, box),
        offline=await _begun_offline(connection, box),
        scans=await _scans(connection, box),
        remitted=await _remittances(connection, slips),
        handovers=handed,
        wrong=await _wrong(connection, box),
        receipts={row[0]: row[1] for row in await connection.execute(receipts)},
        names=await person_names(connection, sorted(people)),
    )


async def _papers(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, RowMapping]:
    papers, witnessed = count_papers, count_witnesses
    statement = (
        select(papers, witnessed.c.person_id, witnessed.c.confirmed_at)
        .outerjoin(witnessed, witnessed.c.collection_id == papers.c.collection_id)
        .where(papers.c.collection_id.in_(ids))
    )
    rows = (await connection.execute(statement)).mappings()
    return {row["collection_id"]: row for row in rows}


async def _visits(connection: AsyncConnection, box: BoxId) -> list[tuple[datetime, bool]]:
    c = down_messages.c
    statement = select(c.created_at, c.answered_seq).where(c.box_id == box)
    rows = await connection.execute(statement.order_by(c.created_at))
    return [(at, seq is not None) for at, seq in rows]


async def _begun_offline(connection: AsyncConnection, box: BoxId) -> list[datetime]:
    c = visit_starts.c
    statement = select(c.begun_at).where(c.box_id == box, c.is_offline)
    return list((await connection.execute(statement.order_by(c.begun_at))).scalars())


async def _scans(connection: AsyncConnection, box: BoxId) -> list[tuple[datetime, Verdict]]:
    c = box_scans.c
    statement = select(c.scanned_at, c.verdict).where(c.box_id == box, c.source == "visit")
    rows = await connection.execute(statement.order_by(c.scanned_at))
    return [(at, Verdict(verdict)) for at, verdict in rows]


async def _remittances(
    connection: AsyncConnection, ids: Sequence[str]
) -> dict[str, tuple[datetime, Rupiah, str]]:
    c = remittances.c
    statement = select(c.remittance_id, c.paid_at, c.amount_idr, c.method).where(
        c.remittance_id.in_(ids), ~is_void("remittance", c.remittance_id)
    )
    rows = await connection.execute(statement)
    return {name: (at, Rupiah(amount), method) for name, at, amount, method in rows}


async def _wrong(connection: AsyncConnection, box: BoxId) -> dict[str, set[str]]:
    """Return the kinds of open cases by the counts that they are about."""
    c = discrepancies.c
    statement = select(c.subject, c.kind, c.evidence).where(
        c.box_id == box, c.resolved_at.is_(None)
    )
    found: dict[str, set[str]] = defaultdict(set)
    for subject, kind, evidence in await connection.execute(statement):
        for count in (subject, *json.loads(evidence).get("counts", ())):
            found[count].add(kind)
    return found


async def _payments(
    connection: AsyncConnection, box: BoxId, *, since: datetime
) -> list[tuple[datetime, int, str | None]]:
    table = payments
    statement = (
        select(
            table.c.paid_at,
            (table.c.amount_idr - table.c.fee_idr).label("due_idr"),
            payment_states.c.state,
        )
        .outerjoin(payment_states, payment_states.c.payment_id == table.c.payment_id)
        .where(table.c.box_id == box, table.c.paid_at >= since)
        .order_by(table.c.paid_at.desc())
        .limit(PAYMENTS_MAX)
    )
    return [(row.paid_at, row.due_idr, row.state) for row in await connection.execute(statement)]


def _part(
    paid: Sequence[tuple[datetime, int, str | None]], began_at: datetime | None, until: datetime
) -> QrisPart:
    sums = {True: (0, NOTHING), False: (0, NOTHING)}
    for at, due_idr, state in paid:
        if at > until or (began_at is not None and at <= began_at):
            continue
        if state in ("remittance", "refunded", State.VOID.value, State.DUPLICATE.value):
            continue
        number, amount = sums[state in IN_ACCOUNT]
        sums[state in IN_ACCOUNT] = (number + 1, amount + Rupiah(due_idr))
    return QrisPart(confirmed=sums[True], provisional=sums[False])


def _facts(
    view: CollectionView,
    container: Container,
    planned: Sequence[PlannedVisit],
    read: _Read,
    zone: ZoneInfo,
) -> CountFacts:
    paper = read.papers.get(view.collection_id)
    mass = read.masses.get(view.collection_id)
    day = view.lid_at.astimezone(zone).date()
    near = [one for one in read.visits if _is_near(one[0], view.lid_at)]
    scans = [one for one in read.scans if abs(one[0] - view.lid_at) <= SCAN_AROUND]
    witness = paper["person_id"] if paper else None
    return CountFacts(
        view=view,
        tier=container.tier,
        planned=next((one for one in planned if one.made_on == day), None),
        visit=max(near, default=None),
        begun_offline_at=max(
            (at for at in read.offline if _is_near(at, view.lid_at)), default=None
        ),
        scan=min(scans, key=lambda one: abs(one[0] - view.lid_at), default=None),
        has_papers=paper is not None,
        witness_demanded=bool(paper["witness_demanded"]) if paper else False,
        seal_found=paper["seal_found"] if paper else None,
        bag=paper["bag"] if paper else None,
        witnessed=(read.names.get(witness, witness), paper["confirmed_at"])
        if paper and witness
        else None,
        is_weighed=mass is not None,
        weighing=_weighing(mass),
        receipt_made_at=read.receipts.get(view.collection_id),
        handovers=tuple(read.handovers.get(view.collection_id, ())),
        remitted=read.remitted.get(view.remittance_id or ""),
        wrong=frozenset(read.wrong.get(view.collection_id, ())),
    )


def _is_near(visit_at: datetime, lid_at: datetime) -> bool:
    return lid_at - VISIT_BEFORE <= visit_at <= lid_at + VISIT_AFTER


def _weighing(mass: RowMapping | None) -> Weighing | None:
    if mass is None or mass["mass_mg"] is None:
        return None
    return Weighing(
        mass_mg=mass["mass_mg"],
        squares=mass["squares"],
        lost_mg=mass["lost_mg"],
        deposits=mass["deposits"],
        deposits_weighed=mass["deposits_weighed"],
        is_whole=bool(mass["is_whole"]),
    )
