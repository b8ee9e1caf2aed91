"""Reads what people choose and type on the pages of cases; what cannot be is left out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jimpitan_server.domain.case_action import (
    Action,
    Approve,
    Assign,
    Comment,
    MoveDue,
    Reopen,
    Resolve,
)
from jimpitan_server.domain.discrepancy import Severity
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import is_box_id
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.services.ports_cases import CaseFilter, Order, StateFilter

MINE, NOBODY = "saya", "tanpa"
TEXT_MAX = 64
STATE_WORDS = {
    "belum": StateFilter.UNRESOLVED,
    "terbuka": StateFilter.OPEN,
    "menunggu": StateFilter.WAITING,
    "selesai": StateFilter.RESOLVED,
    "semua": StateFilter.ALL,
}
ORDER_WORDS = {"tenggat": Order.DUE, "jumlah": Order.AMOUNT, "umur": Order.AGE}
SEVERITIES = {one.value: one for one in Severity}
CODES = {one.value: one for one in ResolutionCode}
FIELDS = ("keadaan", "tingkat", "jenis", "pemilik", "kotak", "lewat", "urut")


def chosen_of(query: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of the filter that were chosen, each short and printable."""
    return {
        name: query[name].strip()[:TEXT_MAX]
        for name in FIELDS
        if query.get(name, "").strip() and query[name].isprintable()
    }


def filter_of(chosen: Mapping[str, str], *, me: str) -> CaseFilter:
    """Return which cases are wanted; a word that is none of ours means no wish."""
    owner, box = chosen.get("pemilik"), chosen.get("kotak", "").lower()
    return CaseFilter(
        states=STATE_WORDS.get(chosen.get("keadaan", ""), StateFilter.UNRESOLVED).states,
        severity=SEVERITIES.get(chosen.get("tingkat", "")),
        kind=chosen.get("jenis"),
        owner=None if owner is None else {MINE: me, NOBODY: ""}.get(owner, owner),
        box=box if is_box_id(box) else None,
        overdue="lewat" in chosen,
    )


def order_of(chosen: Mapping[str, str]) -> Order:
    """Return in which order cases are wanted."""
    return ORDER_WORDS.get(chosen.get("urut", ""), Order.DUE)


def address_of(here: str, chosen: Mapping[str, str], **more: str) -> str:
    """Return the address under which the same filter is found again."""
    query = urlencode({**chosen, **more})
    return f"{here}?{query}" if query else here


def action_of(form: Mapping[str, str], zone: str) -> Action:
    """Return what a form asks for, or refuse it as `Malformed`."""
    reason = form.get("alasan", "")
    match form.get("tindakan"):
        case "komentar":
            return Comment(form.get("teks", ""))
        case "tugaskan":
            return Assign(form.get("pemilik") or None)
        case "tenggat":
            return MoveDue(due_at=end_of_day(form.get("tanggal", ""), zone), reason=reason)
        case "selesaikan" if form.get("kode", "") in CODES:
            return Resolve(code=CODES[form["kode"]], reason=reason)
        case "setujui":
            return Approve()
        case "buka":
            return Reopen(reason=reason)
        case _:
            raise Malformed("Choose what to do.")


def end_of_day(text: str, zone: str) -> datetime:
    """Return the last minute of a day in a zone: what is due that day is due when it is over."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day, time(23, 59), ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("This is no day.", code="due_unsound") from None
