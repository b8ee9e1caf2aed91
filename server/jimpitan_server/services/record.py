"""Keeps genuine records for good: decides what is new, appends it, and signs what is held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.discrepancy import Discrepancy, RecordFinding, Severity
from jimpitan_server.domain.facts import CollectionMoved, RunningSummary
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.intake import Arrival, Intake, neighbours, take_in
from jimpitan_server.domain.record import BoxRecord, RecordKind
from jimpitan_server.services.configure import follow_configuration
from jimpitan_server.services.place import place
from jimpitan_server.services.ports import Channel, IntakeStore, RecordRow
from jimpitan_server.services.roll_out import follow_update


@dataclass(frozen=True, slots=True)
class DownMessage:
    """A signed message for one box."""

    box: BoxId
    message: bytes


@dataclass(slots=True)
class Arrived:
    """The genuine records of one box in this request, and which delivery each came with."""

    records: list[BoxRecord] = field(default_factory=list)
    delivery_of: dict[int, int] = field(default_factory=dict)  # by id() of the record
    received_by_seq: dict[int, datetime] = field(default_factory=dict)
    received_at: datetime | None = None


async def decide(
    store: IntakeStore,
    *,
    states: Mapping[BoxId, BoxState],
    channels: Mapping[BoxId, Channel],
    arrived: Mapping[BoxId, Arrived],
    gateway: GatewayId,
    now: datetime,
) -> dict[BoxId, Intake]:
    """Decide, box by box, what is new; nothing is written yet."""
    asked = {box: neighbours(states[box], came.records) for box, came in arrived.items()}
    held = await store.held({box: seqs for box, seqs in asked.items() if seqs})
    ids = {box: _summary_ids(came.records) for box, came in arrived.items()}
    summaries = await store.summaries({box: found for box, found in ids.items() if found})
    return {
        box: take_in(
            states[box],
            came.records,
            held=held.get(box, {}),
            summaries=summaries.get(box, {}),
            epoch_ends=channels[box].epoch_ends,
            came=Arrival(gateway, came.received_at or now),
            now=now,
        )
        for box, came in arrived.items()
    }


def _summary_ids(records: Sequence[BoxRecord]) -> set[int]:
    return {
        record.fact.summary_id for record in records if isinstance(record.fact, RunningSummary)
    }


def rows_of(arrived: Mapping[BoxId, Arrived], intakes: Mapping[BoxId, Intake]) -> list[RecordRow]:
    """Return the new records as they are kept."""
    return [
        RecordRow(
            record,
            intake.deposits_by_seq.get(record.seq, 0),
            arrived[box].received_by_seq[record.seq],
        )
        for box, intake in intakes.items()
        for record in intake.new
    ]


async def keep(
    store: IntakeStore,
    states: Mapping[BoxId, BoxState],
    channels: Mapping[BoxId, Channel],
    intakes: Mapping[BoxId, Intake],
    now: datetime,
) -> list[DownMessage]:
    """Keep everything that follows from the new records, and sign an ack for each box."""
    findings: list[Discrepancy] = []
    for box, intake in intakes.items():
        findings += intake.findings
        findings += await _keep_rare(store, box, intake, now)
        if intake.answers or intake.state.configuration != states[box].configuration:
            findings += await _follow(store, box, intake, now)
        before = states[box].gaps
        if before != intake.state.gaps or intake.gaps_declared:
            await store.save_gaps(
                box,
                before=before,
                after=intake.state.gaps,
                declared=intake.gaps_declared,
                now=now,
            )
    moved = await place(store, intakes)
    for box, start in moved.items():
        intakes[box].state = replace(intakes[box].state, period_seq_from=start)
    down = []
    for box, intake in intakes.items():
        message = _ack(intake.state, channels[box], now) if states[box].can_be_told else None
        if message is not None:
            down.append(DownMessage(box, message))
        elif not intake.state.can_be_told:
            findings.append(_exhausted(intake.state, now))
    await store.save_boxes([intake.state for intake in intakes.values()])
    await store.save_heard({box: found.heard for box, found in intakes.items() if found.heard})
    await store.raise_discrepancies(findings)
    return down


async def _keep_rare(
    store: IntakeStore, box: BoxId, intake: Intake, now: datetime
) -> list[Discrepancy]:
    """Keep what seldom happens: running summaries, ended epochs, answered visits."""
    findings: list[Discrepancy] = []
    if intake.summaries:
        await store.save_summaries({box: intake.summaries})
    if intake.epochs_ended:
        await store.end_epochs(box, intake.epochs_ended)
        for epoch, seq_last in intake.epochs_ended.items():
            beyond = await store.records_beyond(box, epoch=epoch, seq=seq_last)
            if beyond:
                findings.append(_overrun(box, epoch, seq_last, beyond, now))
    if intake.edges_moved:
        visits = {
            record.fact.visit: record.seq
            for record in intake.new
            if record.kind == RecordKind.COLLECTION_OPENED
            and isinstance(record.fact, CollectionMoved)
            and record.fact.visit is not None
        }
        if visits:
            await store.answer_commands({box: visits})
    return findings


async def _follow(
    store: IntakeStore, box: BoxId, intake: Intake, now: datetime
) -> list[Discrepancy]:
    """Follow what a box says of its configuration, and what became of its updates."""
    await follow_update(store, box, intake.answers, now=now)
    return await follow_configuration(store, intake.state, intake.answers, now=now)


def _ack(state: BoxState, channel: Channel, now: datetime) -> bytes | None:
    """Return the signed ack with the counter that was set aside for it."""
    return channel.sign_ack(
        state.epoch, counter=state.down_counter, seq=state.head_seq, time_ms=_unix_ms(now)
    )


def _unix_ms(at: datetime) -> int:
    whole_s = int(at.timestamp())
    return whole_s * 1000 + at.microsecond // 1000


def _overrun(box: BoxId, epoch: int, seq_last: int, beyond: int, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=RecordFinding.EPOCH_OVERRUN,
        severity=Severity.CRITICAL,
        subject=f"{box}/{epoch}",
        found_at=now,
        box=box,
        seq_from=seq_last + 1,
        evidence={"epoch_old": epoch, "seq_last": seq_last, "records_beyond": beyond},
    )


def _exhausted(state: BoxState, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=RecordFinding.COUNTER_EXHAUSTED,
        severity=Severity.CRITICAL,
        subject=state.box,
        found_at=now,
        box=state.box,
        evidence={"down_counter": state.down_counter},
    )
