"""Tells people: raises, grows and closes alerts by what is so, and plans and sends messages.

Planning is one transaction. Sending is none: a message is claimed and committed, sent, and its
fate committed, so that a program which dies in between leaves a message that may have gone; it is
sent once more and says so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from jimpitan_server.domain.alert import SEVERITIES, Alert, Reading, compare
from jimpitan_server.domain.alert_audience import recipients
from jimpitan_server.domain.alert_message import (
    Answer,
    Channel,
    MessageState,
    Outcome,
    Why,
    after_try,
)
from jimpitan_server.domain.alert_schedule import Step, due_step
from jimpitan_server.domain.alert_text import Say, compose
from jimpitan_server.domain.alert_wishes import Wishes, deliver_at, wants
from jimpitan_server.domain.case_action import Person
from jimpitan_server.domain.clock import Clock
from jimpitan_server.services.ports_alerts import (
    Address,
    AlertStore,
    Claimed,
    Door,
    NewMessage,
    Outbox,
)

SYSTEM = "alerting"
CLAIMS_MAX = 50
# Alerts told of in one look; a flood of more takes some looks, a minute apart.
STEPS_AT_ONCE = 200
# Where a channel says this to one, it would say it to all.
AWAY = frozenset({Why.UNREACHABLE, Why.UNAUTHORISED, Why.NO_TLS, Why.TOO_MANY})
WITHDRAWN = Answer(Outcome.REFUSED, Why.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """What one step did."""

    raised: int
    grown: int
    closed: int
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one sending did, in messages."""

    sent: int
    postponed: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How texts are made: words in a language, times in the programme's zone, our address."""

    say: Callable[[str], Say]
    zone: ZoneInfo
    shown_at: Callable[[datetime], str]
    base_url: str | None


async def step_alerts(
    store: AlertStore,
    reading: Reading,
    *,
    now: datetime,
    zone: ZoneInfo,
    offered: Sequence[Channel],
) -> Stepped:
    """Bring the alerts in line with what is so, and plan what people are told now."""
    await store.lock()
    alerts = {one.number: one for one in await store.open_alerts()}
    found = compare(alerts.values(), reading, now)
    raised = [await store.add_alert(condition, now) for condition in found.raised]
    closed = {one.number for one in found.closed}
    await store.drop_waiting(sorted(closed), why=Why.CLOSED)
    await store.add_events("raised", raised, actor=SYSTEM, now=now)
    await store.add_events("grown", found.grown, actor=SYSTEM, now=now)
    await store.add_events("closed", found.closed, actor=SYSTEM, now=now)
    for one in (*raised, *found.grown, *found.changed):
        alerts[one.number] = one
    steps = _due((one for number, one in alerts.items() if number not in closed), now)
    told = [alerts[number] for number in steps]
    await store.add_messages(
        await _planned(store, told, steps, now=now, zone=zone, offered=offered), now
    )
    await store.add_events("told", told, actor=SYSTEM, now=now)
    after = [replace(one, steps=steps[one.number].number + 1) for one in told]
    quiet = [one for one in (*found.grown, *found.changed) if one.number not in steps]
    await store.save_alerts([*after, *quiet, *found.closed])
    return Stepped(raised=len(raised), grown=len(found.grown), closed=len(closed), told=len(steps))


def _due(alerts: Iterable[Alert], now: datetime) -> dict[int, Step]:
    """Return the steps that are taken now, the severest first; the rest waits for a look."""
    due = [(one, step) for one in alerts if (step := due_step(one, now)) is not None]
    due.sort(key=lambda taken: -SEVERITIES.index(taken[0].condition.severity))
    return {one.number: step for one, step in due[:STEPS_AT_ONCE]}


async def _planned(
    store: AlertStore,
    alerts: Sequence[Alert],
    steps: Mapping[int, Step],
    *,
    now: datetime,
    zone: ZoneInfo,
    offered: Sequence[Channel],
) -> list[NewMessage]:
    """Return a message for each alert, person, and address of that person."""
    if not alerts:
        return []
    people, wishes = await store.people(), await store.wishes()
    by_person = defaultdict(list)
    for address in await store.addresses(offered):
        by_person[address.user_id].append(address)
    return [
        message
        for alert in alerts
        for user_id in _told(alert, steps[alert.number], people)
        for message in _to_person(
            alert,
            steps[alert.number].number,
            user_id,
            wishes.get(user_id, Wishes()),
            by_person[user_id],
            now=now,
            zone=zone,
        )
    ]


def _told(alert: Alert, step: Step, people: Sequence[Person]) -> list[str]:
    return recipients(alert.condition, step.level, people)


def _to_person(
    alert: Alert,
    step: int,
    user_id: str,
    wishes: Wishes,
    addresses: Sequence[Address],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> list[NewMessage]:
    severity = alert.condition.severity
    later = deliver_at(now, severity, wishes, zone)
    ways = [(Channel.APP, "", now)]
    if wants(wishes, severity):
        ways += [(one.channel, one.address_id, later) for one in addresses]
    return [
        NewMessage(
            alert=alert.number,
            user_id=user_id,
            channel=channel,
            address_id=address_id,
            round=alert.round,
            step=step,
            severity=severity,
            due_at=due_at,
        )
        for channel, address_id, due_at in ways
    ]


async def send_due(
    outbox: Outbox, doors: Mapping[Channel, Door], *, clock: Clock, speech: Speech
) -> Sent:
    """Send what is due, at most 50 texts in one go; what is due then goes with the next.

    A channel that is away as a whole is asked once in one go, so that nobody waits for it.
    """
    states: list[str] = []
    tidied = await outbox.tidy(clock.now())
    left = dict(doors)
    for _ in range(CLAIMS_MAX):
        claimed = await outbox.claim(list(left), clock.now())
        if claimed is None:
            break
        channel = claimed.address.channel
        answer = await _send(outbox, left[channel], claimed, speech)
        states += await _settle(outbox, claimed, answer, clock)
        if answer.outcome is Outcome.LATER and answer.why in AWAY:
            del left[channel]
    return Sent(
        sent=states.count(MessageState.SENT),
        postponed=states.count(MessageState.WAITING),
        dead=states.count(MessageState.DEAD) + tidied,
    )


async def _send(outbox: Outbox, door: Door, claimed: Claimed, speech: Speech) -> Answer:
    text = compose(
        claimed.conditions,
        say=speech.say(claimed.language),
        shown_at=speech.shown_at,
        base_url=speech.base_url,
        is_doubtful=claimed.is_doubtful,
    )
    key = f"{min(claimed.tries)}-{max(claimed.tries)}-{len(claimed.tries)}"
    address = await outbox.open_address(claimed.address)
    return await door.send(address, text, key=key) if address else WITHDRAWN


async def _settle(outbox: Outbox, claimed: Claimed, answer: Answer, clock: Clock) -> list[str]:
    """Keep what became of the messages; return their states."""
    now = clock.now()
    fates = {
        number: after_try(answer, tries=tries, now=now) for number, tries in claimed.tries.items()
    }
    await outbox.settle(fates, now)
    if answer.outcome is Outcome.GONE:
        await outbox.withdraw(claimed.address, why=Why.GONE, now=now)
    return [fate.state for fate in fates.values()]
