"""Chooses what a collector's phone takes along for the day: own boxes only, the urgent first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jimpitan_server.domain.container import Container
from jimpitan_server.domain.fill import RANK, Fill
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.visit_plan import PlannedVisit, VisitPlan

# A route of one person; a cheap phone keeps this many with their codes in well under 1 MB.
BOXES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One container on the route; `due` is the oldest planned visit that waits there."""

    container: Container
    due: PlannedVisit | None
    fill: Fill | None

    @property
    def box(self) -> BoxId:
        """The id of the container."""
        return self.container.box


def own_containers(
    containers: Iterable[Container], plans: Iterable[VisitPlan], collector: str
) -> list[Container]:
    """Return the containers that are planned for this collector, for anybody, or not at all."""
    planned: dict[BoxId, set[str | None]] = {}
    for plan in plans:
        if plan.ends_on is None:
            planned.setdefault(plan.box, set()).add(plan.collector)
    free: set[str | None] = {None}
    return [one for one in containers if {None, collector} & planned.get(one.box, free)]


def route_of_day(
    containers: Sequence[Container],
    due: Iterable[PlannedVisit],
    fill_by_box: Mapping[BoxId, Fill],
) -> tuple[list[Call], int]:
    """Return the calls in their order, and how many boxes did not fit.

    What is due longest comes first, then what is fullest, then the order of the plan; boxes that
    are not due follow, the fullest first.
    """
    due_by_box: dict[BoxId, PlannedVisit] = {}
    for visit in sorted(due, key=lambda one: one.day, reverse=True):
        due_by_box[visit.plan.box] = visit
    calls = [
        Call(container=one, due=due_by_box.get(one.box), fill=fill_by_box.get(one.box))
        for one in containers
    ]
    calls.sort(key=_urgency)
    return calls[:BOXES_MAX], max(len(calls) - BOXES_MAX, 0)


def _urgency(call: Call) -> tuple[date, int, int, str]:
    fullness = -1 if call.fill is None else RANK[call.fill]
    if call.due is None:
        return date.max, -fullness, 0, call.box
    return call.due.day, -fullness, call.due.plan.stop, call.box
