"""Takes in what gateways bring: accept (verify, decode), record (append), place (count).

Everything here happens inside one transaction that the caller opens and commits: afterwards
all of it is durably held, or nothing happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jimpitan_server.domain.ids import BoxId, GatewayId, is_box_id
from jimpitan_server.domain.intake import Intake
from jimpitan_server.domain.record import BoxRecord, Reason, Refusal
from jimpitan_server.services.ports import Channel, IntakeStore, Keyring, RefusedBytes
from jimpitan_server.services.record import Arrived, DownMessage, decide, keep, rows_of

# A gateway spools for weeks at most; a time outside is its clock's fault.
SPOOLED_MAX = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as a gateway handed it over, with the box it says it came from."""

    box: str
    received_at: datetime
    message: bytes


@dataclass(slots=True)
class Receipt:
    """What became of one delivery."""

    stored: int = 0
    duplicate: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def is_held(self) -> bool:
        """Say whether at least one record of it is durably held (after the commit)."""
        return self.stored + self.duplicate > 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to one request of a gateway; `answers` counts what boxes answered to orders."""

    receipts: list[Receipt]
    down: list[DownMessage]
    stored: int
    deposits: int
    answers: int = 0


async def accept(
    deliveries: Sequence[Delivery],
    *,
    gateway: GatewayId,
    now: datetime,
    keyring: Keyring,
    store: IntakeStore,
) -> Accepted:
    """Take in the deliveries of one gateway and return the answer, ready once committed."""
    deliveries = [_plausible(delivery, now) for delivery in deliveries]
    boxes = sorted({BoxId(item.box) for item in deliveries if is_box_id(item.box)})
    states = await store.lock_boxes(boxes)
    channels = await keyring.channels(states, store)
    receipts = [Receipt() for _ in deliveries]
    refused: list[RefusedBytes] = []
    arrived = _examine(deliveries, channels, gateway, receipts, refused)
    intakes = await decide(
        store, states=states, channels=channels, arrived=arrived, gateway=gateway, now=now
    )
    _settle(receipts, refused, arrived, intakes)
    rows = rows_of(arrived, intakes)
    await store.insert_records(rows, gateway=gateway, recorded_at=now)
    down = await keep(store, states, channels, intakes, now)
    await store.quarantine(refused, gateway=gateway, now=now)
    deposits = sum(row.deposits for row in rows)
    if rows:
        newest_at = max(row.received_at for row in rows)
        await store.add_to_totals(
            gateway, records=len(rows), deposits=deposits, newest_at=newest_at
        )
    answers = sum(len(intake.answers) for intake in intakes.values())
    return Accepted(receipts, down, len(rows), deposits, answers)


def _plausible(delivery: Delivery, now: datetime) -> Delivery:
    """Replace a time of receipt that no honest gateway would report by our own."""
    if now - SPOOLED_MAX <= delivery.received_at <= now:
        return delivery
    return replace(delivery, received_at=now)


def _examine(
    deliveries: Sequence[Delivery],
    channels: Mapping[BoxId, Channel],
    gateway: GatewayId,
    receipts: Sequence[Receipt],
    refused: list[RefusedBytes],
) -> dict[BoxId, Arrived]:
    """Verify every delivery; collect the genuine records by box, and what was refused."""
    arrived: dict[BoxId, Arrived] = {}
    for index, delivery in enumerate(deliveries):
        box = BoxId(delivery.box)
        channel = channels.get(box)
        if channel is None:
            refusal = Refusal(Reason.UNKNOWN_BOX, delivery.message)
            claimed = box if is_box_id(box) else None
            subject = f"gateway/{gateway}"
            refused.append(RefusedBytes(subject, claimed, refusal, delivery.received_at))
            receipts[index].reasons.append(refusal.reason)
            continue
        genuine, refusals = channel.examine(delivery.message)
        for refusal in refusals:
            refused.append(RefusedBytes(box, box, refusal, delivery.received_at))
            receipts[index].reasons.append(refusal.reason)
        if genuine:
            _note(arrived.setdefault(box, Arrived()), genuine, index, delivery.received_at)
    return arrived


def _note(arrived: Arrived, genuine: list[BoxRecord], index: int, received_at: datetime) -> None:
    arrived.records += genuine
    for record in genuine:
        arrived.delivery_of[id(record)] = index
        arrived.received_by_seq.setdefault(record.seq, received_at)
    if arrived.received_at is None or arrived.received_at < received_at:
        arrived.received_at = received_at


def _settle(
    receipts: Sequence[Receipt],
    refused: list[RefusedBytes],
    arrived: Mapping[BoxId, Arrived],
    intakes: Mapping[BoxId, Intake],
) -> None:
    """Write the receipt of each delivery from what became of its records."""
    for box, intake in intakes.items():
        came = arrived[box]
        for record in intake.new:
            receipts[came.delivery_of[id(record)]].stored += 1
        for record in intake.duplicates:
            receipts[came.delivery_of[id(record)]].duplicate += 1
        for record, refusal in intake.refused:
            receipts[came.delivery_of[id(record)]].reasons.append(refusal.reason)
            received_at = came.received_by_seq[record.seq]
            refused.append(RefusedBytes(box, box, refusal, received_at))
