"""Publishes figures with two persons: one prepares a report, another approves it."""

from datetime import date, datetime

from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.report import Report, ReportState, Span
from jimpitan_server.domain.report_hosts import GIFTS_MIN, is_told
from jimpitan_server.services.ports_report import ReportStore

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500
APPROVED, WITHDRAWN = "approved", "withdrawn"


async def prepare_report(
    store: ReportStore, *, report_id: str, span: Span, actor: str, today: date, now: datetime
) -> Report:
    """Keep what is known of some days that are over; the same id again changes nothing."""
    known = await store.report(report_id)
    if known is not None:
        return _same(known, span, actor)
    if span.last >= today:
        raise Conflict("A report is of days that are over.", code="report_not_over")
    figures = await store.figures(span)
    if not is_told(figures.gifts):
        raise Conflict(
            f"Fewer than {GIFTS_MIN} gifts were told of these days: take more days.",
            code="report_few",
        )
    report = Report(
        report_id=report_id,
        span=span,
        figures=figures,
        prepared_by=actor,
        prepared_at=now,
    )
    await store.add_report(report)
    return report


def _same(known: Report, span: Span, actor: str) -> Report:
    if (known.span, known.prepared_by) != (span, actor):
        raise Conflict("Another report has this id.", code="report_differs")
    return known


async def approve_report(
    store: ReportStore, *, report_id: str, actor: str, now: datetime
) -> Report:
    """Let the public see a report; not by who prepared it, and not when it is overtaken."""
    report = await _of(store, report_id)
    if report.state is ReportState.APPROVED:
        return report
    if report.state is ReportState.WITHDRAWN:
        raise Conflict("This report was withdrawn: prepare it anew.", code="report_withdrawn")
    if report.prepared_by == actor:
        raise Conflict("Who prepared a report does not approve it.", code="report_own")
    if (await store.figures(report.span)).basis != report.figures.basis:
        raise Conflict(
            "More is known of these days than this report says: prepare it anew.",
            code="report_overtaken",
        )
    await store.add_act(report_id, APPROVED, actor=actor, note="", now=now)
    return await _of(store, report_id)


async def withdraw_report(
    store: ReportStore, *, report_id: str, actor: str, reason: str, now: datetime
) -> Report:
    """Take a report back, with a reason that the public sees."""
    told = reason.strip()
    if not REASON_LENGTH_MIN <= len(told) <= REASON_LENGTH_MAX:
        raise Malformed(
            f"Give a reason of {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} letters.",
            code="report_reason",
        )
    report = await _of(store, report_id)
    if report.state is not ReportState.WITHDRAWN:
        await store.add_act(report_id, WITHDRAWN, actor=actor, note=told, now=now)
    return await _of(store, report_id)


async def _of(store: ReportStore, report_id: str) -> Report:
    report = await store.report(report_id)
    if report is None:
        raise NotFound("There is no such report.", code="report_unknown")
    return report
