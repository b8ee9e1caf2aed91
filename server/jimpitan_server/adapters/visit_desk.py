"""Everything about containers and planned visits, each as one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.database import loss_rows
from jimpitan_server.adapters.database.box_reading import box_row
from jimpitan_server.adapters.database.container_rows import DatabaseContainers
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.journey_rows import journeys
from jimpitan_server.adapters.database.matched_cases import exchange_cases
from jimpitan_server.adapters.database.user_store import login_names
from jimpitan_server.domain.books import Rules
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.container import Container
from jimpitan_server.domain.errors import Malformed, NotFound
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.visit_plan import (
    BACK_MAX,
    TOLERANCE_DAYS_MAX,
    PlannedVisit,
    VisitFinding,
    VisitPlan,
    VisitState,
    planned_visits,
)
from jimpitan_server.services import containers as keeping
from jimpitan_server.services.containers import NewPlan
from jimpitan_server.services.dossier import Dossier
from jimpitan_server.services.journey import Journey
from jimpitan_server.services.loss import LossStatement

_WATCHED_EVERY = timedelta(hours=1)
# What is due today was planned within the longest tolerance, and a day of another zone.
_SLACK = timedelta(days=TOLERANCE_DAYS_MAX + 1)
# Where nothing was ever counted: the longest of the usual rhythms.
LOSS_LOOKED_BACK, LOSS_LOOKED_BACK_MAX = timedelta(days=35), timedelta(days=732)


@dataclass(slots=True)
class _Watched:
    """The hour in which this process looked for missed visits last."""

    hour: int | None = None


@dataclass(frozen=True, slots=True)
class VisitDesk(Audited):
    """The side of the server that knows containers, where they stand, and who is due there."""

    database: Database
    clock: Clock
    timezone: str
    last: _Watched = field(default_factory=_Watched)

    @property
    def zone(self) -> ZoneInfo:
        """The programme's zone, whose days are planned."""
        return ZoneInfo(self.timezone)

    @property
    def today(self) -> date:
        """This day in the programme's zone."""
        return self.clock.now().astimezone(self.zone).date()

    async def containers(self) -> list[Container]:
        """Return the containers of both tiers."""
        async with self.database.read() as connection:
            return await DatabaseContainers(connection).containers()

    async def container(self, box: BoxId) -> Container | None:
        """Return one container, or None."""
        async with self.database.read() as connection:
            return await DatabaseContainers(connection).container(box)

    async def add_can(self, box: str, *, site: str, host: str, actor: str) -> Container:
        """Make a plain can known."""
        now = self.clock.now()
        async with self._store() as store:
            made = await keeping.add_can(
                store, box=box, site=site, host=host, actor=actor, now=now
            )
            await self._audit(store, actor, "can_added", box, made.site)
        return made

    async def place(self, box: str, *, site: str, host: str, actor: str) -> Container:
        """Say where a container stands."""
        now = self.clock.now()
        async with self._store() as store:
            placed = await keeping.place_container(
                store, box=box, site=site, host=host, actor=actor, now=now
            )
            await self._audit(store, actor, "box_placed", box, placed.site)
        return placed

    async def plan(self, wish: NewPlan, *, actor: str) -> VisitPlan:
        """Keep a plan of visits."""
        async with self._store() as store:
            plan = await keeping.plan_visits(
                store, wish, actor=actor, today=self.today, now=self.clock.now()
            )
            await self._audit(store, actor, "visits_planned", plan.box, plan.rhythm.value)
        return plan

    async def end_plan(self, plan_id: str, *, actor: str) -> None:
        """End a plan."""
        async with self._store() as store:
            await keeping.end_plan(
                store, plan_id=plan_id, actor=actor, today=self.today, now=self.clock.now()
            )
            await self._audit(store, actor, "visits_ended", plan_id, "")

    async def planned(
        self,
        box: BoxId | None = None,
        *,
        ahead: timedelta = timedelta(0),
        back: timedelta = BACK_MAX,
    ) -> list[PlannedVisit]:
        """Return the planned visits of `back`, those to come within `ahead` too, by their day."""
        now, today = self.clock.now(), self.today
        async with self.database.read() as connection:
            store = DatabaseContainers(connection)
            plans = await store.plans(box)
            seen = await store.seen_on(self.zone, since=now - back - _SLACK, box=box)
        found = [
            visit
            for plan in plans
            for visit in planned_visits(
                plan, seen.get(plan.box, ()), today=today, ahead=ahead, back=back
            )
        ]
        return sorted(found, key=lambda one: (one.day, one.plan.stop, one.plan.box))

    async def route(self, collector: str) -> list[PlannedVisit]:
        """Return where a collector is due today, in the order of the route."""
        planned = await self.planned(back=_SLACK)
        due = [one for one in planned if one.state is VisitState.DUE]
        own = [one for one in due if one.plan.collector in (None, collector)]
        return sorted(own, key=lambda one: (one.plan.stop, one.day, one.plan.box))

    async def journeys(self, container: Container, dossier: Dossier) -> list[Journey]:
        """Return the way of each count of a container, from the plan to the account."""
        planned = await self.planned(container.box)
        async with self.database.read() as connection:
            return await journeys(connection, container, dossier.collections, planned, self.zone)

    async def loss(
        self,
        box: str,
        *,
        since: datetime | None,
        until: datetime | None,
        case: int | None,
        rules: Rules,
    ) -> LossStatement:
        """Return a loss statement; without a beginning since the last count before its end."""
        now = self.clock.now()
        end = min(until or now, now)
        async with self.database.read() as connection:
            found = await DatabaseContainers(connection).container(BoxId(box))
            if found is None:
                raise NotFound("There is no such box or can.", code="box_unknown")
            if since is None:
                last, _ = await loss_rows.counts_around(
                    connection, found.box, since=end, until=end
                )
                since = last.at if last else end - LOSS_LOOKED_BACK
            if not end - LOSS_LOOKED_BACK_MAX <= since < end:
                raise Malformed("A loss statement covers at most two years, up to now.")
            events, left_out = await loss_rows.told(connection, found.box, since=since, until=end)
            before, after = await loss_rows.counts_around(
                connection, found.box, since=since, until=end
            )
            row = await box_row(connection, found.box)
            return LossStatement(
                container=found,
                since=since,
                until=end,
                written_at=now,
                case=case,
                events=events,
                events_left_out=left_out,
                last_heard_at=row["last_seen_at"] if row else None,
                before=before,
                counted_after=after,
                sensed=await loss_rows.sensed(connection, found.box, since=since, until=end),
                low_each=rules.deposit_low,
                high_each=rules.deposit_high,
            )

    async def plans(self) -> tuple[list[VisitPlan], dict[str, str]]:
        """Return the plans that go on, and the login names of their collectors."""
        async with self.database.read() as connection:
            every = await DatabaseContainers(connection).plans()
            standing = [one for one in every if one.ends_on is None]
            people = sorted({one.collector for one in standing if one.collector})
            return standing, await login_names(connection, people)

    async def watch_if_due(self) -> bool:
        """Once an hour, raise the visits that were missed, and end those that were made late."""
        now = self.clock.now()
        hour = int(now.timestamp() // _WATCHED_EVERY.total_seconds())
        if self.last.hour == hour:
            return False
        async with self._store() as store:
            plans = await store.plans()
            seen = await store.seen_on(self.zone, since=now - BACK_MAX)
            found = keeping.missed_visits(plans, seen, today=self.today, now=now)
            await exchange_cases(store.connection, found, now, kinds=list(VisitFinding))
        self.last.hour = hour
        return True

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseContainers]:
        async with self.database.write() as connection:
            yield DatabaseContainers(connection)
