"""What a collector's phone takes along: own boxes, the urgent first, levels and no numbers."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.container import Container, Tier
from jimpitan_server.domain.fill import GIFTS_WHEN_FULL, Fill, fill_of
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.visit_plan import PlannedVisit, Rhythm, VisitPlan, VisitState
from jimpitan_server.services.collector_day import BOXES_MAX, own_containers, route_of_day

TODAY = date(2026, 11, 20)


def container(box: str) -> Container:
    return Container(box=BoxId(box), tier=Tier.SENSOR)


def plan(box: str, collector: str | None = None, **changed: object) -> VisitPlan:
    whole = {"plan_id": box, "rhythm": Rhythm.WEEKLY, "starts_on": TODAY} | changed
    return VisitPlan(box=BoxId(box), collector=collector, **whole)


def due(box: str, days_late: int = 0, stop: int = 0) -> PlannedVisit:
    day = TODAY - timedelta(days=days_late)
    return PlannedVisit(plan=plan(box, stop=stop), day=day, state=VisitState.DUE)


def order(calls):
    return [call.box for call in calls]


def test_own_boxes_are_mine_anybodys_and_nobodys_but_no_one_elses():
    plans = [
        plan("mine", "user-1"),
        plan("other", "user-2"),
        plan("anybody"),
        plan("ended", "user-2", ends_on=TODAY),
        plan("both", "user-2", plan_id="b1"),
        plan("both", "user-1", plan_id="b2"),
    ]
    all_boxes = [container(b) for b in ("mine", "other", "anybody", "ended", "both", "free")]
    own = own_containers(all_boxes, plans, "user-1")
    assert [one.box for one in own] == ["mine", "anybody", "ended", "both", "free"]


def test_what_is_due_longest_comes_first_then_the_fullest_then_the_plan():
    boxes = [container(b) for b in ("a", "b", "c", "d", "e", "f")]
    visits = [due("a"), due("b", 2), due("b", 9), due("c", stop=2), due("d", stop=1)]
    fill = {BoxId("a"): Fill.FULL, BoxId("f"): Fill.HALF}
    calls, left_out = route_of_day(boxes, visits, fill)
    assert order(calls) == ["b", "a", "d", "c", "f", "e"]
    assert left_out == 0
    assert calls[0].due is not None
    assert calls[0].due.day == TODAY - timedelta(days=9)


def test_a_route_is_bounded_and_says_what_it_left_out():
    calls, left_out = route_of_day([container(f"b{n}") for n in range(BOXES_MAX + 7)], [], {})
    assert (len(calls), left_out) == (BOXES_MAX, 7)


@given(st.integers(0, 3 * GIFTS_WHEN_FULL))
def test_levels_are_wide(deposits):
    same = sum(fill_of(n) is fill_of(deposits) for n in range(3 * GIFTS_WHEN_FULL))
    assert same >= GIFTS_WHEN_FULL // 4
