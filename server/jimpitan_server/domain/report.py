"""A report: the figures of some days that a person prepared and another one let the public see."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.report_hosts import HostFigures

# A year's report is the longest; the days that matter most are the seven of a week.
DAYS_MAX = 366
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """What is known of the days of a report, in whole rupiah and each under its own name.

    Cash is counted by people; `banked_idr` of it has reached the account. Of the QRIS payments of
    these days the statement confirmed `qris_confirmed_idr`; of `qris_open_idr` it is not sure
    yet. Nothing here was sensed. `root` seals the books of `root_day`, the last sealed day in it.
    `hosts` are host institutions as they may be published; reports from before have none.
    """

    counts: int
    boxes_counted: int
    boxes_total: int
    counted_idr: int
    banked_idr: int
    qris_payments: int
    qris_confirmed_idr: int
    qris_open_idr: int
    cases_open: int
    root_day: str | None
    root: str | None
    gifts: int = 0
    hosts: tuple[HostFigures, ...] = ()

    @property
    def known_idr(self) -> int:
        """What people counted and the bank confirmed, the one sum that a radio tells."""
        return self.counted_idr + self.qris_confirmed_idr

    @property
    def basis(self) -> tuple[int, ...]:
        """What must still be so when a second person approves; the rest may only grow."""
        return (self.counts, self.counted_idr, self.qris_payments, self.qris_confirmed_idr)

    def as_json(self) -> dict[str, object]:
        """Return the figures as they are kept and told to programs."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "ReportFigures":
        """Return the figures that were kept; those of an older version have no hosts."""
        hosts = tuple(HostFigures(**one) for one in kept.get("hosts", ()))
        return cls(**kept | {"hosts": hosts})


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a report, the last one too, in the programme's zone."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse days that run backwards or go on for more than a year."""
        if not timedelta(0) <= self.last - self.first < timedelta(days=DAYS_MAX):
            raise Malformed(f"A report is of 1 to {DAYS_MAX} days.", code="report_days")


def last_week(today: date) -> Span:
    """Return the last whole week: from a Saturday to the Friday on which most is given."""
    friday = today - timedelta(days=(today.weekday() - 4) % 7 or 7)
    return Span(friday - WEEK + timedelta(days=1), friday)


class ReportState(StrEnum):
    """How far a report is."""

    PREPARED = "prepared"
    """Nobody else has looked at it; the public does not see it."""
    APPROVED = "approved"
    """A second person approved it; it is public."""
    WITHDRAWN = "withdrawn"
    """It was taken back with a reason, which the public sees in its place if it was public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report and what became of it."""

    report_id: str
    span: Span
    figures: ReportFigures
    prepared_by: str
    prepared_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    withdrawn_at: datetime | None = None
    reason: str = ""

    @property
    def state(self) -> ReportState:
        """Say how far it is."""
        if self.withdrawn_at is not None:
            return ReportState.WITHDRAWN
        return ReportState.PREPARED if self.approved_at is None else ReportState.APPROVED
