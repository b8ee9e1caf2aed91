"""Reads from records what a box says of itself: lid, heartbeat, firmware, counter."""

from collections.abc import Iterable
from dataclasses import replace

from jimpitan_server.domain.box import Health
from jimpitan_server.domain.facts import Booted, Heartbeat
from jimpitan_server.domain.record import BoxRecord, RecordKind

LID_KINDS = {RecordKind.LID_OPENED, RecordKind.LID_CLOSED}


def latest_health(health: Health, records: Iterable[BoxRecord]) -> Health:
    """Return the health after these records; an older record never replaces a newer one."""
    for record in records:
        fact, seq = record.fact, record.seq
        if fact is None:
            continue
        if isinstance(fact, Heartbeat):
            if seq > health.heartbeat_seq:
                health = replace(health, heartbeat=fact, heartbeat_seq=seq)
        elif isinstance(fact, Booted):
            if seq > health.boot_seq:
                health = replace(health, firmware=fact.version, boot_seq=seq)
        elif record.kind in LID_KINDS and seq > health.lid_seq:
            opened = record.kind == RecordKind.LID_OPENED
            health = replace(health, lid_open=opened, lid_seq=seq)
    return health


def counter_heard(records: Iterable[BoxRecord]) -> int:
    """Return the highest counter that a box says it has obeyed, in any of these records."""
    return max(
        (
            record.fact.down_counter or 0
            for record in records
            if isinstance(record.fact, Heartbeat)
        ),
        default=0,
    )
