"""Keeps what was refused, up to a bound, and what was found."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import (
    discrepancies,
    quarantine,
    quarantine_counts,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import GatewayId, UserId
from jimpitan_server.services.ports import RefusedBytes

BYTES_MAX = 2048
MATCHER = "matching"
EXPLAINED = "explained"
_CHUNK = 500
DUE = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.WARNING: timedelta(days=7),
    Severity.NOTICE: timedelta(days=30),
}


async def keep_refused(
    connection: AsyncConnection,
    refused: Sequence[RefusedBytes],
    *,
    gateway: GatewayId,
    now: datetime,
    kept_max: int,
) -> None:
    """Keep refused bytes until `kept_max` of a subject and day are kept; count all of them."""
    if not refused:
        return
    day = now.astimezone(UTC).toordinal()
    by_subject: dict[str, list[RefusedBytes]] = {}
    for item in refused:
        by_subject.setdefault(item.subject, []).append(item)
    kept_before = await _kept(connection, sorted(by_subject), day)
    rows = []
    for subject, items in sorted(by_subject.items()):
        room = max(kept_max - kept_before.get(subject, 0), 0)
        kept = items[:room]
        rows += [_quarantined(item, gateway) for item in kept]
        await _count(connection, subject, day, refused=len(items), kept=len(kept))
    if rows:
        await connection.execute(insert(quarantine), rows)


async def _kept(connection: AsyncConnection, subjects: list[str], day: int) -> dict[str, int]:
    table = quarantine_counts
    statement = select(table.c.subject, table.c.kept).where(
        table.c.subject.in_(subjects), table.c.day == day
    )
    return dict((await connection.execute(statement)).all())


async def _count(
    connection: AsyncConnection, subject: str, day: int, *, refused: int, kept: int
) -> None:
    table = quarantine_counts
    statement = upsert(connection, table).values(
        subject=subject, day=day, refused=refused, kept=kept
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["subject", "day"],
            set_={"refused": table.c.refused + refused, "kept": table.c.kept + kept},
        )
    )


def _quarantined(item: RefusedBytes, gateway: GatewayId) -> dict[str, object]:
    content = item.refusal.bytes_refused
    return {
        "subject": item.subject,
        "box_id": item.box,
        "gateway_id": gateway,
        "reason": item.refusal.reason,
        "length": len(content),
        "bytes": content[:BYTES_MAX],
        "received_at": item.received_at,
    }


async def raise_discrepancies(connection: AsyncConnection, found: Sequence[Discrepancy]) -> None:
    """Keep findings; one of a kind and subject that is known already changes nothing."""
    if not found:
        return
    rows = [
        {
            "kind": item.kind,
            "subject": item.subject,
            "severity": item.severity,
            "box_id": item.box,
            "seq_from": item.seq_from,
            "seq_to": item.seq_to,
            "evidence": json.dumps(item.evidence, sort_keys=True),
            "found_at": item.found_at,
            "due_at": item.found_at + DUE[item.severity],
        }
        for item in found
    ]
    statement = upsert(connection, discrepancies).on_conflict_do_nothing()
    await connection.execute(statement, rows)


async def exchange_discrepancies(
    connection: AsyncConnection,
    found: Sequence[Discrepancy],
    now: datetime,
    *,
    kinds: Sequence[str],
    beginning: str = "",
) -> None:
    """Raise what is new, raise again what had been explained, and close what is explained now.

    It is about all findings of these `kinds` whose subject begins so. What a person has
    resolved stays resolved.
    """
    table = discrepancies
    statement = select(
        table.c.discrepancy_id, table.c.kind, table.c.subject, table.c.resolved_by
    ).where(table.c.kind.in_(kinds), table.c.subject.startswith(beginning, autoescape=True))
    present = {(str(item.kind), item.subject) for item in found}
    explained, again = [], []
    for number, kind, subject, resolved_by in await connection.execute(statement):
        if (kind, subject) in present and resolved_by == MATCHER:
            again.append(number)
        elif (kind, subject) not in present and resolved_by is None:
            explained.append(number)
    await raise_discrepancies(connection, found)
    for numbers, resolved in ((again, False), (explained, True)):
        for start in range(0, len(numbers), _CHUNK):
            part = numbers[start : start + _CHUNK]
            await connection.execute(
                update(table)
                .where(table.c.discrepancy_id.in_(part))
                .values(
                    resolved_at=now if resolved else None,
                    resolved_by=MATCHER if resolved else None,
                    resolution_code=EXPLAINED if resolved else None,
                )
            )


async def open_discrepancies(
    connection: AsyncConnection, *, after: int = 0, limit: int = 200
) -> list[RowMapping]:
    """Return what still needs a person, page by page in order of its number."""
    table = discrepancies
    statement = (
        select(table)
        .where(table.c.resolved_at.is_(None), table.c.discrepancy_id > after)
        .order_by(table.c.discrepancy_id)
        .limit(limit)
    )
    return list((await connection.execute(statement)).mappings().all())


async def resolve_discrepancy(
    connection: AsyncConnection,
    number: int,
    *,
    actor: UserId,
    code: str,
    reason: str,
    now: datetime,
) -> bool:
    """Note how a discrepancy ended; say whether it was open."""
    table = discrepancies
    result = await connection.execute(
        update(table)
        .where(table.c.discrepancy_id == number, table.c.resolved_at.is_(None))
        .values(resolved_at=now, resolved_by=actor, resolution_code=code, resolution_reason=reason)
    )
    return result.rowcount == 1
