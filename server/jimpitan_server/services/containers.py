"""Makes plain cans known, and says where containers stand and when they are visited."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from jimpitan_server.domain.container import Container, Tier, place_text
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.visit_plan import (
    AHEAD_MAX,
    BACK_MAX,
    PlannedVisit,
    VisitFinding,
    VisitPlan,
    VisitState,
    planned_visits,
)

# One for the ordinary rhythm, one for Jumat Manis, and some for single days.
PLANS_PER_BOX_MAX = 50
_MISSED = "The planned visit was not made within its tolerance."


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan that somebody wishes, with the collector named by login."""

    plan: VisitPlan
    collector_login: str | None = None


class ContainerStore(Protocol):
    """One open transaction, for containers and visit plans."""

    async def container(self, box: BoxId) -> Container | None:
        """Return a container of any tier, or None."""
        ...

    async def add_can(self, box: BoxId, *, actor: str, now: datetime) -> None:
        """Keep a new can."""
        ...

    async def add_placement(
        self, box: BoxId, *, site: str, host: str, actor: str, now: datetime
    ) -> None:
        """Keep where a container stands from now on."""
        ...

    async def collector_of_login(self, login_name: str) -> str | None:
        """Return the id of a person who may collect, or None."""
        ...

    async def plans(self, box: BoxId | None = None) -> Sequence[VisitPlan]:
        """Return every plan, also those that have ended, or those of one box."""
        ...

    async def add_plan(self, plan: VisitPlan, *, actor: str, now: datetime) -> None:
        """Keep a plan."""
        ...

    async def end_plan(self, plan_id: str, *, ends_on: date, actor: str, now: datetime) -> None:
        """Keep that a plan has no more days from `ends_on`."""
        ...


async def add_can(
    store: ContainerStore, *, box: str, site: str, host: str, actor: str, now: datetime
) -> Container:
    """Make a plain can known by the id on its sticker."""
    if not is_box_id(box):
        raise Malformed("The id of a can has 1 to 32 characters of a-z, 0-9 and hyphen.")
    known = await store.container(BoxId(box))
    if known is not None:
        raise Conflict(f"There is a container {box} already.", code="box_exists")
    await store.add_can(BoxId(box), actor=actor, now=now)
    made = Container(box=BoxId(box), tier=Tier.CAN, site=place_text(site), host=place_text(host))
    if made.site or made.host:
        await store.add_placement(made.box, site=made.site, host=made.host, actor=actor, now=now)
    return made


async def place_container(
    store: ContainerStore, *, box: str, site: str, host: str, actor: str, now: datetime
) -> Container:
    """Say where a container stands from now on; where it stood before is kept."""
    known = await _known(store, box)
    placed = replace(known, site=place_text(site), host=place_text(host))
    if not placed.site:
        raise Malformed("Say where the container stands.")
    if placed != known:
        await store.add_placement(
            placed.box, site=placed.site, host=placed.host, actor=actor, now=now
        )
    return placed


async def _known(store: ContainerStore, box: str) -> Container:
    found = await store.container(BoxId(box)) if is_box_id(box) else None
    if found is None:
        raise NotFound("There is no such box or can.", code="box_unknown")
    return found


async def plan_visits(
    store: ContainerStore, wish: NewPlan, *, actor: str, today: date, now: datetime
) -> VisitPlan:
    """Keep a plan of visits for a container, perhaps for one collector."""
    plan = wish.plan
    await _known(store, plan.box)
    if not -BACK_MAX <= plan.starts_on - today <= AHEAD_MAX:
        raise Malformed("A plan begins at most three years from today.")
    standing = [one for one in await store.plans(plan.box) if one.ends_on is None]
    if len(standing) >= PLANS_PER_BOX_MAX:
        raise Conflict(f"{plan.box} has {len(standing)} plans: end one first.", code="plans_many")
    if wish.collector_login:
        collector = await store.collector_of_login(wish.collector_login)
        if collector is None:
            raise NotFound("There is no such collector.", code="collector_unknown")
        plan = replace(plan, collector=collector)
    plan = replace(plan, plan_id=str(uuid.uuid4()))
    await store.add_plan(plan, actor=actor, now=now)
    return plan


async def end_plan(
    store: ContainerStore, *, plan_id: str, actor: str, today: date, now: datetime
) -> None:
    """Let a plan have no more days from today; the days before stay as they are."""
    plan = next((one for one in await store.plans() if one.plan_id == plan_id), None)
    if plan is None:
        raise NotFound("There is no such plan.", code="plan_unknown")
    if plan.ends_on is not None:
        raise Conflict("This plan has ended already.", code="plan_ended")
    await store.end_plan(plan_id, ends_on=today, actor=actor, now=now)


def missed_visits(
    plans: Iterable[VisitPlan],
    seen_on: Mapping[BoxId, Iterable[date]],
    *,
    today: date,
    now: datetime,
) -> list[Discrepancy]:
    """Return a case for each planned visit whose tolerance is over and that nobody made."""
    return [
        _missed(visit, now)
        for plan in plans
        for visit in planned_visits(plan, seen_on.get(plan.box, ()), today=today)
        if visit.state is VisitState.MISSED
    ]


def _missed(visit: PlannedVisit, now: datetime) -> Discrepancy:
    plan = visit.plan
    return Discrepancy(
        kind=VisitFinding.VISIT_MISSED,
        severity=Severity.WARNING,
        subject=f"{plan.plan_id}/{visit.day.isoformat()}",
        found_at=now,
        box=plan.box,
        evidence={
            "reason": _MISSED,
            "planned_on": visit.day.isoformat(),
            "tolerance_days": plan.tolerance_days,
            "rhythm": plan.rhythm.value,
        },
    )
