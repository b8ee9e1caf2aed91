"""Keeps reports and what became of them, and adds up what they tell."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    RowMapping,
    Select,
    Table,
    Text,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.container_rows import DatabaseContainers
from jimpitan_server.adapters.database.ledger_schema import ledger_seals
from jimpitan_server.adapters.database.metadata import Id, Instant, metadata
from jimpitan_server.adapters.database.money_schema import (
    collections,
    money_matches,
    payment_states,
    payments,
    remittance_collections,
)
from jimpitan_server.adapters.database.report_hosts import CONFIRMED, NO_GIFT, host_figures
from jimpitan_server.adapters.database.schema import Word, discrepancies
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.report import Report, ReportFigures, Span
from jimpitan_server.domain.report_hosts import published_hosts

SHOWN = 60

reports = Table(
    "reports",
    metadata,
    Column("report_id", Id, primary_key=True),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Column("figures", Text, nullable=False),
    Column("prepared_by", Id, nullable=False),
    Column("prepared_at", Instant, nullable=False),
    CheckConstraint("first_on <= last_on", name="days"),
    Index("ix_reports_last_on", "last_on"),
)

report_acts = Table(
    "report_acts",
    metadata,
    Column("report_id", Id, ForeignKey("reports.report_id"), primary_key=True),
    Column("act", Word, primary_key=True),
    Column("actor", Id, nullable=False),
    Column("note", Text, nullable=False),
    Column("acted_at", Instant, nullable=False),
    CheckConstraint("act IN ('approved', 'withdrawn')", name="act"),
)


@dataclass(frozen=True, slots=True)
class DatabaseReports:
    """The store of reports on one open transaction; `zone` is the programme's."""

    connection: AsyncConnection
    zone: ZoneInfo

    async def figures(self, span: Span) -> ReportFigures:
        """Return what is known of these days now."""
        start, end = self._instants(span)
        counted = await self._one(
            select(
                func.count(),
                func.count(collections.c.box_id.distinct()),
                func.coalesce(func.sum(collections.c.total_idr), 0),
            ).where(*_counted_in(start, end))
        )
        open_idr, confirmed_idr, gifts = await self._payments(start, end)
        hosts = await host_figures(self.connection, start, end)
        cases = select(func.count()).where(discrepancies.c.resolved_at.is_(None))
        seal = select(ledger_seals.c.day, ledger_seals.c.root).where(
            ledger_seals.c.day <= span.last
        )
        newest = (
            await self.connection.execute(seal.order_by(ledger_seals.c.day.desc()).limit(1))
        ).one_or_none()
        return ReportFigures(
            counts=counted[0],
            boxes_counted=counted[1],
            boxes_total=len(await DatabaseContainers(self.connection).containers()),
            counted_idr=int(counted[2]),
            banked_idr=await self._banked(start, end),
            qris_payments=gifts,
            qris_confirmed_idr=confirmed_idr,
            qris_open_idr=open_idr,
            cases_open=(await self._one(cases))[0],
            root_day=newest.day.isoformat() if newest else None,
            root=bytes(newest.root).hex() if newest else None,
            gifts=sum(one.gifts for one in hosts),
            hosts=published_hosts(hosts),
        )

    def _instants(self, span: Span) -> tuple[datetime, datetime]:
        """Return the instants from which and until which (not included) these days last."""
        midnight = time(tzinfo=self.zone)
        end = span.last + timedelta(days=1)
        return datetime.combine(span.first, midnight), datetime.combine(end, midnight)

    async def _one(self, statement: Select[Any]) -> tuple[int, ...]:
        return tuple((await self.connection.execute(statement)).one())

    async def _banked(self, start: datetime, end: datetime) -> int:
        """Return how much of what was counted was paid in by remittances that arrived."""
        paid = remittance_collections
        key = literal(f"{Relation.REMITTANCE_CREDIT} left ") + paid.c.remittance_id
        statement = (
            select(func.coalesce(func.sum(collections.c.total_idr), 0))
            .join(paid, paid.c.collection_id == collections.c.collection_id)
            .join(money_matches, money_matches.c.match_key == key)
            .where(
                *_counted_in(start, end),
                ~is_void("remittance", paid.c.remittance_id),
                money_matches.c.state.in_([one.value for one in CONFIRMED]),
            )
        )
        return int((await self._one(statement))[0])

    async def _payments(self, start: datetime, end: datetime) -> tuple[int, int, int]:
        """Return the rupiah that wait and that are confirmed, and how many payments they are."""
        table = payments
        statement = (
            select(
                payment_states.c.state,
                func.count(),
                func.coalesce(func.sum(table.c.amount_idr - table.c.fee_idr), 0),
            )
            .outerjoin(payment_states, payment_states.c.payment_id == table.c.payment_id)
            .where(table.c.paid_at >= start, table.c.paid_at < end)
            .group_by(payment_states.c.state)
        )
        sums = {True: 0, False: 0}
        gifts = 0
        for state, count, due_idr in await self.connection.execute(statement):
            if state not in NO_GIFT:
                sums[state in CONFIRMED] += int(due_idr)
                gifts += count
        return sums[False], sums[True], gifts

    async def report(self, report_id: str) -> Report | None:
        """Return a report, if there is one."""
        found = await self._reports(select(reports).where(reports.c.report_id == report_id))
        return found[0] if found else None

    async def latest(self, *, only_seen: bool) -> list[Report]:
        """Return the latest reports, the newest days first; `only_seen` by the public."""
        statement = select(reports)
        if only_seen:
            approved = select(report_acts.c.report_id).where(report_acts.c.act == "approved")
            statement = statement.where(reports.c.report_id.in_(approved))
        order = (reports.c.last_on.desc(), reports.c.prepared_at.desc(), reports.c.report_id)
        return await self._reports(statement.order_by(*order).limit(SHOWN))

    async def _reports(self, statement: Select[Any]) -> list[Report]:
        rows = (await self.connection.execute(statement)).mappings().all()
        acts: dict[str, dict[str, RowMapping]] = defaultdict(dict)
        wanted = select(report_acts).where(
            report_acts.c.report_id.in_([row["report_id"] for row in rows])
        )
        for act in (await self.connection.execute(wanted)).mappings():
            acts[act["report_id"]][act["act"]] = act
        return [_report(row, acts[row["report_id"]]) for row in rows]

    async def add_report(self, report: Report) -> bool:
        """Keep a prepared report; say whether its id was new."""
        statement = upsert(self.connection, reports).values(
            report_id=report.report_id,
            first_on=report.span.first,
            last_on=report.span.last,
            figures=json.dumps(report.figures.as_json(), sort_keys=True),
            prepared_by=report.prepared_by,
            prepared_at=report.prepared_at,
        )
        kept = statement.on_conflict_do_nothing().returning(reports.c.report_id)
        return (await self.connection.execute(kept)).scalar_one_or_none() is not None

    async def add_act(
        self, report_id: str, act: str, *, actor: str, note: str, now: datetime
    ) -> bool:
        """Keep that a report was approved or withdrawn; say whether it was not so already."""
        statement = upsert(self.connection, report_acts).values(
            report_id=report_id, act=act, actor=actor, note=note, acted_at=now
        )
        kept = statement.on_conflict_do_nothing().returning(report_acts.c.act)
        return (await self.connection.execute(kept)).scalar_one_or_none() is not None


def _counted_in(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        collections.c.lid_at >= start,
        collections.c.lid_at < end,
        ~is_void("collection", collections.c.collection_id),
    )


def _report(row: RowMapping, acts: dict[str, RowMapping]) -> Report:
    approved, withdrawn = acts.get("approved"), acts.get("withdrawn")
    return Report(
        report_id=row["report_id"],
        span=Span(row["first_on"], row["last_on"]),
        figures=ReportFigures.of_json(json.loads(row["figures"])),
        prepared_by=row["prepared_by"],
        prepared_at=row["prepared_at"],
        approved_by=approved["actor"] if approved else None,
        approved_at=approved["acted_at"] if approved else None,
        withdrawn_at=withdrawn["acted_at"] if withdrawn else None,
        reason=withdrawn["note"] if withdrawn else "",
    )
