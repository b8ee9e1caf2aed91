"""Taking verified records into a box's history: what is new, known, forked, missing, broken.

A pure function from the state of a box and some genuine records, in any order, to what must be
kept and what was found. It never stops at a finding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from jimpitan_server.domain.box import DOWN_COUNTER_MAX, BoxState
from jimpitan_server.domain.discrepancy import Discrepancy, RecordFinding, Severity, TamperFinding
from jimpitan_server.domain.expectation import Moments, moments_of
from jimpitan_server.domain.facts import (
    EpochStarted,
    JournalGap,
    RunningSummary,
    Tampered,
    Weighed,
)
from jimpitan_server.domain.health import Heard, counter_heard, hear, named
from jimpitan_server.domain.record import BoxRecord, Reason, RecordKind, Refusal
from jimpitan_server.domain.sequence import Gaps

PREV_LENGTH = 8
WEIGHED_MAX = 1_000  # deposits in one weighing; more is no weighing of a throat's width
DEPOSIT = int(RecordKind.DEPOSIT)  # a plain number: it is compared with every record's kind
ACTED_ON = {
    RecordKind.HEARTBEAT,
    RecordKind.JOURNAL_GAP,
    RecordKind.RUNNING_SUMMARY,
    RecordKind.EPOCH_START,
    RecordKind.CONFIG_APPLIED,
    RecordKind.FIRMWARE_CHANGED,
}
ANSWERS = {RecordKind.CONFIG_APPLIED, RecordKind.FIRMWARE_CHANGED}


@dataclass(frozen=True, slots=True)
class Held:
    """What is needed of a record that was held before."""

    tag: bytes
    prev: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who brought the records of a box, and when the last of them was received."""

    gateway: str
    received_at: datetime


@dataclass(slots=True)
class Intake:
    """The result for one box. `deposits_by_seq` tells what each new record adds."""

    state: BoxState
    new: list[BoxRecord] = field(default_factory=list)
    duplicates: list[BoxRecord] = field(default_factory=list)
    refused: list[tuple[BoxRecord, Refusal]] = field(default_factory=list)
    findings: list[Discrepancy] = field(default_factory=list)
    gaps_declared: list[tuple[int, int, int]] = field(default_factory=list)
    epochs_ended: dict[int, int] = field(default_factory=dict)
    summaries: dict[int, int] = field(default_factory=dict)
    deposits_by_seq: dict[int, int] = field(default_factory=dict)
    moments_by_seq: dict[int, Moments] = field(default_factory=dict)
    edges_moved: bool = False
    answers: list[BoxRecord] = field(default_factory=list)
    heard: Heard | None = None


def neighbours(state: BoxState, records: Iterable[BoxRecord]) -> set[int]:
    """Return the sequence numbers of which `take_in` must be told whether they are held."""
    wanted: set[int] = set()
    for record in records:
        seq = record.seq
        if seq <= state.seq_max:
            wanted.update((seq - 1, seq, seq + 1))
    wanted.discard(0)
    return wanted


def take_in(
    state: BoxState,
    records: Iterable[BoxRecord],
    *,
    held: Mapping[int, Held],
    summaries: Mapping[int, int],
    epoch_ends: Mapping[int, int],
    came: Arrival,
    now: datetime,
) -> Intake:
    """Return what these genuine records of one box change.

    `held` tells of the records named by `neighbours`, `summaries` how many deposits each
    running summary has counted so far, `epoch_ends` the last number of each ended epoch. The
    state after it has the next counter set aside for telling the box.
    """
    intake = Intake(state)
    ordered = sorted(records, key=attrgetter("seq"))
    ends = _ends(intake, ordered, epoch_ends, now)
    fresh = _sorted_out(intake, ordered, held, ends, now)
    _check_chain(intake, fresh, held, now)
    _follow(intake, fresh, summaries, now)
    intake.state = _advanced(intake, fresh, came=came, now=now)
    return intake


def _ends(
    intake: Intake, ordered: list[BoxRecord], known: Mapping[int, int], now: datetime
) -> dict[int, int]:
    """Return the end of each old epoch, with those that these records name."""
    ends = dict(known)
    for record in ordered:
        fact = record.fact
        if fact is None or not isinstance(fact, EpochStarted) or fact.epoch_old >= record.epoch:
            continue
        if fact.epoch_old not in ends:
            ends[fact.epoch_old] = intake.epochs_ended[fact.epoch_old] = fact.seq_last
        elif ends[fact.epoch_old] != fact.seq_last:
            evidence = {"epoch_old": fact.epoch_old, "named_before": ends[fact.epoch_old]}
            intake.findings.append(
                _finding(record, RecordFinding.EPOCH_DISPUTED, Severity.CRITICAL, now, evidence)
            )
    return ends


def _sorted_out(
    intake: Intake,
    ordered: list[BoxRecord],
    held: Mapping[int, Held],
    ends: Mapping[int, int],
    now: datetime,
) -> list[BoxRecord]:
    """Part new records from duplicates, forks and records beyond the end of their epoch."""
    fresh: dict[int, BoxRecord] = {}
    for record in ordered:
        seq = record.seq
        if ends and seq > ends.get(record.epoch, seq):
            intake.refused.append((record, Refusal(Reason.EPOCH_ENDED, record.raw)))
            continue
        other = fresh.get(seq)
        known = held.get(seq) if other is None else other
        if known is None:
            fresh[seq] = record
        elif known.tag == record.tag:
            intake.duplicates.append(record)
        else:
            intake.refused.append((record, Refusal(Reason.FORK, record.raw)))
            evidence = {"tag_held": known.tag.hex(), "tag_new": record.tag.hex()}
            intake.findings.append(
                _finding(record, RecordFinding.FORK, Severity.CRITICAL, now, evidence)
            )
    intake.new = list(fresh.values())
    return intake.new


def _check_chain(
    intake: Intake, fresh: list[BoxRecord], held: Mapping[int, Held], now: datetime
) -> None:
    """Compare each `prev` with the tag before it, wherever both sides are known."""
    before: BoxRecord | None = None
    for record in fresh:
        seq = record.seq
        if before is not None and before.seq == seq - 1:
            tag = before.tag
        else:
            tag = _tag_before(intake.state, held, seq)
        if tag and tag[:PREV_LENGTH] != record.prev:
            intake.findings.append(_break(record, seq, tag, record.prev, now))
        after = held.get(seq + 1)
        if after is not None and after.prev != record.tag[:PREV_LENGTH]:
            intake.findings.append(_break(record, seq + 1, record.tag, after.prev, now))
        before = record


def _tag_before(state: BoxState, held: Mapping[int, Held], seq: int) -> bytes:
    if seq - 1 == state.seq_max:
        return state.tag_max
    before = held.get(seq - 1)
    return b"" if before is None else before.tag


def _follow(
    intake: Intake, fresh: list[BoxRecord], summaries: Mapping[int, int], now: datetime
) -> None:
    """Act on what the new records say: deposits, summaries, lid and collections."""
    counted = dict(summaries)
    for record in fresh:
        kind, fact = record.kind, record.fact
        if kind == DEPOSIT:
            intake.deposits_by_seq[record.seq] = 1
        elif kind in ACTED_ON and fact is None:
            intake.findings.append(
                _finding(
                    record,
                    RecordFinding.BODY_UNREADABLE,
                    Severity.WARNING,
                    now,
                    {"record_kind": record.kind},
                )
            )
        elif isinstance(fact, RunningSummary):
            added = max(fact.deposits - counted.get(fact.summary_id, 0), 0)
            counted[fact.summary_id] = counted.get(fact.summary_id, 0) + added
            intake.summaries[fact.summary_id] = counted[fact.summary_id]
            intake.deposits_by_seq[record.seq] = added
        elif kind in EDGE_KINDS:
            intake.edges_moved = True
        elif kind in ANSWERS:
            intake.answers.append(record)
        elif isinstance(fact, Weighed):
            intake.moments_by_seq[record.seq] = moments_weighed(fact)
        elif isinstance(fact, Tampered) and fact.sign is not None:
            intake.findings.append(_alarm(record, fact, fact.sign, now))


def moments_weighed(fact: Weighed) -> Moments:
    """Return what one weighing leads us to expect."""
    deposits = min(fact.deposits or 0, WEIGHED_MAX)
    return moments_of(
        deposits=deposits,
        pieces=max(deposits, fact.pieces or 0),
        form=fact.form or 0,
        guesses=fact.guesses,
    )


EDGE_KINDS = {
    RecordKind.LID_OPENED,
    RecordKind.COLLECTION_OPENED,
    RecordKind.COLLECTION_CLOSED,
}


def _advanced(intake: Intake, fresh: list[BoxRecord], *, came: Arrival, now: datetime) -> BoxState:
    """Return the state after the new records, with gaps opened, filled and declared."""
    state = intake.state
    gaps = Gaps(state.gaps)
    seq_max, tag_max, epoch = state.seq_max, state.tag_max, state.epoch
    for record in fresh:
        if record.seq <= seq_max:
            gaps.close(record.seq, record.seq)
        else:
            if record.seq > seq_max + 1:
                gaps.open(seq_max + 1, record.seq - 1, now)
            seq_max, tag_max = record.seq, record.tag
        epoch = max(epoch, record.epoch)
        if record.fact is not None and isinstance(record.fact, JournalGap):
            _declare(intake, gaps, record, record.fact, now)
    if gaps.merged:
        evidence = {"gaps_merged": gaps.merged}
        intake.findings.append(
            _finding(fresh[0], RecordFinding.GAPS_MANY, Severity.WARNING, now, evidence)
        )
    seen = state.last_seen_at
    heard = intake.heard = hear(state, fresh)
    said = named(state, heard, came.received_at)
    told = max(counter_heard(fresh), counter_heard(intake.duplicates), state.down_counter)
    return BoxState(
        box=state.box,
        epoch=epoch,
        keys_version=state.keys_version + bool(intake.epochs_ended),
        seq_max=seq_max,
        tag_max=tag_max,
        gaps=gaps.frozen(),
        down_counter=min(told + 1, DOWN_COUNTER_MAX),
        records=state.records + len(fresh),
        deposits=state.deposits + sum(intake.deposits_by_seq.values()),
        period_seq_from=state.period_seq_from,
        gateway=came.gateway,
        last_seen_at=came.received_at if seen is None else max(seen, came.received_at),
        heartbeat_seq=heard.heartbeat_seq,
        lid_seq=heard.lid_seq,
        boot_seq=heard.boot_seq,
        configuration=said.configuration,
        runs=said.runs,
        runs_since=said.runs_since,
        runs_until=said.runs_until,
    )


def _declare(
    intake: Intake, gaps: Gaps, record: BoxRecord, gap: JournalGap, now: datetime
) -> None:
    last = min(gap.seq_to, record.seq - 1)
    for seq_from, seq_to in gaps.close(gap.seq_from, last):
        intake.gaps_declared.append((seq_from, seq_to, record.seq))
        finding = _finding(record, RecordFinding.GAP_DECLARED, Severity.NOTICE, now, {})
        intake.findings.append(
            replace(finding, subject=f"{record.box}/{seq_from}", seq_from=seq_from, seq_to=seq_to)
        )


CRITICAL_SIGNS = {
    TamperFinding.FISHING,
    TamperFinding.LID_UNAUTHORISED,
    TamperFinding.WEIGHT_LOSS,
    TamperFinding.MOVED,
}


def _alarm(record: BoxRecord, fact: Tampered, sign: str, now: datetime) -> Discrepancy:
    """Return what a person must look at because the box says that somebody was at it."""
    severity = Severity.CRITICAL if sign in CRITICAL_SIGNS else Severity.WARNING
    evidence: dict[str, object] = {}
    if fact.lost_mg is not None:
        evidence["lost_mg"] = fact.lost_mg
    if fact.sensor is not None:
        evidence["sensor"] = fact.sensor
    return _finding(record, sign, severity, now, evidence)


def _break(record: BoxRecord, seq: int, tag: bytes, prev: bytes, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=RecordFinding.CHAIN_BREAK,
        severity=Severity.CRITICAL,
        subject=f"{record.box}/{seq}",
        found_at=now,
        box=record.box,
        seq_from=seq - 1,
        seq_to=seq,
        evidence={"tag_before": tag.hex(), "prev_named": prev.hex()},
    )


def _finding(
    record: BoxRecord,
    kind: str,
    severity: Severity,
    now: datetime,
    evidence: Mapping[str, object],
) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        severity=severity,
        subject=f"{record.box}/{record.seq}",
        found_at=now,
        box=record.box,
        seq_from=record.seq,
        seq_to=record.seq,
        evidence=dict(evidence),
    )
