"""An alert: our message that something needs a person, raised, grown and closed by what is so.

What is so now is read as conditions; an alert is a condition with its past. Comparing the two is
a pure function, so that the same reading twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.ids import BoxId

SEVERITIES = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)
# An alert that grew so often is known by now; it goes on repeating and does not begin anew.
ROUNDS_MAX = 10


class AlertKind(StrEnum):
    """What an alert is about."""

    CASE = "case"
    """A discrepancy that needs a person was opened, or its sum or severity grew."""
    BOX_SILENT = "box_silent"
    """A box has brought no record of its own for hours."""
    BATTERY_EMPTY = "battery_empty"
    """The last heartbeat of a box says that its battery is nearly empty."""
    SENSOR_SILENT = "sensor_silent"
    """A sensor gives no sign, by what the box itself recorded; the box may be well besides."""
    GATEWAY_SILENT = "gateway_silent"
    """A gateway has brought no record of any box for hours."""
    BACKUP_OLD = "backup_old"
    """The newest backup is older than twice its time, or there is none."""
    REPORT_WAITING = "report_waiting"
    """A report was prepared and waits for a second person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is so now and needs a person; `subject` is unique within its kind.

    `what` is a code: the kind of a discrepancy, or the sensor. `weight` is what may grow, in any
    unit. `owner` is who has taken it on, `not_for` who must not be asked.
    """

    kind: AlertKind
    subject: str
    severity: Severity
    since: datetime
    what: str = ""
    box: BoxId | None = None
    weight: int = 0
    owner: str | None = None
    not_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Every condition there is; of the kinds in `cut` there may be more than were read."""

    conditions: tuple[Condition, ...]
    cut: frozenset[AlertKind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A condition that people are told of.

    A round begins when it is raised and each time it grows; `steps` of it were taken. Whoever
    acknowledges quietens the round for a while; `acknowledged_steps` were taken by then.
    """

    number: int
    condition: Condition
    raised_at: datetime
    round_at: datetime
    round: int = 1
    steps: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_steps: int = 0
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a reading changes: `changed` holds alerts as they are afterwards, without a word."""

    raised: tuple[Condition, ...] = ()
    grown: tuple[Alert, ...] = ()
    changed: tuple[Alert, ...] = ()
    closed: tuple[Alert, ...] = field(default=())


def compare(alerts: Iterable[Alert], reading: Reading, now: datetime) -> Compared:
    """Return what becomes of the open alerts, and which conditions are new.

    `now` is when the reading began. An alert whose round began later is known better by another
    program, and left as it is.
    """
    by_key = {(one.condition.kind, one.condition.subject): one for one in alerts}
    grown, changed, raised = [], [], []
    seen = set()
    for found in reading.conditions:
        key = found.kind, found.subject
        if key in seen:
            continue
        seen.add(key)
        alert = by_key.get(key)
        if alert is None:
            raised.append(found)
        elif alert.round_at > now:
            continue
        elif has_grown(alert.condition, found) and alert.round < ROUNDS_MAX:
            grown.append(_next_round(alert, found, now))
        else:
            kept = replace(found, since=alert.condition.since, weight=alert.condition.weight)
            if kept != alert.condition:
                changed.append(replace(alert, condition=kept))
    closed = _gone(by_key, seen, reading.cut, now)
    return Compared(
        raised=tuple(raised), grown=tuple(grown), changed=tuple(changed), closed=closed
    )


def has_grown(before: Condition, now: Condition) -> bool:
    """Tell whether people must hear of it anew: it is severer, or at least twice as much."""
    if SEVERITIES.index(now.severity) > SEVERITIES.index(before.severity):
        return True
    return now.weight > 0 and now.weight >= 2 * max(before.weight, 1)


def _next_round(alert: Alert, found: Condition, now: datetime) -> Alert:
    return replace(
        alert,
        condition=replace(found, since=alert.condition.since),
        round=alert.round + 1,
        round_at=now,
        steps=0,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_steps=0,
    )


def _gone(
    by_key: Mapping[tuple[AlertKind, str], Alert],
    seen: set[tuple[AlertKind, str]],
    cut: frozenset[AlertKind],
    now: datetime,
) -> tuple[Alert, ...]:
    """Return alerts whose condition was not read, where everything of their kind was."""
    return tuple(
        replace(alert, closed_at=now)
        for key, alert in by_key.items()
        if key not in seen and key[0] not in cut and alert.round_at <= now
    )


def worst(severities: Sequence[Severity]) -> Severity:
    """Return the severest of some."""
    return max(severities, key=SEVERITIES.index)
