"""The events of a case: any order of actions by people and matching leaves the right state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from jimpitan_server.domain.case import (
    MATCHER,
    Case,
    CaseEvent,
    CaseState,
    EventKind,
    after,
    after_all,
    matched_again,
    numbers_changed,
)
from jimpitan_server.domain.case_action import (
    EVENTS_MAX,
    Action,
    Approve,
    Assign,
    Comment,
    MoveDue,
    Person,
    Reopen,
    Resolve,
    decide,
)
from jimpitan_server.domain.errors import Conflict, Malformed, NotAllowed, ServerError
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.user import Role

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
LIMIT = Rupiah(100_000)
ANI = Person(user_id="user-ani", role=Role.TREASURER)
BUDI = Person(user_id="user-budi", role=Role.ADMIN)
CITRA = Person(user_id="user-citra", role=Role.AUDITOR)
LOSS = Resolve(code=ResolutionCode.LOSS, reason="hilang di jalan")
NEW = Case(discrepancy=7, at_stake=Rupiah(100_001), due_at=NOW + timedelta(days=1))
SMALL = replace(NEW, at_stake=Rupiah(100_000))


def act(case: Case, action: Action, by: Person = ANI, now: datetime = NOW) -> Case:
    event = decide(case, action, by=by, now=now, approval_above=LIMIT)
    return case if event is None else after(case, event)


def refusal(case: Case, action: Action, by: Person = ANI) -> str:
    with pytest.raises(ServerError) as caught:
        decide(case, action, by=by, now=NOW, approval_above=LIMIT)
    return caught.value.code


def test_above_the_limit_a_second_person_approves() -> None:
    waiting = act(NEW, LOSS)
    assert (waiting.state, waiting.resolved_at) == (CaseState.WAITING, None)
    assert refusal(waiting, Approve(), ANI) == "own_proposal"
    assert refusal(waiting, Approve(), CITRA) == "not_allowed"
    assert refusal(waiting, LOSS, BUDI) == "case_waiting"
    ended = act(waiting, Approve(), BUDI)
    assert (ended.state, ended.approved_by, ended.resolved_at) == (
        CaseState.RESOLVED,
        BUDI.user_id,
        NOW,
    )
    assert ended.ending is not None
    assert ended.ending.by == ANI.user_id
    assert refusal(ended, Approve(), BUDI) == "case_not_waiting"


def test_up_to_the_limit_and_without_a_sum_one_person_is_enough() -> None:
    for case in (SMALL, replace(NEW, at_stake=None)):
        ended = act(case, LOSS)
        assert ended.state is CaseState.RESOLVED
        assert refusal(ended, LOSS) == "case_resolved"


def test_a_limit_that_changes_later_leaves_what_was_decided() -> None:
    event = decide(NEW, LOSS, by=ANI, now=NOW, approval_above=Rupiah(10**9))
    assert event is not None
    assert after(NEW, event).state is CaseState.RESOLVED


def test_an_end_is_undone_by_a_new_event() -> None:
    again = act(act(SMALL, LOSS), Reopen(reason="uangnya ketemu"))
    assert (again.state, again.ending, again.resolved_at, again.events) == (
        CaseState.OPEN,
        None,
        None,
        2,
    )
    assert refusal(again, Reopen(reason="uangnya ketemu")) == "case_open"


def test_auditors_comment_and_do_nothing_else() -> None:
    assert act(NEW, Comment("lihat foto"), CITRA).events == 1
    due = MoveDue(due_at=NOW + timedelta(days=9), reason="menunggu bank")
    for action in (Assign("user-ani"), due, LOSS, Approve(), Reopen(reason="abc")):
        assert refusal(NEW, action, CITRA) == "not_allowed"
    collector = Person(user_id="user-doni", role=Role.COLLECTOR)
    assert refusal(NEW, Comment("abc"), collector) == "not_allowed"


def test_the_same_again_says_nothing_twice() -> None:
    due = MoveDue(due_at=NOW + timedelta(days=9), reason="menunggu bank")
    for action in (Comment("lihat foto"), Assign("user-ani"), due):
        once = act(NEW, action)
        assert act(once, action) == once
    assert act(act(NEW, Comment("lihat")), Comment("lihat"), BUDI).events == 2
    assert act(NEW, Assign(None)) == NEW


def test_texts_and_days_that_cannot_be_are_refused() -> None:
    for text in ("", " ", "x" * 1001, "a\0b"):
        assert refusal(NEW, Comment(text)) == "malformed"
        assert refusal(NEW, Resolve(code=ResolutionCode.LOSS, reason=text)) == "malformed"
    for days in (-1, 0, 367):
        due = MoveDue(due_at=NOW + timedelta(days=days), reason="menunggu bank")
        assert refusal(NEW, due) == "due_unsound"
    assert issubclass(NotAllowed, ServerError)
    assert issubclass(Malformed, ServerError)


def test_a_case_that_ended_is_due_on_no_other_day() -> None:
    due = MoveDue(due_at=NOW + timedelta(days=9), reason="menunggu bank")
    assert refusal(act(SMALL, LOSS), due) == "case_resolved"


def test_a_case_holds_so_many_entries_and_no_more() -> None:
    full = replace(NEW, events=EVENTS_MAX)
    assert refusal(full, Comment("satu lagi")) == "events_many"
    assert issubclass(Conflict, ServerError)


def test_an_event_out_of_its_place_is_a_bug() -> None:
    event = CaseEvent(number=2, at=NOW, actor="a", kind=EventKind.COMMENTED, detail={"text": "x"})
    with pytest.raises(AssertionError, match="without a gap"):
        after(NEW, event)


def test_the_chain_covers_case_place_person_and_content() -> None:
    event = CaseEvent(number=1, at=NOW, actor="a", kind=EventKind.COMMENTED, detail={"text": "x"})
    changed = [
        replace(event, number=2),
        replace(event, at=NOW + timedelta(seconds=1)),
        replace(event, actor="b"),
        replace(event, kind=EventKind.REOPENED),
        replace(event, detail={"text": "y"}),
    ]
    chains = {one.chain(b"", discrepancy=7) for one in (event, *changed)}
    chains |= {event.chain(b"", discrepancy=8), event.chain(b"before", discrepancy=7)}
    assert len(chains) == 8


def test_matching_compares_sums_and_nothing_else() -> None:
    before = {"expected_idr": 5, "arrived_idr": 0, "reason": "a", "expected": ["1"]}
    assert numbers_changed(before, before | {"reason": "b", "expected": ["2"]}) == {}
    assert numbers_changed(before, before | {"arrived_idr": 2}) == {"arrived_idr": [0, 2]}


@pytest.mark.parametrize(
    ("state", "by", "changed", "happens"),
    [
        (CaseState.OPEN, None, False, None),
        (CaseState.OPEN, None, True, EventKind.COMMENTED),
        (CaseState.WAITING, None, False, None),
        (CaseState.WAITING, None, True, EventKind.REOPENED),
        (CaseState.RESOLVED, "user-ani", False, None),
        (CaseState.RESOLVED, "user-ani", True, EventKind.REOPENED),
        (CaseState.RESOLVED, MATCHER, False, EventKind.REOPENED),
        (CaseState.RESOLVED, MATCHER, True, EventKind.REOPENED),
    ],
)
def test_what_matching_finds_again(
    state: CaseState, by: str | None, changed: bool, happens: EventKind | None
) -> None:
    assert matched_again(state, by, changed=changed) is happens


class Desk(RuleBasedStateMachine):
    """Two people and matching act on one case; the model knows only who did what last."""

    @initialize(stake=st.sampled_from([None, 5, 100_000, 100_001, 10**9]))
    def raised(self, stake: int | None) -> None:
        self.first = replace(NEW, at_stake=None if stake is None else Rupiah(stake))
        self.case = self.first
        self.large = stake is not None and stake > 100_000
        self.events: list[CaseEvent] = []
        self.state, self.proposer, self.owner = "open", "", None
        self.now = NOW

    def tried(self, action: Action, by: Person) -> bool:
        """Act; tell whether it was allowed."""
        self.now += timedelta(minutes=1)
        try:
            event = decide(self.case, action, by=by, now=self.now, approval_above=LIMIT)
        except ServerError:
            return False
        if event is not None:
            self.events.append(event)
            self.case = after(self.case, event)
        return True

    people = st.sampled_from([ANI, BUDI])

    @rule(by=people, text=st.sampled_from(["a", "b"]))
    def comment(self, by: Person, text: str) -> None:
        assert self.tried(Comment(text), by)

    @rule(by=people, owner=st.sampled_from([None, "user-ani", "user-budi"]))
    def assign(self, by: Person, owner: str | None) -> None:
        assert self.tried(Assign(owner), by)
        self.owner = owner

    @rule(by=people, days=st.integers(1, 300))
    def move(self, by: Person, days: int) -> None:
        due_at = NOW + timedelta(days=days)
        moved = self.tried(MoveDue(due_at=due_at, reason="menunggu bank"), by)
        if moved:
            assert self.case.due_at == due_at
        else:
            assert self.state == "resolved" or due_at <= self.now

    @rule(by=people)
    def resolve(self, by: Person) -> None:
        if self.tried(LOSS, by):
            assert self.state == "open"
            self.state, self.proposer = ("waiting" if self.large else "resolved"), by.user_id
        else:
            assert self.state != "open"

    @rule(by=people)
    def approve(self, by: Person) -> None:
        if self.tried(Approve(), by):
            assert self.state == "waiting"
            assert by.user_id != self.proposer
            self.state = "resolved"
        else:
            assert self.state != "waiting" or by.user_id == self.proposer

    @rule(by=people)
    def reopen(self, by: Person) -> None:
        was = self.state
        assert self.tried(Reopen(reason="lihat lagi"), by) == (was != "open")
        self.state = "open"

    @rule(changed=st.booleans(), present=st.booleans())
    def match(self, changed: bool, present: bool) -> None:
        ended_by = self.case.ending.by if self.case.ending else None
        if present:
            kind = matched_again(self.case.state, ended_by, changed=changed)
            detail: dict[str, object] = {"changed": {"arrived_idr": [0, 1]}}
            if kind is EventKind.REOPENED:
                self.state = "open"
        else:
            kind = None if self.state == "resolved" else EventKind.RESOLVED
            detail = {"code": "explained", "needs_approval": False}
            if kind is not None:
                self.state, self.proposer = "resolved", MATCHER
        if kind is not None:
            number = self.case.events + 1
            event = CaseEvent(number=number, at=self.now, actor=MATCHER, kind=kind, detail=detail)
            self.events.append(event)
            self.case = after(self.case, event)

    @invariant()
    def the_state_is_what_was_done(self) -> None:
        if not hasattr(self, "case"):
            return
        assert (self.case.state, self.case.owner) == (self.state, self.owner)
        assert (self.case.resolved_at is not None) == (self.state == "resolved")
        assert (self.case.ending is None) == (self.state == "open")

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "case"):
            return
        assert [event.number for event in self.events] == list(range(1, self.case.events + 1))
        assert after_all(self.first, self.events) == self.case

    @invariant()
    def no_proposer_approved(self) -> None:
        if hasattr(self, "case") and self.case.approved_by is not None:
            assert self.case.ending is not None
            assert self.case.approved_by != self.case.ending.by


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
