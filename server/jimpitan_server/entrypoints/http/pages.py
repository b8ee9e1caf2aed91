"""Renders pages: Indonesian, whole without scripts, times in the zone of the programme."""

from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jimpitan_server.bootstrap import Program

TEMPLATES = Path(__file__).parent.parent / "web" / "templates"
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def rupiah(amount_idr: int) -> str:
    """Return an amount as it is written in Indonesia: Rp 1.250.000, with a no-break space."""
    sign = "−" if amount_idr < 0 else ""
    return f"{sign}Rp\u00a0{abs(amount_idr):,}".replace(",", ".")


def number(value: int) -> str:
    """Return a whole number with dots between thousands."""
    return f"{value:,}".replace(",", ".")


def clock_time(at: datetime, zone: str) -> str:
    """Return date and time of day as people in that zone write them: 20/11/2026 14.05 WIB."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%d/%m/%Y %H.%M} {ZONES.get(zone, zone)}"


@cache
def environment() -> Environment:
    """Return the templates, read when first needed."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    found.filters |= {"rupiah": rupiah, "number": number, "clock_time": clock_time}
    return found


def page(
    request: Request, program: Program, template: str, status: int = 200, **values: object
) -> HTMLResponse:
    """Return a page made from a template, with what every page may need."""
    shared: dict[str, object] = {
        "programme_name": program.settings.programme_name,
        "timezone": program.settings.timezone,
        "session": getattr(request.state, "session", None),
    }
    content = environment().get_template(template).render(shared | values)
    return HTMLResponse(content, status, {"Cache-Control": "no-store"})
