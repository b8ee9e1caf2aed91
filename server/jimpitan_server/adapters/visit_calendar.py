"""Writes planned visits as a calendar that phones and offices read (RFC 5545, by icalendar)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from jimpitan_server.domain.visit_plan import PlannedVisit

EVENTS_MAX = 5_000


def visit_calendar(
    visits: Iterable[PlannedVisit],
    *,
    programme: str,
    site_by_box: dict[str, str],
    written_at: datetime,
) -> bytes:
    """Return one all-day event for each visit, named so that a later file replaces it."""
    calendar = Calendar()
    calendar.add("prodid", "-//Jimpitan//planned visits//ID")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", " ".join(programme.split()))  # the library escapes no X- name
    for visit in list(visits)[:EVENTS_MAX]:
        event = Event()
        plan = visit.plan
        event.add("uid", f"{plan.plan_id}-{visit.day.isoformat()}@jimpitan")
        event.add("dtstamp", written_at)
        event.add("dtstart", visit.day)
        event.add("dtend", visit.day + timedelta(days=1))
        event.add("summary", f"Kunjungan {plan.box}")
        if site := site_by_box.get(plan.box):
            event.add("location", site)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
