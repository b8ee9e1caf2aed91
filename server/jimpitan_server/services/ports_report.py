"""What reports need of a database."""

from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.report import Report, ReportFigures, Span


class ReportStore(Protocol):
    """Reports on one open transaction; what is kept never changes."""

    async def figures(self, span: Span) -> ReportFigures:
        """Return what is known of these days now."""
        ...

    async def report(self, report_id: str) -> Report | None:
        """Return a report, if there is one."""
        ...

    async def add_report(self, report: Report) -> bool:
        """Keep a prepared report; say whether its id was new."""
        ...

    async def add_act(
        self, report_id: str, act: str, *, actor: str, note: str, now: datetime
    ) -> bool:
        """Keep that a report was approved or withdrawn; say whether it was not so already."""
        ...
