"""Everything that can be done with reports, each as one transaction."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.report_rows import DatabaseReports
from jimpitan_server.adapters.database.user_store import login_names
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.report import Report, ReportFigures, Span
from jimpitan_server.services.publish_report import (
    approve_report,
    prepare_report,
    withdraw_report,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report beside what is known of its days now, and who had a hand in it."""

    report: Report
    now: ReportFigures
    name_by_person: dict[str, str]

    @property
    def is_overtaken(self) -> bool:
        """Say whether more is known by now than the report says."""
        return self.now.basis != self.report.figures.basis


@dataclass(frozen=True, slots=True)
class ReportDesk(Audited):
    """The reports of a programme whose days are those of `zone`."""

    database: Database
    clock: Clock
    zone: ZoneInfo

    def today(self) -> date:
        """Return the programme's day."""
        return self.clock.now().astimezone(self.zone).date()

    async def latest(self, *, only_seen: bool = False) -> list[Report]:
        """Return the latest reports; `only_seen` by the public."""
        async with self.database.read() as connection:
            return await DatabaseReports(connection, self.zone).latest(only_seen=only_seen)

    async def view(self, report_id: str) -> ReportView:
        """Return a report and what is known now."""
        async with self.database.read() as connection:
            store = DatabaseReports(connection, self.zone)
            report = await store.report(report_id)
            if report is None:
                raise NotFound("There is no such report.", code="report_unknown")
            people = [one for one in (report.prepared_by, report.approved_by) if one]
            return ReportView(
                report=report,
                now=await store.figures(report.span),
                name_by_person=await login_names(connection, people),
            )

    async def prepare(self, *, report_id: str, span: Span, actor: str) -> Report:
        """Keep what is known of some days."""
        now = self.clock.now()
        async with self.database.write() as connection:
            store = DatabaseReports(connection, self.zone)
            report = await prepare_report(
                store, report_id=report_id, span=span, actor=actor, today=self.today(), now=now
            )
            if report.prepared_at == now:
                await self._audit(store, actor, "report_prepared", report_id, _days(span))
        return report

    async def approve(self, report_id: str, *, actor: str) -> Report:
        """Let the public see a report."""
        now = self.clock.now()
        async with self.database.write() as connection:
            store = DatabaseReports(connection, self.zone)
            report = await approve_report(store, report_id=report_id, actor=actor, now=now)
            if report.approved_at == now:
                await self._audit(store, actor, "report_approved", report_id, _days(report.span))
        return report

    async def withdraw(self, report_id: str, *, actor: str, reason: str) -> Report:
        """Take a report back."""
        now = self.clock.now()
        async with self.database.write() as connection:
            store = DatabaseReports(connection, self.zone)
            report = await withdraw_report(
                store, report_id=report_id, actor=actor, reason=reason, now=now
            )
            if report.withdrawn_at == now:
                await self._audit(store, actor, "report_withdrawn", report_id, report.reason)
        return report


def _days(span: Span) -> str:
    return f"{span.first.isoformat()} to {span.last.isoformat()}"
