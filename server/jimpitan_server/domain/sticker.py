"""Is the sticker on a box still ours? Compares what was scanned with what was registered.

A code with a right checksum is well copied, not authentic: anybody can compute it. What counts
is whose money it takes (NMID and MPAN), which terminal it names and which name the payer sees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.money_errors import QrisMalformed
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.qris_payload import QrisPayload


class CodeMode(StrEnum):
    """What a payment with a code tells about the box."""

    OWN = "own"
    """The code is on this box alone: its payments are the box's."""
    SHARED = "shared"
    """The same code is on several boxes: its payments belong to none of them in particular."""
    SHARED_CONFIRMED = "shared_confirmed"
    """Shared, and donors may confirm at which box they paid: that is evidence, no attribution."""


class ScanSource(StrEnum):
    """Who scanned a sticker."""

    VISIT = "visit"
    """A collector, logged in, at the box."""
    PUBLIC = "public"
    """A donor or host, on the public page: nobody knows who, so a person must confirm it."""


class Verdict(StrEnum):
    """What a scan says about the sticker."""

    SAME = "same"
    """The registered code: same merchant, terminal and name, nothing added."""
    SWAPPED = "swapped"
    """Another merchant's code: what is paid there is not ours."""
    ALTERED = "altered"
    """Our merchant with other fields, or a checksum that does not fit."""
    UNREADABLE = "unreadable"
    """No QRIS code could be read."""
    UNKNOWN = "unknown"
    """No code is registered for this box, so nothing can be said."""


class StickerFinding(StrEnum):
    """The kinds of discrepancy that stickers raise."""

    SWAPPED = "sticker_swapped"
    """A collector scanned another merchant's code on a box."""
    ALTERED = "sticker_altered"
    """A collector scanned our merchant's code with other fields, or with a wrong checksum."""
    UNREADABLE = "sticker_unreadable"
    """A collector could not scan the sticker: it is torn, covered or gone."""
    REPORTED = "sticker_reported"
    """Somebody on the public page read a code that is not the registered one."""
    SCAN_OVERDUE = "sticker_scan_overdue"
    """Nobody has scanned the sticker of a box for too long."""
    INCOME_FELL = "qris_income_fell"
    """The QRIS payments of a box fell far below its own past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCode:
    """A code that is or was printed on a box."""

    box: BoxId
    payload: str
    mode: CodeMode
    registered_at: datetime
    withdrawn_at: datetime | None

    def is_valid_at(self, instant: datetime) -> bool:
        """Tell whether the sticker may have been on the box then; scans may come late."""
        return self.withdrawn_at is None or instant < self.withdrawn_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a scan says, with the fields that differ: what is registered and what was read."""

    verdict: Verdict
    read: QrisPayload | None
    differences: Mapping[str, tuple[str, str]]


_WHOSE = ("nmid", "mpan")


def judge_scan(text: str, registered: Iterable[RegisteredCode]) -> Judgement:
    """Compare a scanned text with the codes of a box; the closest of them counts."""
    try:
        read = parse(text)
    except QrisMalformed:
        return Judgement(verdict=Verdict.UNREADABLE, read=None, differences={})
    judged = [_compared(read, parse(code.payload)) for code in registered]
    if not judged:
        return Judgement(verdict=Verdict.UNKNOWN, read=read, differences={})
    return min(judged, key=lambda one: (_BY_HARM[one.verdict], len(one.differences)))


_BY_HARM = {Verdict.SAME: 0, Verdict.ALTERED: 1, Verdict.SWAPPED: 2}


def _compared(read: QrisPayload, ours: QrisPayload) -> Judgement:
    wanted, found = _significant(ours), _significant(read)
    differences = {
        name: (wanted[name], found[name]) for name in wanted if wanted[name] != found[name]
    }
    if not read.crc_valid:
        differences["crc"] = ("fits", "does not fit")
    verdict = Verdict.ALTERED if differences else Verdict.SAME
    if any(found[name] and name in differences for name in _WHOSE):
        verdict = Verdict.SWAPPED
    return Judgement(verdict=verdict, read=read, differences=differences)


def _significant(payload: QrisPayload) -> dict[str, str]:
    """Return what decides where the money goes and what the payer sees.

    All acquirers' blocks count: a second one beside ours would take the money too.
    """
    mpans = sorted({account.mpan18 for account in payload.accounts if account.mpan})
    tips = [tag for tag in ("55", "56", "57") if payload.value(tag)]
    return {
        "nmid": payload.nmid or "",
        "mpan": " ".join(mpans),
        "terminal_label": payload.terminal_label or "",
        "merchant_name": " ".join((payload.merchant_name or "").upper().split()),
        "point_of_initiation": payload.point_of_initiation or "",
        "amount_idr": payload.value("54") or "",
        "tip": " ".join(tips),
        "mcc": payload.mcc or "",
    }
