"""The way of one count, from the plan to the account: each step with its state and its witness.

How a step is known stands beside it, because a sensor gives evidence, a person gives a count and
a bank gives money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.cash_mass import MassRange, Weighing, mass_of
from jimpitan_server.domain.container import Tier
from jimpitan_server.domain.mass_discrepancies import contradiction
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.rupiah import NOTHING, Rupiah
from jimpitan_server.domain.sticker import Verdict
from jimpitan_server.domain.visit_plan import PlannedVisit
from jimpitan_server.services.dossier import CollectionView, MatchView
from jimpitan_server.services.ports_handover import HandoverView


class StepName(StrEnum):
    """The steps, in their order."""

    PLANNED = "planned"
    """A visit was planned for about that day."""
    VISIT = "visit"
    """The box was told of the collector's visit."""
    LID = "lid"
    """The lid was opened."""
    STICKER = "sticker"
    """The code on the box was scanned."""
    COUNT = "count"
    """The money was counted."""
    WITNESS = "witness"
    """A second person confirmed it."""
    SEAL = "seal"
    """The old seal was looked at and a new one put on."""
    MASS = "mass"
    """What the count weighs was compared with the box's scale."""
    RECEIPT = "receipt"
    """The host got a receipt."""
    HANDOVER = "handover"
    """Custody passed on."""
    REMITTANCE = "remittance"
    """It was paid in."""
    CREDIT = "credit"
    """The bank's statement shows it."""


class StepState(StrEnum):
    """How a step stands."""

    DONE = "done"
    """It is so."""
    WAITING = "waiting"
    """It is still to come, and nothing is wrong."""
    WRONG = "wrong"
    """Something does not agree: there is a case, or will be."""
    NONE = "none"
    """It does not apply, or nobody said."""


class Known(StrEnum):
    """How a step is known."""

    PLAN = "plan"
    """The visit plan."""
    BOX = "box"
    """The box's own signed record."""
    PERSON = "person"
    """What a person typed."""
    PIN = "pin"
    """A second person's PIN."""
    SCALE = "scale"
    """The box's scale against the declared pieces."""
    SERVER = "server"
    """The server did it."""
    RECEIVER = "receiver"
    """The receiver counted and confirmed."""
    BANK = "bank"
    """The bank's statement."""
    NOBODY = "nobody"
    """Nobody said anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; `detail` holds what a person wants to see beside it."""

    name: StepName
    state: StepState
    known: Known
    at: datetime | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountFacts:
    """Everything that is kept about one count, as it was read."""

    view: CollectionView
    tier: Tier
    planned: PlannedVisit | None = None
    visit: tuple[datetime, bool] | None = None
    begun_offline_at: datetime | None = None
    scan: tuple[datetime, Verdict] | None = None
    has_papers: bool = False
    witness_demanded: bool = False
    seal_found: str | None = None
    bag: str | None = None
    witnessed: tuple[str, datetime] | None = None
    is_weighed: bool = False
    weighing: Weighing | None = None
    receipt_made_at: datetime | None = None
    handovers: tuple[HandoverView, ...] = ()
    remitted: tuple[datetime, Rupiah, str] | None = None
    wrong: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class QrisPart:
    """The other chain in the same period: what donors paid with the box's code."""

    confirmed: tuple[int, Rupiah] = (0, NOTHING)
    provisional: tuple[int, Rupiah] = (0, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One count with its steps, and the QRIS payments between the count before and this one."""

    view: CollectionView
    began_at: datetime | None
    steps: tuple[Step, ...]
    qris: QrisPart
    counter: str


def steps_of(facts: CountFacts) -> tuple[Step, ...]:
    """Return the steps of a count in their order."""
    return (
        _planned(facts),
        _visit(facts),
        _lid(facts),
        _sticker(facts),
        _count(facts),
        _witness(facts),
        _seal(facts),
        _mass(facts),
        _receipt(facts),
        _handover(facts),
        _remittance(facts),
        _credit(facts),
    )


def _match(matches: Iterable[MatchView], relation: Relation) -> MatchView | None:
    return next((one for one in matches if one.relation == relation.value), None)


def _planned(facts: CountFacts) -> Step:
    if facts.planned is None:
        return Step(name=StepName.PLANNED, state=StepState.NONE, known=Known.NOBODY)
    detail = {"day": facts.planned.day}
    return Step(name=StepName.PLANNED, state=StepState.DONE, known=Known.PLAN, detail=detail)


def _visit(facts: CountFacts) -> Step:
    if facts.visit is None and facts.begun_offline_at is not None:
        at = facts.begun_offline_at  # the collector's word: no box could be told
        return Step(name=StepName.VISIT, state=StepState.DONE, known=Known.PERSON, at=at)
    if facts.visit is None:
        return Step(name=StepName.VISIT, state=StepState.NONE, known=Known.NOBODY)
    at, is_answered = facts.visit
    state = StepState.DONE if is_answered else StepState.WAITING
    known = Known.BOX if is_answered else Known.SERVER
    return Step(name=StepName.VISIT, state=state, known=known, at=at)


def _lid(facts: CountFacts) -> Step:
    if facts.tier is Tier.CAN:
        return Step(name=StepName.LID, state=StepState.NONE, known=Known.NOBODY)
    match = _match(facts.view.matches, Relation.LID_COUNT)
    if match is None or match.state == State.EXPECTED:
        return Step(name=StepName.LID, state=StepState.WAITING, known=Known.NOBODY)
    if match.state == State.MISSING:
        return Step(name=StepName.LID, state=StepState.WRONG, known=Known.NOBODY)
    opened = match.evidence.get("opened_at")
    at = datetime.fromisoformat(str(opened)) if opened else None
    return Step(name=StepName.LID, state=StepState.DONE, known=Known.BOX, at=at)


def _sticker(facts: CountFacts) -> Step:
    if facts.scan is None:
        return Step(name=StepName.STICKER, state=StepState.NONE, known=Known.NOBODY)
    at, verdict = facts.scan
    good = verdict in (Verdict.SAME, Verdict.UNKNOWN)
    state = StepState.DONE if good else StepState.WRONG
    detail = {"verdict": verdict.value}
    return Step(name=StepName.STICKER, state=state, known=Known.PERSON, at=at, detail=detail)


def _count(facts: CountFacts) -> Step:
    detail: dict[str, object] = {"counted_idr": facts.view.counted.amount}
    state = StepState.DONE
    sensed = _match(facts.view.matches, Relation.SENSOR_COUNT)
    if sensed is not None:
        detail |= {name: sensed.evidence.get(name) for name in ("low_idr", "high_idr")}
        state = StepState.WRONG if sensed.state == State.UNDER else StepState.DONE
    if facts.view.void_reason is not None:
        state = StepState.WRONG
    at = facts.view.lid_at
    return Step(name=StepName.COUNT, state=state, known=Known.PERSON, at=at, detail=detail)


def _witness(facts: CountFacts) -> Step:
    if facts.witnessed is not None:
        name, at = facts.witnessed
        detail: dict[str, object] = {"name": name}
        return Step(
            name=StepName.WITNESS, state=StepState.DONE, known=Known.PIN, at=at, detail=detail
        )
    state = StepState.WRONG if facts.witness_demanded else StepState.NONE
    known = Known.PERSON if facts.view.witness else Known.NOBODY
    detail = {"name": facts.view.witness} if facts.view.witness else {}
    return Step(name=StepName.WITNESS, state=state, known=known, detail=detail)


def _seal(facts: CountFacts) -> Step:
    detail = {"found": facts.seal_found, "put_on": facts.view.seal, "bag": facts.bag}
    if facts.wrong & {"seal_differs", "seal_repeated"}:
        state = StepState.WRONG
    else:
        state = StepState.DONE if facts.view.seal else StepState.NONE
    known = Known.NOBODY if state is StepState.NONE else Known.PERSON
    return Step(name=StepName.SEAL, state=state, known=known, detail=detail)


def _mass(facts: CountFacts) -> Step:
    if facts.tier is Tier.CAN or (facts.is_weighed and facts.weighing is None):
        return Step(name=StepName.MASS, state=StepState.NONE, known=Known.NOBODY)
    if facts.weighing is None:
        return Step(name=StepName.MASS, state=StepState.WAITING, known=Known.NOBODY)
    declared = mass_of(CashCount.of(facts.view.pieces))
    differs = contradiction(declared, facts.weighing.range)
    state = StepState.WRONG if differs else StepState.DONE
    detail: dict[str, MassRange] = {"declared": declared, "weighed": facts.weighing.range}
    return Step(name=StepName.MASS, state=state, known=Known.SCALE, detail=detail)


def _receipt(facts: CountFacts) -> Step:
    state = StepState.DONE if facts.receipt_made_at else StepState.NONE
    known = Known.SERVER if facts.receipt_made_at else Known.NOBODY
    return Step(name=StepName.RECEIPT, state=state, known=known, at=facts.receipt_made_at)


def _handover(facts: CountFacts) -> Step:
    """Return the last handover: offered, refused, or confirmed with the right or another sum."""
    if not facts.handovers:
        return Step(name=StepName.HANDOVER, state=StepState.NONE, known=Known.NOBODY)
    last = facts.handovers[-1]
    detail: dict[str, object] = {"offered_at": last.offer.offered_at}
    if last.answer is None or last.answer.received is None:
        state = StepState.WAITING if last.answer is None else StepState.NONE
        at = last.offer.offered_at
        return Step(name=StepName.HANDOVER, state=state, known=Known.PERSON, at=at, detail=detail)
    detail |= {"received_idr": last.answer.received.amount, "offered_idr": last.total.amount}
    is_right = last.answer.received == last.total
    return Step(
        name=StepName.HANDOVER,
        state=StepState.DONE if is_right else StepState.WRONG,
        known=Known.RECEIVER,
        at=last.answer.answered_at,
        detail=detail,
    )


def _remittance(facts: CountFacts) -> Step:
    match = _match(facts.view.matches, Relation.COUNT_REMITTANCE)
    if facts.remitted is None:
        late = match is not None and match.state == State.MISSING
        state = StepState.WRONG if late else StepState.WAITING
        return Step(name=StepName.REMITTANCE, state=state, known=Known.NOBODY)
    at, amount, method = facts.remitted
    differs = match is not None and match.state in (State.OVER, State.UNDER, State.DUPLICATE)
    return Step(
        name=StepName.REMITTANCE,
        state=StepState.WRONG if differs else StepState.DONE,
        known=Known.PERSON,
        at=at,
        detail={"remitted_idr": amount.amount, "method": method},
    )


def _credit(facts: CountFacts) -> Step:
    match = _match(facts.view.matches, Relation.REMITTANCE_CREDIT)
    if match is None or not match.right:
        late = match is not None and match.state == State.MISSING
        state = StepState.WRONG if late else StepState.WAITING
        return Step(name=StepName.CREDIT, state=state, known=Known.NOBODY)
    differs = match.state in (State.OVER, State.UNDER, State.AMBIGUOUS, State.FORCED)
    return Step(
        name=StepName.CREDIT,
        state=StepState.WRONG if differs else StepState.DONE,
        known=Known.BANK,
        detail={"credited_idr": match.right_total.amount},
    )
