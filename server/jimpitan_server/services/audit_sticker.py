"""Audits stickers: keeps what was scanned on a box, and says at once when it is not ours.

A collector's scan counts. What the public reads is a hint: a liar can type anything, so it never
raises more than one warning for a box and day, for a person to confirm at the box.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.sticker import (
    Judgement,
    RegisteredCode,
    ScanSource,
    StickerFinding,
    Verdict,
    judge_scan,
)

# What is kept of one box and day from people we do not know; more is counted only.
PUBLIC_SCANS_KEPT_MAX = 20
# A phone's clock may be wrong by minutes; a scan from tomorrow is a wrong clock.
_AHEAD_MAX = timedelta(hours=1)
_FIELD_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A text that somebody scanned on a box; the id was made where it was scanned."""

    scan_id: str
    box: BoxId
    text: str
    actor: UserId | None
    scanned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """A scan as it is kept: no payload, but of a code that is not ours, whose it is."""

    scan_id: str
    box: BoxId
    source: ScanSource
    actor: UserId | None
    payload_sha256: bytes
    verdict: Verdict
    found: dict[str, object]
    scanned_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a scan said, and whether it was new."""

    verdict: Verdict
    differences: dict[str, tuple[str, str]]
    is_new: bool


class StickerStore(Protocol):
    """One open transaction, for scans."""

    async def codes(self, box: BoxId) -> Sequence[RegisteredCode]:
        """Return the codes that are or were on a box."""
        ...

    async def is_known_box(self, box: BoxId) -> bool:
        """Say whether there is such a box, or a code for it."""
        ...

    async def add_scan(self, row: ScanRow) -> bool:
        """Keep a scan once and for ever; say whether its id was new."""
        ...

    async def scan(self, scan_id: str) -> ScanRow | None:
        """Return the scan with this id, or None."""
        ...

    async def count_public_scan(self, box: BoxId, day: date, *, kept_max: int) -> bool:
        """Count a public scan of a box and day; say whether it may be kept."""
        ...

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        ...


async def record_scan(store: StickerStore, scan: Scan, now: datetime) -> Scanned:
    """Keep a scan made at a visit; the same one again changes nothing."""
    if scan.scanned_at > now + _AHEAD_MAX:
        raise Malformed("The scan is from the future: set the clock of the phone.")
    if not await store.is_known_box(scan.box):
        raise NotFound("There is no such box.", code="box_unknown")
    judgement = await _judged(store, scan)
    row = _row(scan, judgement, ScanSource.VISIT, now)
    if not await store.add_scan(row):
        before = await store.scan(scan.scan_id)
        assert before is not None, "a scan is never removed"
        if (before.box, before.payload_sha256) != (row.box, row.payload_sha256):
            raise Conflict("Another scan has this id: make a new one.", code="scan_differs")
        return Scanned(
            verdict=before.verdict, differences=dict(judgement.differences), is_new=False
        )
    await store.raise_discrepancies(_findings(row, judgement))
    return Scanned(verdict=judgement.verdict, differences=dict(judgement.differences), is_new=True)


async def check_publicly(store: StickerStore, scan: Scan, now: datetime) -> Verdict:
    """Tell somebody unknown whether a code is the one registered for a box.

    Nothing about the person is kept, and nothing at all about a box that we do not know.
    """
    judgement = await _judged(store, scan)
    is_hint = judgement.verdict in (Verdict.SWAPPED, Verdict.ALTERED)
    if not await store.is_known_box(scan.box):
        return judgement.verdict
    day = bank_day(now)
    if await store.count_public_scan(scan.box, day, kept_max=PUBLIC_SCANS_KEPT_MAX):
        await store.add_scan(_row(scan, judgement, ScanSource.PUBLIC, now))
        if is_hint:
            await store.raise_discrepancies([_reported(scan.box, day, judgement, now)])
    return judgement.verdict


async def _judged(store: StickerStore, scan: Scan) -> Judgement:
    codes = await store.codes(scan.box)
    return judge_scan(scan.text, [one for one in codes if one.is_valid_at(scan.scanned_at)])


def _row(scan: Scan, judgement: Judgement, source: ScanSource, now: datetime) -> ScanRow:
    text = scan.text.strip(" \r\n\t")
    return ScanRow(
        scan_id=scan.scan_id,
        box=scan.box,
        source=source,
        actor=scan.actor,
        payload_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(),
        verdict=judgement.verdict,
        found=_evidence(judgement),
        scanned_at=scan.scanned_at,
        recorded_at=now,
    )


def _evidence(judgement: Judgement) -> dict[str, object]:
    """Return what differs, cut to a bound; a code that is ours needs no evidence."""
    return {
        name: {"registered": ours[:_FIELD_LENGTH_MAX], "found": found[:_FIELD_LENGTH_MAX]}
        for name, (ours, found) in judgement.differences.items()
    }


_FINDINGS = {
    Verdict.SWAPPED: (StickerFinding.SWAPPED, Severity.CRITICAL),
    Verdict.ALTERED: (StickerFinding.ALTERED, Severity.WARNING),
    Verdict.UNREADABLE: (StickerFinding.UNREADABLE, Severity.NOTICE),
}


def _findings(row: ScanRow, judgement: Judgement) -> list[Discrepancy]:
    """Return one case for each foreign code on a box and day of the bank."""
    if row.verdict not in _FINDINGS:
        return []
    kind, severity = _FINDINGS[row.verdict]
    code = row.payload_sha256.hex()[:16]
    return [
        Discrepancy(
            kind=kind,
            severity=severity,
            subject=f"{row.box}/{bank_day(row.scanned_at).isoformat()}/{code}",
            found_at=row.recorded_at,
            box=row.box,
            evidence={
                "scan": row.scan_id,
                "scanned_at": row.scanned_at.isoformat(),
                "differences": _evidence(judgement),
            },
        )
    ]


def _reported(box: BoxId, day: date, judgement: Judgement, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=StickerFinding.REPORTED,
        severity=Severity.WARNING,
        subject=f"{box}/{day.isoformat()}",
        found_at=now,
        box=box,
        evidence={
            "verdict": judgement.verdict.value,
            "differences": _evidence(judgement),
            "reason": "told by somebody unknown: scan the sticker at the box",
        },
    )
