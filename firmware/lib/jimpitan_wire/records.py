"""A record: one fact that a box stamped, and how it is written.

The payload is a map with the keys below. `EPOCH` comes first, so that a reader who must choose
a key before it can check the tag finds it in a fixed place. Bodies are maps of their own; a
reader ignores body keys it does not know, and holds records of kinds it does not know.
"""

from jimpitan_wire import cbor
from jimpitan_wire.errors import Malformed

EPOCH, BOOT, SEQ, UPTIME_MS, WALL_S, WALL_UNCERTAINTY_S, PREV, KIND, BODY = range(1, 10)

RECORDS_PER_MESSAGE_MAX = 20
MESSAGE_LENGTH_MAX = 2048
PREV_LENGTH = 8
PREV_NONE = bytes(PREV_LENGTH)
NUMBER_MAX = 0xFFFFFFFF
UPTIME_MS_MAX = (1 << 53) - 1

BOOT_KIND = 1
HEARTBEAT = 2
DEPOSIT = 3
LID_OPENED = 4
LID_CLOSED = 5
TAMPER = 6
COLLECTION_OPENED = 7
COLLECTION_CLOSED = 8
JOURNAL_GAP = 9
RUNNING_SUMMARY = 10
THANKS_SHOWN = 11
CONFIG_APPLIED = 12
FIRMWARE_CHANGED = 13
EPOCH_START = 14
WEIGHED = 15

KIND_NAMES = {
    BOOT_KIND: "boot",
    HEARTBEAT: "heartbeat",
    DEPOSIT: "deposit",
    LID_OPENED: "lid_opened",
    LID_CLOSED: "lid_closed",
    TAMPER: "tamper",
    COLLECTION_OPENED: "collection_opened",
    COLLECTION_CLOSED: "collection_closed",
    JOURNAL_GAP: "journal_gap",
    RUNNING_SUMMARY: "running_summary",
    THANKS_SHOWN: "thanks_shown",
    CONFIG_APPLIED: "config_applied",
    FIRMWARE_CHANGED: "firmware_changed",
    EPOCH_START: "epoch_start",
    WEIGHED: "weighed",
}

# Body keys, by kind. Times are in ms or us of the box's own uptime.
BOOT_CAUSE, BOOT_VERSION, BOOT_LAST_SEQ, BOOT_UNKEPT = 1, 2, 3, 4
(
    HEARTBEAT_BATTERY_MV,
    HEARTBEAT_JOURNAL_PERMILLE,
    HEARTBEAT_UNACKED,
    HEARTBEAT_DOWN_COUNTER,
    HEARTBEAT_LID_OPEN,
    HEARTBEAT_SLOT_BLOCKED,
    HEARTBEAT_REJECTED,
    HEARTBEAT_HEAP_FREE,
    HEARTBEAT_RSSI_DBM,
    HEARTBEAT_DROPPED,
    HEARTBEAT_FIRMWARE,
    HEARTBEAT_CONFIGURATION,
) = range(1, 13)
DEPOSIT_DWELL_A_US, DEPOSIT_DWELL_B_US, DEPOSIT_TRANSIT_US, DEPOSIT_GUESSES = 1, 2, 3, 4
LID_DEPOSITS = 1
TAMPER_SIGN, TAMPER_DURATION_MS, TAMPER_MASS_MG, TAMPER_DETAIL = 1, 2, 3, 4
GAP_FROM, GAP_TO, GAP_REASON = 1, 2, 3
SUMMARY_ID, SUMMARY_DEPOSITS, SUMMARY_OTHERS, SUMMARY_FIRST_MS, SUMMARY_LAST_MS = 1, 2, 3, 4, 5
COLLECTION_VISIT = 1
THANKS_CAUSE = 1
CONFIG_REVISION, CONFIG_REFUSED = 1, 2
FIRMWARE_OUTCOME, FIRMWARE_FINGERPRINT, FIRMWARE_ATTEMPT = 1, 2, 3
FIRMWARE_VERSION, FIRMWARE_REASON = 4, 5
EPOCH_START_OLD, EPOCH_START_LAST_SEQ = 1, 2
(
    WEIGHED_DEPOSITS,
    WEIGHED_MASS_MG,
    WEIGHED_DEVIATION_MG,
    WEIGHED_PIECES,
    WEIGHED_FORM,
    WEIGHED_GUESSES,
) = range(1, 7)

# Forms of a deposit, in DEPOSIT_GUESSES as [form, likelihood in per mille], likeliest first.
FORM_UNKNOWN, FORM_COIN, FORM_NOTE, FORM_BUNDLE = 0, 1, 2, 3
# Signs of tampering, in TAMPER_SIGN.
SIGN_SLOT_BLOCKED, SIGN_SLOT_FREED, SIGN_REVERSE_PASSAGE = 1, 2, 3
SIGN_FISHING, SIGN_LID_UNAUTHORISED, SIGN_WEIGHT_LOSS = 4, 5, 6
SIGN_MOVED, SIGN_SHAKEN, SIGN_TILTED = 7, 8, 9
SIGN_SENSOR_LOST, SIGN_BEAM_DEGRADED = 10, 11
# Sensors, in TAMPER_DETAIL of a lost one.
SENSOR_SCALE, SENSOR_MOTION = 1, 2
# What thanks were shown for, in THANKS_CAUSE.
CAUSE_PAYMENT = 1
# What became of an update, in FIRMWARE_OUTCOME: it runs on trial, it was acknowledged by the
# server and stays, it was left again, it was not begun, it was given up before it ran.
FIRMWARE_TRIED, FIRMWARE_CONFIRMED, FIRMWARE_ROLLED_BACK = 1, 2, 3
FIRMWARE_REFUSED, FIRMWARE_GIVEN_UP = 4, 5
# Why, in FIRMWARE_REASON: it did not start, the server did not acknowledge, it raised again and
# again; it lies below the floor, is for another machine, is too large; blocks did not come or
# were damaged, the flash refused.
REASON_NO_START, REASON_NO_ACK, REASON_CRASHED = 1, 2, 3
REASON_FLOOR, REASON_MACHINE, REASON_TOO_LARGE = 4, 5, 6
REASON_UNREACHABLE, REASON_DAMAGED, REASON_FLASH = 7, 8, 9
# Of a fingerprint, so many bytes stand in a record; none of a release: as flashed at the bench.
FINGERPRINT_SHORT_LENGTH = 8
# Reasons of a journal gap, in GAP_REASON.
GAP_TORN, GAP_LOST = 1, 2


def payload(
    *,
    epoch: int,
    boot: int,
    seq: int,
    uptime_ms: int,
    wall_s: "int | None",
    wall_uncertainty_s: int,
    prev: bytes,
    kind: int,
    body: "dict[int, object]",
) -> bytes:
    """Return the payload of one record.

    `wall_s` is Unix time in seconds or None when the box has no clock; then the uncertainty
    is 0 and means nothing. `prev` holds the first 8 bytes of the tag of the record before.
    """
    return cbor.encode(
        {
            EPOCH: epoch,
            BOOT: boot,
            SEQ: seq,
            UPTIME_MS: uptime_ms,
            WALL_S: wall_s,
            WALL_UNCERTAINTY_S: wall_uncertainty_s,
            PREV: prev,
            KIND: kind,
            BODY: body,
        }
    )


def parse(raw: bytes) -> "dict[int, object]":
    """Return the fields of a payload, each checked; raise `Malformed` when one is wrong."""
    return checked(cbor.decode(raw))


def checked(fields: object) -> "dict[int, object]":
    """Return `fields` if they are those of a record, whoever decoded them, else raise."""
    if not isinstance(fields, dict) or len(fields) != BODY:
        raise Malformed("a record has nine fields")
    for key in (EPOCH, BOOT, SEQ, KIND, WALL_UNCERTAINTY_S):
        _whole(fields.get(key), NUMBER_MAX)
    _whole(fields.get(UPTIME_MS), UPTIME_MS_MAX)
    if fields.get(WALL_S, 0) is not None:
        _whole(fields.get(WALL_S), NUMBER_MAX)
    if fields[SEQ] == 0:
        raise Malformed("sequence numbers begin at 1")
    prev = fields.get(PREV)
    if not isinstance(prev, bytes) or len(prev) != PREV_LENGTH:
        raise Malformed("prev has 8 bytes")
    if not isinstance(fields.get(BODY), dict):
        raise Malformed("the body is a map")
    return fields


def epoch_of(raw: bytes) -> int:
    """Return the epoch a payload claims, read from its fixed place and not yet verified."""
    if len(raw) < 3 or raw[0] != 0xA9 or raw[1] != EPOCH:
        raise Malformed("a record begins with its epoch")
    major, epoch, _ = cbor.read_head(raw, 2)
    if major != cbor.UNSIGNED or epoch > NUMBER_MAX:
        raise Malformed("the epoch is a whole number")
    return epoch


def _whole(value: object, value_max: int) -> None:
    if value is True or value is False or not isinstance(value, int):
        raise Malformed("a field is no whole number")
    if value < 0 or value > value_max:
        raise Malformed("a field is out of bounds")
