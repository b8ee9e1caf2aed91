"""Reads from records what a box says of itself: lid, heartbeat, firmware, counter."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.facts import Booted, Heartbeat
from jimpitan_server.domain.record import BoxRecord, RecordKind

LID_KINDS = {RecordKind.LID_OPENED, RecordKind.LID_CLOSED}


@dataclass(slots=True)
class Heard:
    """What records say anew of a box, each with its number; None where nothing newer came."""

    heartbeat_seq: int
    lid_seq: int
    boot_seq: int
    heartbeat: Heartbeat | None = None
    lid_open: bool | None = None
    boot: Booted | None = None


def hear(state: BoxState, records: Iterable[BoxRecord]) -> Heard:
    """Return what these records say anew; an older record never replaces a newer one."""
    heard = Heard(state.heartbeat_seq, state.lid_seq, state.boot_seq)
    for record in records:
        fact, seq = record.fact, record.seq
        if fact is None:
            continue
        if isinstance(fact, Heartbeat):
            if seq > heard.heartbeat_seq:
                heard.heartbeat, heard.heartbeat_seq = fact, seq
        elif isinstance(fact, Booted):
            if seq > heard.boot_seq:
                heard.boot, heard.boot_seq = fact, seq
        elif record.kind in LID_KINDS and seq > heard.lid_seq:
            heard.lid_open, heard.lid_seq = record.kind == RecordKind.LID_OPENED, seq
    return heard


def counter_heard(records: Iterable[BoxRecord]) -> int:
    """Return the highest counter that a box says it has obeyed, in any of these records."""
    highest = 0
    for record in records:
        fact = record.fact
        if fact is not None and isinstance(fact, Heartbeat):
            highest = max(highest, fact.down_counter or 0)
    return highest


def named(state: BoxState, heard: Heard, received_at: datetime) -> BoxState:
    """Return the state with what the newest heartbeat names: configuration and firmware."""
    beat = heard.heartbeat
    if beat is None:
        return state
    if beat.runs is None:
        return replace(state, configuration=beat.configuration)
    is_same = beat.runs == state.runs and state.runs_until is not None
    until = max(state.runs_until or received_at, received_at)
    return replace(
        state,
        configuration=beat.configuration,
        runs=beat.runs,
        runs_since=state.runs_since if is_same else received_at,
        runs_until=until if is_same else received_at,
    )
