"""The wire on the server's side: verifies and reads what boxes say, signs what they are told.

HMAC states are copied instead of set up anew: half of a call of `hmac` is set-up. The hash of
a record's envelope begins with bytes that are the same for every record of a box and epoch, so
those are absorbed once as well.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from jimpitan_wire import cbor, cose, down, records
from jimpitan_wire.errors import Malformed, NotCanonical, NotGenuine, TooLarge, WireError
from jimpitan_wire.options import OPTIONS

from jimpitan_server.adapters.wire_deposit import SealedDeposit, deposit_at
from jimpitan_server.adapters.wire_facts import fact_of
from jimpitan_server.adapters.wire_fields import fields_of, plain_fields
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.record import BoxRecord, Reason, Refusal
from jimpitan_server.domain.release import Release

HashState = Any  # hashlib keeps the type of its objects private
BODY_START = len(cose.PREFIX)
BODY_END = -cose.TAG_LENGTH - len(cose.TAG_HEAD)


@dataclass(frozen=True, slots=True)
class EpochKey:
    """The states of one box key, ready to be copied; never the key itself.

    `seq_last` is the last sequence number of this epoch once its successor has named it.
    """

    up: HashState
    down: HashState
    outer: HashState
    seq_last: int | None = None
    revoked: bool = False


BoxKeys = Mapping[int, EpochKey]


def epoch_key(
    secret: bytes, *, box: str, epoch: int, seq_last: int | None = None, revoked: bool = False
) -> EpochKey:
    """Return the states of a box key of 32 bytes."""
    if len(secret) != cose.KEY_LENGTH:
        raise Malformed("a box key has 32 bytes")
    block = secret + bytes(cose.BLOCK_LENGTH - cose.KEY_LENGTH)
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in block]))
    up, to_box = inner.copy(), inner.copy()
    up.update(cose.mac_prefix(cose.external_aad(box, epoch, cose.UP)))
    to_box.update(cose.mac_prefix(cose.external_aad(box, epoch, cose.DOWN)))
    outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in block]))
    return EpochKey(up=up, down=to_box, outer=outer, seq_last=seq_last, revoked=revoked)


def _tag(inner: HashState, outer: HashState, body: bytes) -> bytes:
    first = inner.copy()
    first.update(body)
    second = outer.copy()
    second.update(first.digest())
    digest: bytes = second.digest()
    return digest


@dataclass(frozen=True, slots=True)
class BoxChannel:
    """The authenticated talk with one box: `Channel` with the keys of its epochs."""

    box: BoxId
    keys: BoxKeys

    @property
    def epoch_ends(self) -> dict[int, int]:
        """Return the last sequence number of each epoch that has ended."""
        return {
            epoch: key.seq_last for epoch, key in self.keys.items() if key.seq_last is not None
        }

    def examine(self, message: bytes) -> tuple[list[BoxRecord], list[Refusal]]:
        """Return the genuine records of a message, and what was refused with its reason."""
        if len(message) > records.MESSAGE_LENGTH_MAX:
            return [], [Refusal(Reason.TOO_LARGE, message[: records.MESSAGE_LENGTH_MAX])]
        try:
            deposits, others = _parted(self.box, message)
        except WireError as error:
            return [], [Refusal(reason_of(error), message)]
        if not deposits and not others:
            return [], [Refusal(Reason.EMPTY, b"")]
        genuine: list[BoxRecord] = []
        refused: list[Refusal] = []
        for record, body in deposits:
            try:
                _check(self.keys, record.epoch, body, record.tag)
                genuine.append(record)
            except WireError as error:
                refused.append(Refusal(reason_of(error), record.raw))
        if others:
            self._read(others, genuine, refused)
        return genuine, refused

    def _read(
        self, envelopes: list[bytes], genuine: list[BoxRecord], refused: list[Refusal]
    ) -> None:
        """Read what is no plain deposit: together where all are plain, else one by one."""
        verified: list[tuple[bytes, bytes]] = []
        for envelope in envelopes:
            try:
                verified.append((envelope, _verified(envelope, self.keys)))
            except WireError as error:
                refused.append(Refusal(reason_of(error), envelope))
        plain = plain_fields([payload for _, payload in verified])
        if plain is not None:
            pairs = zip(verified, plain, strict=True)
            genuine += [_record(self.box, one[0], fields) for one, fields in pairs]
            return
        for envelope, payload in verified:
            try:
                genuine.append(_record(self.box, envelope, fields_of(payload)))
            except WireError as error:
                refused.append(Refusal(reason_of(error), envelope))

    def sign_ack(self, epoch: int, *, counter: int, seq: int, time_ms: int) -> bytes | None:
        """Return the promise that all up to `seq` is held; None without a usable key."""
        key = self.keys.get(epoch)
        if key is None or key.revoked:
            return None
        return _sealed(key, ack_payload(epoch, counter=counter, seq=seq, time_ms=time_ms))

    def sign_collection_open(
        self, epoch: int, *, counter: int, visit: int, valid_ms: int
    ) -> bytes | None:
        """Return the permission to open for one visit; None without a usable key."""
        body: dict[int, object] = {down.OPEN_VISIT: visit, down.OPEN_VALID_MS: valid_ms}
        return self._signed(epoch, counter, down.COLLECTION_OPEN, body)

    def sign_thanks(
        self, epoch: int, *, counter: int, valid_ms: int, time_ms: int
    ) -> bytes | None:
        """Return the word that somebody paid; None without a usable key."""
        body: dict[int, object] = {down.THANKS_VALID_MS: valid_ms, down.THANKS_TIME_MS: time_ms}
        return self._signed(epoch, counter, down.THANKS, body)

    def sign_configure(
        self, epoch: int, *, counter: int, revision: int, options: Mapping[str, int]
    ) -> bytes | None:
        """Return the wish for a whole configuration; None without a usable key."""
        numbered: dict[int, object] = {
            number: options[bounds[0]]
            for number, bounds in OPTIONS.items()
            if bounds[0] in options
        }
        body: dict[int, object] = {
            down.CONFIGURE_REVISION: revision,
            down.CONFIGURE_OPTIONS: numbered,
        }
        return self._signed(epoch, counter, down.CONFIGURE, body)

    def sign_update(
        self, epoch: int, *, counter: int, release: Release, attempt: int
    ) -> bytes | None:
        """Return the order to fetch and try a release; None without a usable key."""
        body: dict[int, object] = {
            down.UPDATE_FINGERPRINT: bytes.fromhex(release.fingerprint),
            down.UPDATE_MANIFEST_LENGTH: release.manifest_length,
            down.UPDATE_NUMBER: release.number,
            down.UPDATE_ATTEMPT: attempt,
        }
        return self._signed(epoch, counter, down.UPDATE, body)

    def _signed(
        self, epoch: int, counter: int, kind: int, body: dict[int, object]
    ) -> bytes | None:
        key = self.keys.get(epoch)
        if key is None or key.revoked:
            return None
        return _sealed(key, down.payload(epoch, counter, kind, body))


def ack_payload(epoch: int, *, counter: int, seq: int, time_ms: int) -> bytes:
    """Return what `down.payload` would for an ack, made in a tenth of the time.

    One is signed for every box of every batch, so it is written out: {1: epoch, 2: counter,
    3: ACK, 4: {1: seq, 2: time_ms}}.
    """
    head = cbor.head
    return b"".join(
        (
            b"\xa4\x01",
            head(cbor.UNSIGNED, epoch),
            b"\x02",
            head(cbor.UNSIGNED, counter),
            b"\x03\x01\x04\xa2\x01",
            head(cbor.UNSIGNED, seq),
            b"\x02",
            head(cbor.UNSIGNED, time_ms),
        )
    )


def _parted(box: BoxId, message: bytes) -> tuple[list[SealedDeposit], list[bytes]]:
    """Return the plain deposits of a message and the envelopes of everything else, or raise."""
    at = 0
    deposits: list[SealedDeposit] = []
    while len(deposits) < records.RECORDS_PER_MESSAGE_MAX:
        deposit = deposit_at(box, message, at)
        if deposit is None:
            break
        deposits.append(deposit)
        at += len(deposit.record.raw)
    others: list[bytes] = []
    if at < len(message):
        rest = records.RECORDS_PER_MESSAGE_MAX - len(deposits)
        for envelope in cose.split(message[at:], rest):
            deposit = deposit_at(box, envelope, 0)
            if deposit is None:
                others.append(envelope)
            else:
                deposits.append(deposit)
    return deposits, others


def _verified(envelope: bytes, keys: BoxKeys) -> bytes:
    """Return the payload of an envelope whose form was checked and whose tag fits."""
    body = envelope[BODY_START:BODY_END]
    head = body[0]
    payload = body[1:] if head < 0x58 else body[2:] if head == 0x58 else body[3:]
    _check(keys, records.epoch_of(payload), body, envelope[-cose.TAG_LENGTH :])
    return payload


def _check(keys: BoxKeys, epoch: int, body: bytes, tag: bytes) -> None:
    """Raise a `WireError` unless the tag of a box's envelope fits and its key is in use."""
    key = keys.get(epoch)
    if key is None:
        raise UnknownEpoch("no key of this epoch is known")
    if not compare_digest(_tag(key.up, key.outer, body), tag):
        raise NotGenuine("the tag does not fit")
    if key.revoked:
        raise KeyRevoked("the key of this epoch was revoked")


def _record(box: BoxId, envelope: bytes, fields: dict[int, Any]) -> BoxRecord:
    epoch, boot, seq, uptime_ms, wall_s, uncertainty_s, prev, kind, facts = fields.values()
    return BoxRecord(
        box,
        epoch,
        boot,
        seq,
        uptime_ms,
        wall_s,
        uncertainty_s,
        prev,
        kind,
        envelope[-cose.TAG_LENGTH :],
        envelope,
        fact_of(kind, facts),
    )


def body_of(raw: bytes) -> dict[int, object]:
    """Return the decoded body of an envelope that was verified when it was taken in."""
    fields: Any = cbor.decode(cose.payload_of(raw))
    body: dict[int, object] = fields[records.BODY]
    return body


class UnknownEpoch(WireError):
    """The record names an epoch of which the server has no key."""


class KeyRevoked(WireError):
    """The key is known to be in the wrong hands."""


REASONS: tuple[tuple[type[WireError], str], ...] = (
    (NotCanonical, Reason.NOT_CANONICAL),
    (Malformed, Reason.MALFORMED),
    (NotGenuine, Reason.NOT_GENUINE),
    (TooLarge, Reason.TOO_LARGE),
    (UnknownEpoch, Reason.UNKNOWN_EPOCH),
    (KeyRevoked, Reason.KEY_REVOKED),
)


def reason_of(error: WireError) -> str:
    """Return the word under which this error stands in answers and quarantine."""
    for kind, reason in REASONS:
        if isinstance(error, kind):
            return reason
    return Reason.MALFORMED


def _sealed(key: EpochKey, payload: bytes) -> bytes:
    body = cbor.head(cbor.BYTES, len(payload)) + payload
    return cose.PREFIX + body + cose.TAG_HEAD + _tag(key.down, key.outer, body)
