"""Keeps plain cans, where containers stand, planned visits, and on which days boxes were seen."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, insert, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.collection_rows import is_void
from jimpitan_server.adapters.database.container_schema import (
    cans,
    placements,
    visit_plan_ends,
    visit_plans,
)
from jimpitan_server.adapters.database.money_schema import collections, money_matches
from jimpitan_server.adapters.database.schema import boxes, down_messages, users
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.container import Container, Tier
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.user import Role
from jimpitan_server.domain.visit_plan import Rhythm, VisitPlan

CONTAINERS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class DatabaseContainers:
    """`ContainerStore` on an open transaction."""

    connection: AsyncConnection

    async def container(self, box: BoxId) -> Container | None:
        """Return a container of any tier, or None."""
        return next(iter(await self.containers(box)), None)

    async def containers(self, box: BoxId | None = None) -> list[Container]:
        """Return containers of both tiers by their id; a can that got sensors is a sensor box."""
        known = union_all(
            select(boxes.c.box_id, literal(Tier.SENSOR.value).label("tier")),
            select(cans.c.box_id, literal(Tier.CAN.value)).where(
                cans.c.box_id.not_in(select(boxes.c.box_id))
            ),
        ).subquery()
        newest = (
            select(func.max(placements.c.placement_id))
            .where(placements.c.box_id == known.c.box_id)
            .correlate(known)
            .scalar_subquery()
        )
        statement = (
            select(known.c.box_id, known.c.tier, placements.c.site, placements.c.host)
            .select_from(known)
            .outerjoin(placements, placements.c.placement_id == newest)
            .order_by(known.c.box_id)
            .limit(CONTAINERS_MAX)
        )
        if box is not None:
            statement = statement.where(known.c.box_id == box)
        return [
            Container(
                box=BoxId(row["box_id"]),
                tier=Tier(row["tier"]),
                site=row["site"] or "",
                host=row["host"] or "",
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def add_can(self, box: BoxId, *, actor: str, now: datetime) -> None:
        """Keep a new can."""
        statement = upsert(self.connection, cans).values(box_id=box, actor=actor, added_at=now)
        await self.connection.execute(statement.on_conflict_do_nothing())

    async def add_placement(
        self, box: BoxId, *, site: str, host: str, actor: str, now: datetime
    ) -> None:
        """Keep where a container stands from now on."""
        await self.connection.execute(
            insert(placements).values(box_id=box, site=site, host=host, actor=actor, placed_at=now)
        )

    async def collector_of_login(self, login_name: str) -> str | None:
        """Return the id of a person who may collect, or None."""
        statement = select(users.c.user_id).where(
            users.c.login_name == login_name,
            users.c.disabled_at.is_(None),
            users.c.role.in_((Role.COLLECTOR.value, Role.ADMIN.value)),
        )
        found: str | None = (await self.connection.execute(statement)).scalar_one_or_none()
        return found

    async def plans(self, box: BoxId | None = None) -> Sequence[VisitPlan]:
        """Return every plan, also those that have ended, or those of one box."""
        table = visit_plans
        statement = (
            select(table, visit_plan_ends.c.ends_on)
            .outerjoin(visit_plan_ends, visit_plan_ends.c.plan_id == table.c.plan_id)
            .order_by(table.c.box_id, table.c.starts_on, table.c.plan_id)
        )
        if box is not None:
            statement = statement.where(table.c.box_id == box)
        return [
            VisitPlan(
                plan_id=row["plan_id"],
                box=BoxId(row["box_id"]),
                rhythm=Rhythm(row["rhythm"]),
                weekday=row["weekday"],
                nth=row["nth"],
                anchor=row["anchor"],
                starts_on=row["starts_on"],
                tolerance_days=row["tolerance_days"],
                collector=row["collector"],
                stop=row["stop"],
                ends_on=row["ends_on"],
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def add_plan(self, plan: VisitPlan, *, actor: str, now: datetime) -> None:
        """Keep a plan."""
        await self.connection.execute(
            insert(visit_plans).values(
                plan_id=plan.plan_id,
                box_id=plan.box,
                rhythm=plan.rhythm.value,
                weekday=plan.weekday,
                nth=plan.nth,
                anchor=plan.anchor,
                starts_on=plan.starts_on,
                tolerance_days=plan.tolerance_days,
                collector=plan.collector,
                stop=plan.stop,
                actor=actor,
                recorded_at=now,
            )
        )

    async def end_plan(self, plan_id: str, *, ends_on: date, actor: str, now: datetime) -> None:
        """Keep that a plan has no more days from `ends_on`."""
        statement = upsert(self.connection, visit_plan_ends).values(
            plan_id=plan_id, ends_on=ends_on, actor=actor, recorded_at=now
        )
        await self.connection.execute(statement.on_conflict_do_nothing())

    async def seen_on(
        self, zone: ZoneInfo, *, since: datetime, box: BoxId | None = None
    ) -> dict[BoxId, set[date]]:
        """Return on which days somebody was at a box: counts, authorised visits, opened lids."""
        found: dict[BoxId, set[date]] = defaultdict(set)
        counted = select(collections.c.box_id, collections.c.lid_at).where(
            collections.c.lid_at >= since, ~is_void("collection", collections.c.collection_id)
        )
        visited = select(down_messages.c.box_id, down_messages.c.created_at).where(
            down_messages.c.created_at >= since, down_messages.c.answered_seq.is_not(None)
        )
        both: list[Select[Any]] = [counted, visited]
        for statement in both:
            wanted = statement
            if box is not None:
                wanted = statement.where(statement.selected_columns.box_id == box)
            for name, at in await self.connection.execute(wanted):
                found[BoxId(name)].add(at.astimezone(zone).date())
        opened = select(money_matches.c.box_id, money_matches.c.evidence).where(
            money_matches.c.relation == Relation.LID_COUNT.value,
            # A lid with its count is seen by the count.
            money_matches.c.state != State.MATCHED.value,
        )
        if box is not None:
            opened = opened.where(money_matches.c.box_id == box)
        for name, evidence in await self.connection.execute(opened):
            at = json.loads(evidence).get("opened_at")
            if at is not None:
                found[BoxId(name)].add(datetime.fromisoformat(at).astimezone(zone).date())
        return found
