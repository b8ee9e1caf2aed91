"""A rollout: a release goes to boxes stage by stage, and stops by itself when boxes fail.

`decide` is a pure function from the rollout, its boxes and the time to what must be done now. It
may be asked as often as anybody likes: with the same boxes it says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from jimpitan_server.domain.ids import BoxId

EVERY_BOX = "*"
STAGES_MAX = 8
FAILURES_MAX = 1000
# So many boxes at a time fetch a release from the brokers beside them.
UNDER_WAY_MAX = 20
# A box that is not heard after an order for so long is not fetching.
BEGINS_WITHIN = timedelta(hours=1)
# A box that was not heard for so long neither holds a stage up nor counts in it.
HEARD_WITHIN = timedelta(hours=24)
# Heartbeats so far apart that name the same firmware are believed where the answer is lost.
SETTLED_AFTER = timedelta(minutes=10)
# A box leaves a release after a trial of one hour at most; what names it for longer stays. A
# firmware that sends and never hears an acknowledgement would else pass for a good one.
STAYS_AFTER = timedelta(minutes=70)


class UpdateState(StrEnum):
    """How far one box is in a rollout."""

    WAITING = "waiting"
    """Nothing was ordered yet."""
    ORDERED = "ordered"
    """It is told to fetch the release, or fetches it."""
    ON_TRIAL = "on_trial"
    """It runs the release and may still go back."""
    CONFIRMED = "confirmed"
    """It runs the release for good."""
    ROLLED_BACK = "rolled_back"
    """It tried the release and left it again."""
    REFUSED = "refused"
    """It did not begin."""
    GIVEN_UP = "given_up"
    """It gave up before the release ran."""


class RolloutState(StrEnum):
    """How a rollout is."""

    RUNNING = "running"
    """Orders go out; also when only silent boxes are left."""
    HALTED = "halted"
    """Nothing new is ordered until a person decides."""
    ENDED = "ended"
    """A person ended it; nothing is ordered any more."""


class HaltCause(StrEnum):
    """Why a rollout halted by itself."""

    FAILURES = "failures"
    """More boxes failed than the person who started it allowed."""
    FEW_CONFIRMED = "few_confirmed"
    """Every box of the stage has ended, and too few of them run the release."""


class RolloutFinding(StrEnum):
    """The kinds of discrepancy that a rollout can raise."""

    ROLLOUT_HALTED = "rollout_halted"
    """A rollout stopped by itself; a person must say how it goes on."""


FAILED = frozenset({UpdateState.ROLLED_BACK, UpdateState.REFUSED, UpdateState.GIVEN_UP})
UNDER_WAY = frozenset({UpdateState.ORDERED, UpdateState.ON_TRIAL})
FINAL = FAILED | {UpdateState.CONFIRMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A rollout as it stands; `stage` is the place of the present stage in `stages`, from 0."""

    number: int
    fingerprint: str
    stages: tuple[str, ...]
    failures_max: int = 1
    advance_permille: int = 900
    stage: int = 0
    state: RolloutState = RolloutState.RUNNING
    cause: HaltCause | None = None

    @property
    def is_last_stage(self) -> bool:
        """Say whether no stage follows the present one."""
        return self.stage == len(self.stages) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxUpdate:
    """One box of a rollout: its stage, how far it is, and what its heartbeats say.

    `runs` is the short fingerprint its heartbeats named from `runs_since` to `runs_until`;
    `changed_at` is when its state changed last. A failure that a person accepted when resuming
    counts no more.
    """

    box: BoxId
    stage: int
    state: UpdateState = UpdateState.WAITING
    attempt: int = 0
    reason: int | None = None
    is_accepted: bool = False
    changed_at: datetime | None = None
    last_seen_at: datetime | None = None
    runs: str | None = None
    runs_since: datetime | None = None
    runs_until: datetime | None = None

    def is_heard(self, now: datetime) -> bool:
        """Say whether the box was heard of lately enough to count."""
        return self.last_seen_at is not None and now - self.last_seen_at <= HEARD_WITHIN

    @property
    def is_failure(self) -> bool:
        """Say whether it failed and nobody accepted that."""
        return self.state in FAILED and not self.is_accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What must be done now. `advance_to` is the next stage, `halt` why nothing goes on.

    `settled` holds boxes whose heartbeats tell the outcome that no record told.
    """

    orders: tuple[BoxUpdate, ...] = ()
    settled: tuple[tuple[BoxUpdate, UpdateState], ...] = ()
    advance_to: int | None = None
    halt: HaltCause | None = None


@dataclass(slots=True)
class StageCount:
    """How many boxes of a stage are how far; `counted` are those that the share is taken of."""

    by_state: dict[UpdateState, int] = field(default_factory=dict)
    unheard: int = 0
    counted: int = 0
    pending: int = 0

    @property
    def members(self) -> int:
        """Return how many boxes belong to the stage."""
        return sum(self.by_state.values()) + self.unheard

    @property
    def confirmed(self) -> int:
        """Return how many boxes run the release for good."""
        return self.by_state.get(UpdateState.CONFIRMED, 0)

    @property
    def failed(self) -> int:
        """Return how many boxes failed."""
        return sum(self.by_state.get(state, 0) for state in FAILED)


def first_stage(stages: Sequence[str], tags: Sequence[str]) -> int | None:
    """Return the first stage a box with these tags fits, or None."""
    for place, stage in enumerate(stages):
        if stage == EVERY_BOX or stage in tags:
            return place
    return None


def count_stage(boxes: Sequence[BoxUpdate], stage: int, now: datetime) -> StageCount:
    """Count the boxes of one stage. A box that is not final and not heard stands apart."""
    count = StageCount()
    for one in boxes:
        if one.stage != stage:
            continue
        if one.state not in FINAL and not one.is_heard(now):
            count.unheard += 1
            continue
        count.by_state[one.state] = count.by_state.get(one.state, 0) + 1
        count.counted += not (one.state in FAILED and one.is_accepted)
        count.pending += one.state not in FINAL
    return count


def decide(rollout: Rollout, boxes: Sequence[BoxUpdate], *, short: str, now: datetime) -> Decision:
    """Return what must be done now; `short` is how boxes name the release.

    Outcomes that heartbeats tell come first and alone: what follows from them is decided when
    they are kept.
    """
    settled = _settled(boxes, short)
    if settled or rollout.state is not RolloutState.RUNNING:
        return Decision(settled=settled)
    if sum(one.is_failure for one in boxes) > rollout.failures_max:
        return Decision(halt=HaltCause.FAILURES)
    count = count_stage(boxes, rollout.stage, now)
    if not count.pending and (count.by_state or not count.unheard):
        if count.confirmed * 1000 < rollout.advance_permille * count.counted:
            return Decision(halt=HaltCause.FEW_CONFIRMED)
        if not rollout.is_last_stage:
            return Decision(advance_to=rollout.stage + 1)
    return Decision(orders=_orders(rollout, boxes, short, now))


def _settled(boxes: Sequence[BoxUpdate], short: str) -> tuple[tuple[BoxUpdate, UpdateState], ...]:
    found = []
    for one in boxes:
        if one.state in FINAL or one.runs is None:
            continue
        if one.runs == short:
            if _span(one, one.runs_since) >= STAYS_AFTER:
                found.append((one, UpdateState.CONFIRMED))
        elif one.state is UpdateState.ON_TRIAL:
            begun = max(filter(None, (one.runs_since, one.changed_at)), default=None)
            if _span(one, begun) >= SETTLED_AFTER:
                found.append((one, UpdateState.ROLLED_BACK))
    return tuple(found)


def _span(one: BoxUpdate, begun: datetime | None) -> timedelta:
    if begun is None or one.runs_until is None:
        return timedelta(0)
    return one.runs_until - begun


def _orders(
    rollout: Rollout, boxes: Sequence[BoxUpdate], short: str, now: datetime
) -> tuple[BoxUpdate, ...]:
    """Return whom to order next: earlier stages first; silent boxes take nobody's place.

    A box that is away is ordered as soon as it is heard, and one that runs the release already
    is only waited for.
    """
    under_way = sum(_takes_a_place(one, now) for one in boxes)
    wanted = [
        one
        for one in sorted(boxes, key=lambda one: (one.stage, one.box))
        if one.state is UpdateState.WAITING
        and one.stage <= rollout.stage
        and one.is_heard(now)
        and one.runs != short
    ]
    return tuple(wanted[: max(UNDER_WAY_MAX - under_way, 0)])


def _takes_a_place(one: BoxUpdate, now: datetime) -> bool:
    """Say whether a box may be fetching the release now.

    One that fell silent when it was ordered begins when it is back, whoever fetches then.
    """
    if one.state not in UNDER_WAY or one.last_seen_at is None or one.changed_at is None:
        return False
    is_heard_since = one.last_seen_at >= one.changed_at
    return one.is_heard(now) if is_heard_since else now - one.changed_at <= BEGINS_WITHIN
