"""When people are told of an alert again, and how far up: growing waits, a bound, and a rest.

Step 0 is the first word. Each later step of an unacknowledged round goes to one role more, so
repeating and escalating are one schedule. Steps that were missed while the server was down are
not made up for: only the latest is taken.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jimpitan_server.domain.alert import Alert
from jimpitan_server.domain.discrepancy import Severity

# The wait after the first word; each later one is twice as long. Critical: "look at it today".
FIRST_WAIT = {
    Severity.CRITICAL: timedelta(hours=1),
    Severity.WARNING: timedelta(days=1),
    Severity.NOTICE: timedelta(days=7),
}
# How long an acknowledgement quietens, the first time; then twice as long.
FIRST_REST = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.WARNING: timedelta(days=7),
    Severity.NOTICE: timedelta(days=30),
}
WAIT_MAX = timedelta(days=30)
STEPS_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One telling: `number` counts within the round, `level` says how many roles it reaches.

    `next_at` is when the one after it is due, None at the bound.
    """

    number: int
    level: int
    next_at: datetime | None


def due_step(alert: Alert, now: datetime) -> Step | None:
    """Return the step that is due, or None; none once the alert is closed or at the bound."""
    if alert.closed_at is not None:
        return None
    number = alert.steps
    if number >= STEPS_MAX or step_at(alert, number) > now:
        return None
    while number + 1 < STEPS_MAX and step_at(alert, number + 1) <= now:
        number += 1
    next_at = step_at(alert, number + 1) if number + 1 < STEPS_MAX else None
    return Step(number=number, level=_level(alert, number), next_at=next_at)


def step_at(alert: Alert, number: int) -> datetime:
    """Return when a step of the present round is due."""
    severity = alert.condition.severity
    if alert.acknowledged_at is None:
        return alert.round_at + _after(FIRST_WAIT[severity], number)
    rests = max(number - alert.acknowledged_steps, 0) + 1
    return alert.acknowledged_at + _after(FIRST_REST[severity], rests)


def next_step_at(alert: Alert) -> datetime | None:
    """Return when the next step is due as the alert stands now, None at the bound."""
    return step_at(alert, alert.steps) if alert.steps < STEPS_MAX else None


def _after(first: timedelta, count: int) -> timedelta:
    """Return the sum of the first `count` waits."""
    total, wait = timedelta(), first
    for _ in range(count):
        total += min(wait, WAIT_MAX)
        wait *= 2
    return total


def _level(alert: Alert, number: int) -> int:
    """Return how many roles beyond the first hear of it.

    What has grown reaches one role more from the start; a taken-on alert climbs no further.
    """
    taken = number if alert.acknowledged_at is None else max(alert.acknowledged_steps - 1, 0)
    return taken + alert.round - 1
