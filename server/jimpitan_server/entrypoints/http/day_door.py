"""The door through which a collector's phone takes the day along: words to read, codes to compare.

Collectors count blind: no number of gifts, no weight and no sum stands in what is sent here.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from jimpitan_server.adapters.day_desk import CollectorDay
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.cash import DENOMINATIONS
from jimpitan_server.domain.fill import Fill
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.box_status import (
    BATTERY_EMPTY_MV,
    BATTERY_LOW_MV,
    status_of,
    status_of_can,
)
from jimpitan_server.entrypoints.http.pages import environment
from jimpitan_server.entrypoints.http.parts import TheProgram
from jimpitan_server.services.collector_day import Call

router = APIRouter(prefix="/api/v1/collector", tags=["collector"])
Collecting = Annotated[Session, Depends(allow(Role.COLLECTOR, Role.ADMIN))]
Json = dict[str, object]
Say = Callable[..., str]


@router.get("/day")
async def get_day(request: Request, program: TheProgram, session: Collecting) -> JSONResponse:
    """Return the route of the day with how each box is, in the reader's language."""
    told = await day_told(request, program, session)
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


async def day_told(request: Request, program: Program, session: Session) -> Json:
    """Return what a phone takes along; the page that is opened first carries it too."""
    await program.phones.logins.note_seen(session)
    say = words.translator(words.language_of(request))
    day = await program.days.day(session.user_id)
    key_id, public_key = await program.phones.pin_key.public()
    return {
        "collector": {"user_id": session.user_id, "login_name": session.login_name},
        "csrf_token": session.csrf_token,
        "made_at": day.made_at.isoformat(),
        "today": program.visits.today.isoformat(),
        "timezone": program.settings.timezone,
        "programme": program.settings.programme_name,
        "witness_demanded": program.settings.witness_demanded,
        "witnesses": day.witnesses,
        "denominations": sorted(DENOMINATIONS, reverse=True),
        "pin_key": {"id": key_id, "spki": b64encode(public_key).decode()},
        "boxes": [_of_call(call, day, program, say) for call in day.calls],
        "left_out": day.left_out,
    }


def _of_call(call: Call, day: CollectorDay, program: Program, say: Say) -> Json:
    """Return one box as the phone keeps it; what a can cannot say of itself is null."""
    row = day.rows.get(call.box)
    stale = timedelta(seconds=program.settings.stale_after_s)
    status = (
        status_of_can(call.container)
        if row is None
        else status_of(row, now=day.made_at, stale_after=stale)
    )
    spoken = environment().get_template("angka.html").module
    due = call.due
    return {
        "box": call.box,
        "tier": call.container.tier,
        "site": call.container.site,
        "host": call.container.host,
        "due_on": due.day.isoformat() if due else None,
        "late_days": max((program.visits.today - due.day).days, 0) if due else 0,
        "state": status.state,
        "state_words": str(spoken.state_name(say, status.state)),  # type: ignore[attr-defined]
        "last_seen_at": status.last_seen_at.isoformat() if status.last_seen_at else None,
        "battery": _battery(status.battery_mv, say),
        "lid": _lid(status.is_lid_open, say),
        "fill": call.fill,
        "fill_words": _fill(call.fill, say),
        "advice": [
            str(spoken.advice(say, word))  # type: ignore[attr-defined]
            for word in status.advice
        ],
        "alarms": [words_of(kind, say) for kind in day.alarms.get(call.box, ())],
        "codes": day.codes.get(call.box, []),
        "is_sealed": call.box in day.sealed,
    }


def words_of(kind: str, say: Say) -> str:
    """Return the words of a kind of discrepancy; Indonesian codes stand in its own catalogue."""
    said = say(kind)
    return said if said != kind else words.catalogue(words.INDONESIAN).get(kind, kind)


def _battery(battery_mv: int | None, say: Say) -> str | None:
    if not battery_mv:
        return None
    if battery_mv < BATTERY_EMPTY_MV:
        return say("hampir habis")
    return say("lemah") if battery_mv < BATTERY_LOW_MV else say("cukup")


def _lid(is_open: bool | None, say: Say) -> str | None:
    if is_open is None:
        return None
    return say("terbuka") if is_open else say("tertutup")


def _fill(fill: Fill | None, say: Say) -> str | None:
    if fill is None:
        return None
    return {
        Fill.LITTLE: say("masih sedikit"),
        Fill.HALF: say("terisi sebagian"),
        Fill.FULL: say("hampir penuh"),
    }[fill]
