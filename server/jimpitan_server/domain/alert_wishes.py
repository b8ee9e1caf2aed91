"""How a person wishes to be told: from which severity, when not, and many at once or each."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from jimpitan_server.domain.alert import SEVERITIES
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.errors import Malformed

DAY_MINUTES = 24 * 60


class Digest(StrEnum):
    """How often what is not critical is told."""

    NONE = "none"
    """Each as soon as it is so."""
    HOUR = "hour"
    """All of an hour in one message, at the full hour."""
    DAY = "day"
    """All of a day in one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What one person wishes; times are minutes after midnight in the programme's zone.

    Quiet hours run from `quiet_from` to `quiet_until`, over midnight when the first is the later
    one; none when they are equal.
    """

    severity_min: Severity = Severity.WARNING
    quiet_from: int = 21 * 60
    quiet_until: int = 6 * 60
    critical_breaks: bool = False
    digest: Digest = Digest.NONE
    digest_at: int = 7 * 60
    language: str = "id"

    def __post_init__(self) -> None:
        times = (self.quiet_from, self.quiet_until, self.digest_at)
        if not all(0 <= minute < DAY_MINUTES for minute in times):
            raise Malformed("A time of day lies between 00.00 and 23.59.", code="alert_wishes")
        if self.language not in {"id", "en"}:
            raise Malformed("Alerts are written in id or en.", code="alert_wishes")


def wants(wishes: Wishes, severity: Severity) -> bool:
    """Tell whether a person wishes to be told of so severe a thing beyond the list in here."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(wishes.severity_min)


def deliver_at(now: datetime, severity: Severity, wishes: Wishes, zone: ZoneInfo) -> datetime:
    """Return when a person is to be told of what came up now; in UTC.

    Critical things wait for no digest, and for no morning when the person says so.
    """
    is_critical = severity is Severity.CRITICAL
    local = now.astimezone(zone)
    if not is_critical and wishes.digest is not Digest.NONE:
        local = _digest_after(local, wishes)
    if _is_quiet(local, wishes) and not (is_critical and wishes.critical_breaks):
        local = _next(local, wishes.quiet_until)
    return local.astimezone(now.tzinfo)


def _digest_after(local: datetime, wishes: Wishes) -> datetime:
    """Return the first moment of a digest that is not before this one."""
    if wishes.digest is Digest.DAY:
        return _next(local, wishes.digest_at)
    whole = local.replace(minute=0, second=0, microsecond=0)
    return whole if whole == local else whole + timedelta(hours=1)


def _is_quiet(local: datetime, wishes: Wishes) -> bool:
    minute = local.hour * 60 + local.minute
    begins, ends = wishes.quiet_from, wishes.quiet_until
    if begins <= ends:
        return begins <= minute < ends
    return minute >= begins or minute < ends


def _next(local: datetime, minute: int) -> datetime:
    """Return the first moment with this time of day that is not before `local`."""
    at = time(minute // 60, minute % 60, tzinfo=local.tzinfo)
    found = datetime.combine(local.date(), at)
    return found if found >= local else datetime.combine(local.date() + timedelta(days=1), at)
