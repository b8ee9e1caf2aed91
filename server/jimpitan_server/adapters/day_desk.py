"""Draws up the day of a collector: the route, and what is known of each box on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping

from jimpitan_server.adapters.database import day_rows
from jimpitan_server.adapters.database.container_rows import DatabaseContainers
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.witness_rows import DatabaseWitnesses
from jimpitan_server.adapters.visit_desk import VisitDesk
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.visit_plan import TOLERANCE_DAYS_MAX, VisitState, planned_visits
from jimpitan_server.services.collector_day import Call, own_containers, route_of_day

_SLACK = timedelta(days=TOLERANCE_DAYS_MAX + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorDay:
    """The calls of a day, and what stands in the database of each box, by its id."""

    made_at: datetime
    calls: list[Call]
    left_out: int
    rows: Mapping[BoxId, RowMapping]
    codes: Mapping[BoxId, list[str]]
    alarms: Mapping[BoxId, list[str]]
    sealed: set[BoxId]
    witnesses: list[str]


@dataclass(frozen=True, slots=True)
class DayDesk:
    """The side of the server that fills a collector's phone before he leaves the network."""

    database: Database
    clock: Clock
    visits: VisitDesk

    async def day(self, collector: UserId) -> CollectorDay:
        """Return the day of a collector; nothing in it tells what was sensed or is expected."""
        now, today, zone = self.clock.now(), self.visits.today, self.visits.zone
        async with self.database.read() as connection:
            store = DatabaseContainers(connection)
            plans = await store.plans()
            own = own_containers(await store.containers(), plans, collector)
            seen = await store.seen_on(zone, since=now - 2 * _SLACK)
            due = [
                visit
                for plan in plans
                if plan.collector in (None, collector)
                for visit in planned_visits(plan, seen.get(plan.box, ()), today=today, back=_SLACK)
                if visit.state is VisitState.DUE
            ]
            fill = await day_rows.fill_by_box(connection, [one.box for one in own])
            calls, left_out = route_of_day(own, due, fill)
            wanted = [call.box for call in calls]
            return CollectorDay(
                made_at=now,
                calls=calls,
                left_out=left_out,
                rows=await day_rows.rows_by_box(connection, wanted),
                codes=await day_rows.codes_by_box(connection, wanted),
                alarms=await day_rows.alarms_by_box(connection, wanted),
                sealed=await day_rows.sealed_boxes(connection, wanted),
                witnesses=await DatabaseWitnesses(connection).names_offered(),
            )
