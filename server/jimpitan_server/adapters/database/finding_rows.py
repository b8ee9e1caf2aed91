"""Keeps what was refused, up to a bound, and what was found."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import (
    discrepancies,
    quarantine,
    quarantine_counts,
)
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.ids import GatewayId
from jimpitan_server.domain.severity import DUE_AFTER, at_stake, severity_at_stake
from jimpitan_server.services.ports import RefusedBytes

BYTES_MAX = 2048


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
    rows = [_raised(item) for item in found]
    statement = upsert(connection, discrepancies).on_conflict_do_nothing()
    await connection.execute(statement, rows)


def _raised(item: Discrepancy) -> dict[str, object]:
    severity, stake = severity_at_stake(item), at_stake(str(item.kind), item.evidence)
    return {
        "kind": item.kind,
        "subject": item.subject,
        "severity": severity,
        "box_id": item.box,
        "seq_from": item.seq_from,
        "seq_to": item.seq_to,
        "evidence": json.dumps(item.evidence, sort_keys=True),
        "found_at": item.found_at,
        "due_at": item.found_at + DUE_AFTER[severity],
        "at_stake_idr": None if stake is None else stake.amount,
        "severity_at_stake": severity,
    }
