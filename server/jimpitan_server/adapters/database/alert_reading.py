"""Reads what is so now and needs a person: cases, boxes, their sensors, gateways, reports.

A box is silent by its own records, a sensor by the records of that sensor, a gateway by what it
brought: none is inferred from another.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.report_rows import report_acts, reports
from jimpitan_server.adapters.database.running_rows import GatewayHeard, gateways_heard
from jimpitan_server.adapters.database.schema import (
    boxes,
    discrepancies,
    holding_periods,
    records,
)
from jimpitan_server.adapters.wire import body_of
from jimpitan_server.adapters.wire_facts import fact_of
from jimpitan_server.domain.alert import AlertKind, Condition, Reading
from jimpitan_server.domain.discrepancy import Severity, TamperFinding
from jimpitan_server.domain.facts import Tampered
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.record import RecordKind
from jimpitan_server.domain.sensor_life import (
    DEPOSITS_UNWEIGHED_MAX,
    Sensor,
    Trace,
    is_lost,
    is_scale_silent,
    lost_in,
)
from jimpitan_server.domain.severity import OLD_AFTER, present_severity

# A box says every quarter of an hour that it lives; a power cut of an hour is nothing unusual.
SILENCE = timedelta(hours=2)
# After a day nobody can say any more whether what is in the box is still there.
SILENCE_CRITICAL = timedelta(days=1)
# A single lithium cell under load: below 3.3 V hours are left (entrypoints/http/box_status.py).
BATTERY_EMPTY_MV = 3_300
READ_MAX = 1_000
# Boxes of which a sensor may be silent; each costs one look at its newest records.
SENSORS_MAX = 200
TRACES_MAX = 200
REPORT_WAITS = timedelta(days=30)
PROOFS = (RecordKind.TAMPER, RecordKind.WEIGHED)
OF_SENSORS = (TamperFinding.SENSOR_LOST, TamperFinding.BEAM_DEGRADED)


async def read_conditions(connection: AsyncConnection, now: datetime) -> Reading:
    """Return everything that is so now; what one kind has too much of is cut, and said to be."""
    heard = await gateways_heard(connection)
    silent = {
        one.gateway: one.heard_at
        for one in heard
        if one.heard_at is not None and now - one.heard_at > SILENCE
    }
    parts: tuple[tuple[AlertKind, list[Condition], int], ...] = (
        (AlertKind.CASE, await _cases(connection, now), READ_MAX),
        (AlertKind.BOX_SILENT, await _silent_boxes(connection, silent, now), READ_MAX),
        (AlertKind.BATTERY_EMPTY, await _empty_batteries(connection, now), READ_MAX),
        (AlertKind.SENSOR_SILENT, await _silent_sensors(connection), SENSORS_MAX),
        (AlertKind.REPORT_WAITING, await _reports(connection, now), READ_MAX),
    )
    gateways = [_of_gateway(one, now) for one in heard if one.gateway in silent]
    return Reading(
        conditions=tuple(one for _, found, _ in parts for one in found) + tuple(gateways),
        cut=frozenset(kind for kind, found, bound in parts if len(found) >= bound),
    )


def _of_silence(heard_at: datetime, now: datetime) -> Severity:
    is_long = now - heard_at > SILENCE_CRITICAL
    return Severity.CRITICAL if is_long else Severity.WARNING


def _of_gateway(one: GatewayHeard, now: datetime) -> Condition:
    assert one.heard_at is not None
    return Condition(
        kind=AlertKind.GATEWAY_SILENT,
        subject=one.gateway,
        severity=_of_silence(one.heard_at, now),
        since=one.heard_at,
    )


async def _cases(connection: AsyncConnection, now: datetime) -> list[Condition]:
    """Return cases that are severe by now; those of a lost sensor are told as that sensor."""
    table = discrepancies
    statement = (
        select(table)
        .where(
            table.c.resolved_at.is_(None),
            table.c.kind.not_in([kind.value for kind in OF_SENSORS]),
            or_(
                table.c.severity_at_stake != Severity.NOTICE,
                table.c.due_at < now,
                table.c.found_at < now - OLD_AFTER,
            ),
        )
        .order_by(table.c.discrepancy_id)
        .limit(READ_MAX)
    )
    return [
        Condition(
            kind=AlertKind.CASE,
            subject=str(row["discrepancy_id"]),
            severity=present_severity(
                Severity(row["severity_at_stake"]),
                found_at=row["found_at"],
                due_at=row["due_at"],
                now=now,
            ),
            since=row["found_at"],
            what=row["kind"],
            box=None if row["box_id"] is None else BoxId(row["box_id"]),
            weight=row["at_stake_idr"] or 0,
            owner=row["owner"],
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def _silent_boxes(
    connection: AsyncConnection, gateways_silent: Mapping[str, datetime], now: datetime
) -> list[Condition]:
    """Return boxes that are not heard; milder for a day where one fell silent with its gateway.

    One that was silent before its gateway was has a reason of its own.
    """
    statement = (
        select(boxes.c.box_id, boxes.c.last_seen_at, boxes.c.gateway_id)
        .where(boxes.c.last_seen_at < now - SILENCE)
        .order_by(boxes.c.box_id)
        .limit(READ_MAX)
    )
    found = []
    for box, seen_at, gateway in await connection.execute(statement):
        severity = _of_silence(seen_at, now)
        gateway_at = gateways_silent.get(gateway)
        is_with_it = gateway_at is not None and gateway_at - seen_at <= SILENCE
        if severity is Severity.WARNING and is_with_it:
            severity = Severity.NOTICE
        found.append(_of_box(AlertKind.BOX_SILENT, box, severity, seen_at))
    return found


async def _empty_batteries(connection: AsyncConnection, now: datetime) -> list[Condition]:
    """Return boxes that are heard and whose last heartbeat says that the battery is empty."""
    statement = (
        select(boxes.c.box_id, boxes.c.last_seen_at)
        .where(
            boxes.c.battery_mv > 0,
            boxes.c.battery_mv < BATTERY_EMPTY_MV,
            boxes.c.last_seen_at >= now - SILENCE,
        )
        .order_by(boxes.c.box_id)
        .limit(READ_MAX)
    )
    return [
        _of_box(AlertKind.BATTERY_EMPTY, box, Severity.WARNING, seen_at)
        for box, seen_at in await connection.execute(statement)
    ]


def _of_box(
    kind: AlertKind, box: str, severity: Severity, since: datetime, sensor: str = ""
) -> Condition:
    return Condition(
        kind=kind,
        subject=f"{box}/{sensor}" if sensor else box,
        severity=severity,
        since=since,
        what=sensor,
        box=BoxId(box),
    )


async def _silent_sensors(connection: AsyncConnection) -> list[Condition]:
    """Return each sensor of a box that is silent by the records of that box alone."""
    found: dict[str, Condition] = {}
    for box, seq, kind, found_at, evidence in await connection.execute(_losses()):
        sensor = lost_in(kind, json.loads(evidence).get("sensor"))
        if sensor is None:
            continue
        traces = await _traces(connection, box, PROOFS, seq)
        if is_lost(sensor, lost_seq=seq, later=traces):
            one = _of_box(AlertKind.SENSOR_SILENT, box, Severity.WARNING, found_at, sensor.value)
            found.setdefault(one.subject, one)
    for box, seen_at in await connection.execute(_unweighed()):
        if is_scale_silent(await _traces(connection, box, (RecordKind.DEPOSIT, *PROOFS), 0)):
            one = _of_box(
                AlertKind.SENSOR_SILENT, box, Severity.WARNING, seen_at, Sensor.SCALE.value
            )
            found.setdefault(one.subject, one)
    return list(found.values())[:SENSORS_MAX]


def _losses() -> Select[Any]:
    table = discrepancies
    return (
        select(
            table.c.box_id,
            table.c.seq_from,
            table.c.kind,
            table.c.found_at,
            table.c.evidence,
        )
        .where(
            table.c.resolved_at.is_(None),
            table.c.kind.in_([kind.value for kind in OF_SENSORS]),
            table.c.box_id.is_not(None),
            table.c.seq_from.is_not(None),
        )
        .order_by(table.c.discrepancy_id.desc())
        .limit(SENSORS_MAX)
    )


def _unweighed() -> Select[Any]:
    """Ask for boxes whose present holding period has many deposits more than were weighed."""
    table = holding_periods
    return (
        select(table.c.box_id, boxes.c.last_seen_at)
        .join(
            boxes,
            and_(boxes.c.box_id == table.c.box_id, boxes.c.period_seq_from == table.c.seq_from),
        )
        .where(
            table.c.seq_to.is_(None),
            table.c.deposits - table.c.weighed >= DEPOSITS_UNWEIGHED_MAX,
            boxes.c.last_seen_at.is_not(None),
        )
        .order_by(table.c.box_id)
        .limit(SENSORS_MAX)
    )


async def _traces(
    connection: AsyncConnection, box: str, kinds: Sequence[RecordKind], after_seq: int
) -> list[Trace]:
    """Return the newest records of a box of these kinds after a number, the newest first."""
    statement = (
        select(records.c.seq, records.c.kind, records.c.raw)
        .where(
            records.c.box_id == box,
            records.c.seq > after_seq,
            records.c.kind.in_([int(kind) for kind in kinds]),
        )
        .order_by(records.c.seq.desc())
        .limit(TRACES_MAX)
    )
    return [
        _trace(seq, kind, bytes(raw)) for seq, kind, raw in await connection.execute(statement)
    ]


def _trace(seq: int, kind: int, raw: bytes) -> Trace:
    if kind != RecordKind.TAMPER:
        return Trace(seq=seq, kind=kind)
    fact = fact_of(kind, body_of(raw))
    if not isinstance(fact, Tampered):
        return Trace(seq=seq, kind=kind)
    return Trace(seq=seq, kind=kind, sign=fact.sign)


async def _reports(connection: AsyncConnection, now: datetime) -> list[Condition]:
    """Return reports that nobody approved or withdrew; whoever prepared one is not asked."""
    acted = select(report_acts.c.report_id)
    statement = (
        select(reports.c.report_id, reports.c.prepared_at, reports.c.prepared_by)
        .where(reports.c.prepared_at > now - REPORT_WAITS, reports.c.report_id.not_in(acted))
        .order_by(reports.c.prepared_at)
        .limit(READ_MAX)
    )
    return [
        Condition(
            kind=AlertKind.REPORT_WAITING,
            subject=report_id,
            severity=Severity.WARNING,
            since=prepared_at,
            not_for=prepared_by,
        )
        for report_id, prepared_at, prepared_by in await connection.execute(statement)
    ]
