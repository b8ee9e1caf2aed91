"""Renders pages: whole without scripts, times in the zone of the programme, in two languages."""

import gzip
import json
from base64 import b64encode
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.http import words

WEB = Path(__file__).parent.parent / "web"
TEMPLATES = WEB / "templates"
BUILT = WEB / "static" / "built"
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
LANGUAGE_KEPT_S = 365 * 86_400
# Pages that hold no secret and no form: to squeeze others would tell their tokens to who can make
# a browser ask again and again and see how long the answers are (BREACH, Prado et al. 2013).
SQUEEZED = frozenset({"papan.html", "tv.html", "sematan.html", "laporan_publik.html"})
SQUEEZE_LEVEL = 5


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


def day_shown(day: date) -> str:
    """Return a day as people write it: 20/11/2026."""
    return f"{day:%d/%m/%Y}"


def icon(name: str) -> Markup:
    """Return an icon of the built sprite, silent for screen readers; nothing without the build."""
    file = assets().get("icons.svg")
    if file is None:
        return Markup()
    return Markup(
        '<svg class="icon" width="20" height="20" aria-hidden="true">'
        '<use href="/static/{}#{}"></use></svg>'
    ).format(file, name)


@cache
def environment() -> Environment:
    """Return the templates, read when first needed."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    found.filters |= {
        "rupiah": rupiah,
        "number": number,
        "clock_time": clock_time,
        "day_shown": day_shown,
    }
    found.globals["icon"] = icon
    found.filters["instant"] = datetime.fromisoformat
    found.filters["base64"] = lambda content: b64encode(content).decode()
    return found


@cache
def assets() -> dict[str, str]:
    """Return the built file of each source; empty where nothing was built: pages work without."""
    manifest = BUILT / "manifest.json"
    if not manifest.exists():
        return {}
    found: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return found


def page(
    request: Request, program: Program, template: str, status: int = 200, **values: object
) -> HTMLResponse:
    """Return a page made from a template, with what every page may need."""
    language = words.language_of(request)
    shared: dict[str, object] = {
        "_": words.translator(language),
        "language": language,
        "assets": assets(),
        "path": "/" + request.url.path.lstrip("/\\"),  # "//host" would lead elsewhere
        "programme_name": program.settings.programme_name,
        "timezone": program.settings.timezone,
        "session": getattr(request.state, "session", None),
    }
    content = environment().get_template(template).render(shared | values).encode()
    headers = {"Cache-Control": "no-store"}
    if template in SQUEEZED and shared["session"] is None:
        headers["Vary"] = "Accept-Encoding, Cookie"
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = gzip.compress(content, SQUEEZE_LEVEL)
            headers["Content-Encoding"] = "gzip"
    answer = HTMLResponse(content, status, headers)
    if words.PARAMETER in request.query_params:
        answer.set_cookie(
            words.PARAMETER,
            language,
            max_age=LANGUAGE_KEPT_S,
            samesite="lax",
            secure=program.settings.https,
        )
    return answer
