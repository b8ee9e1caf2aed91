"""Fakes for tests of the server: a box that stamps records, and a clock that is stepped."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from jimpitan_server.domain.ids import GatewayId
from jimpitan_server.services.accept import Delivery
from jimpitan_server.services.record import DownMessage
from jimpitan_wire import cose, down, records

FRIDAY = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
GATEWAY = GatewayId("gw-1")
MASTER_KEY = base64.b64encode(hashlib.sha256(b"a key for tests only").digest()).decode()
# What newer firmware says in a heartbeat besides.
NAMED = {records.HEARTBEAT_FIRMWARE: "runs", records.HEARTBEAT_CONFIGURATION: "configuration"}
DEPOSIT_BODY: dict[int, object] = {1: 45_000, 2: 44_000, 3: 30_000, 4: [[1, 800], [0, 200]]}


class StepClock:
    """A clock that stands still until it is stepped."""

    def __init__(self, now: datetime = FRIDAY) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._now

    def step(self, **by: int) -> datetime:
        """Move on, by the arguments of a timedelta; return the new instant."""
        self._now += timedelta(**by)
        return self._now


class FakeBox:
    """A box reduced to what the server sees: chained, signed records with rising numbers."""

    def __init__(self, box: str = "box-0001", *, epoch: int = 1, seed: str = "") -> None:
        self.box = box
        self.epoch = epoch
        self.secret = hashlib.sha256(f"{box}/{epoch}/{seed}".encode()).digest()
        self.key = cose.Key(self.secret)
        self.seq = 0
        self.boot = 1
        self.prev = records.PREV_NONE
        self.uptime_ms = 1000

    def stamp(
        self,
        kind: int = records.DEPOSIT,
        body: Mapping[int, object] | None = None,
        *,
        wall_s: int | None = None,
    ) -> bytes:
        """Return the next record's envelope."""
        self.seq += 1
        self.uptime_ms += 1000
        envelope = self.sign(
            seq=self.seq,
            kind=kind,
            body=DEPOSIT_BODY if body is None and kind == records.DEPOSIT else dict(body or {}),
            prev=self.prev,
            wall_s=wall_s,
        )
        self.prev = cose.tag_of(envelope)[: records.PREV_LENGTH]
        return envelope

    def sign(self, *, seq: int, kind: int = records.DEPOSIT, **fields: Any) -> bytes:
        """Return any record under this box's key, without noting it."""
        given = {
            "epoch": self.epoch,
            "boot": self.boot,
            "uptime_ms": self.uptime_ms,
            "wall_s": None,
            "wall_uncertainty_s": 0,
            "prev": self.prev,
            "body": DEPOSIT_BODY,
        } | fields
        return self.seal(records.payload(seq=seq, kind=kind, **given))

    def seal(self, payload: bytes) -> bytes:
        """Return any payload under this box's key."""
        return cose.seal(self.key, cose.external_aad(self.box, self.epoch, cose.UP), payload)

    def stamps(self, count: int) -> list[bytes]:
        """Return the next deposits."""
        return [self.stamp() for _ in range(count)]

    def heartbeat(self, **body: Any) -> bytes:
        """Return the next heartbeat; `down_counter` is what the box last obeyed."""
        counter = body.pop("down_counter", 0)
        return self.stamp(
            records.HEARTBEAT,
            {
                records.HEARTBEAT_BATTERY_MV: body.get("battery_mv", 3900),
                records.HEARTBEAT_JOURNAL_PERMILLE: 12,
                records.HEARTBEAT_UNACKED: 3,
                records.HEARTBEAT_DOWN_COUNTER: counter,
                records.HEARTBEAT_LID_OPEN: False,
                records.HEARTBEAT_SLOT_BLOCKED: False,
                records.HEARTBEAT_REJECTED: 0,
                records.HEARTBEAT_HEAP_FREE: 90_000,
                records.HEARTBEAT_RSSI_DBM: -61,
                records.HEARTBEAT_DROPPED: 0,
            }
            | {key: body[name] for key, name in NAMED.items() if name in body},
        )

    def renewed(self, epoch: int) -> "FakeBox":
        """Return this box with the key of a new epoch; its first record names the old end."""
        fresh = FakeBox(self.box, epoch=epoch)
        fresh.seq, fresh.prev, fresh.boot = self.seq, self.prev, self.boot + 1
        return fresh

    def start_epoch(self, old: "FakeBox", *, seq_last: int | None = None) -> bytes:
        """Return the first record of this epoch."""
        last = old.seq if seq_last is None else seq_last
        return self.stamp(
            records.EPOCH_START,
            {records.EPOCH_START_OLD: old.epoch, records.EPOCH_START_LAST_SEQ: last},
        )

    def open_down(self, message: bytes) -> dict[int, Any]:
        """Return the fields of a down message, or fail when it is not genuine."""
        aad = cose.external_aad(self.box, self.epoch, cose.DOWN)
        return down.parse(cose.unseal(self.key, aad, message))

    def ack_in(self, messages: list[DownMessage]) -> tuple[int, int]:
        """Return (sequence number, counter) of the one ack for this box."""
        (found,) = [item.message for item in messages if item.box == self.box]
        fields = self.open_down(found)
        assert fields[down.KIND] == down.ACK
        return fields[down.BODY][down.ACK_SEQ], fields[down.COUNTER]


def delivery(box: str, *envelopes: bytes, received_at: datetime = FRIDAY) -> Delivery:
    """Return one message as a gateway hands it over."""
    return Delivery(box, received_at, b"".join(envelopes))
