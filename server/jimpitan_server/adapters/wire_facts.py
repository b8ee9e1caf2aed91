"""Reads the body of a record into a fact of the domain."""

from collections.abc import Callable

from jimpitan_wire import records as wire

from jimpitan_server.adapters.wire_options import option_name
from jimpitan_server.domain.discrepancy import TamperFinding
from jimpitan_server.domain.facts import (
    Booted,
    CollectionMoved,
    ConfigurationAnswered,
    EpochStarted,
    Fact,
    FirmwareChanged,
    Heartbeat,
    JournalGap,
    LidMoved,
    RunningSummary,
    Tampered,
    ThanksShown,
    Weighed,
)
from jimpitan_server.domain.rollout import UpdateState

Body = dict[int, object]

# More deposits than a journal-full box could sense in a year of Fridays are no count.
SUMMARY_DEPOSITS_MAX = 1_000_000
TEXT_LENGTH_MAX = 64
OPTIONS_MAX = 64
# More pieces than that are not one weighing; a box ranks four kinds, the largest note is 100,000.
WEIGHED_MAX, GUESSES_MAX, GUESS_IDR_MAX = 1_000, 8, 100_000


def _whole(body: Body, key: int, value_max: int = wire.NUMBER_MAX) -> int | None:
    value = body.get(key)
    if type(value) is int and 0 <= value <= value_max:
        return value
    return None


def _signed(body: Body, key: int) -> int | None:
    value = body.get(key)
    if type(value) is int and -wire.NUMBER_MAX <= value <= wire.NUMBER_MAX:
        return value
    return None


def _yes_no(body: Body, key: int) -> bool | None:
    value = body.get(key)
    return value if isinstance(value, bool) else None


def _text(body: Body, key: int) -> str | None:
    value = body.get(key)
    if isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX and value.isprintable():
        return value
    return None


def _fingerprint(body: Body, key: int) -> str | None:
    value = body.get(key)
    if isinstance(value, bytes) and len(value) in {0, wire.FINGERPRINT_SHORT_LENGTH}:
        return value.hex()
    return None


def _booted(body: Body) -> Booted:
    return Booted(cause=_whole(body, wire.BOOT_CAUSE), version=_text(body, wire.BOOT_VERSION))


def _heartbeat(body: Body) -> Heartbeat:
    return Heartbeat(
        battery_mv=_whole(body, wire.HEARTBEAT_BATTERY_MV),
        journal_permille=_whole(body, wire.HEARTBEAT_JOURNAL_PERMILLE, 1000),
        unacked=_whole(body, wire.HEARTBEAT_UNACKED),
        down_counter=_whole(body, wire.HEARTBEAT_DOWN_COUNTER),
        lid_open=_yes_no(body, wire.HEARTBEAT_LID_OPEN),
        slot_blocked=_yes_no(body, wire.HEARTBEAT_SLOT_BLOCKED),
        rejected=_whole(body, wire.HEARTBEAT_REJECTED),
        heap_free=_whole(body, wire.HEARTBEAT_HEAP_FREE),
        rssi_dbm=_signed(body, wire.HEARTBEAT_RSSI_DBM),
        dropped=_whole(body, wire.HEARTBEAT_DROPPED),
        runs=_fingerprint(body, wire.HEARTBEAT_FIRMWARE),
        configuration=_whole(body, wire.HEARTBEAT_CONFIGURATION),
    )


def _journal_gap(body: Body) -> JournalGap | None:
    seq_from, seq_to = _whole(body, wire.GAP_FROM), _whole(body, wire.GAP_TO)
    if seq_from is None or seq_to is None or not 0 < seq_from <= seq_to:
        return None
    return JournalGap(seq_from, seq_to, _whole(body, wire.GAP_REASON))


def _running_summary(body: Body) -> RunningSummary | None:
    summary_id = _whole(body, wire.SUMMARY_ID)
    deposits = _whole(body, wire.SUMMARY_DEPOSITS, SUMMARY_DEPOSITS_MAX)
    if summary_id is None or deposits is None:
        return None
    return RunningSummary(summary_id, deposits, _whole(body, wire.SUMMARY_OTHERS))


def _collection(body: Body) -> CollectionMoved:
    return CollectionMoved(_whole(body, wire.COLLECTION_VISIT))


def _lid(body: Body) -> LidMoved:
    return LidMoved(_whole(body, wire.LID_DEPOSITS))


def _epoch_start(body: Body) -> EpochStarted | None:
    old, last = _whole(body, wire.EPOCH_START_OLD), _whole(body, wire.EPOCH_START_LAST_SEQ)
    return None if old is None or last is None else EpochStarted(old, last)


SIGNS = {
    wire.SIGN_SLOT_BLOCKED: TamperFinding.SLOT_BLOCKED,
    wire.SIGN_REVERSE_PASSAGE: TamperFinding.REVERSE_PASSAGE,
    wire.SIGN_FISHING: TamperFinding.FISHING,
    wire.SIGN_LID_UNAUTHORISED: TamperFinding.LID_UNAUTHORISED,
    wire.SIGN_WEIGHT_LOSS: TamperFinding.WEIGHT_LOSS,
    wire.SIGN_MOVED: TamperFinding.MOVED,
    wire.SIGN_SHAKEN: TamperFinding.SHAKEN,
    wire.SIGN_TILTED: TamperFinding.TILTED,
    wire.SIGN_SENSOR_LOST: TamperFinding.SENSOR_LOST,
    wire.SIGN_BEAM_DEGRADED: TamperFinding.BEAM_DEGRADED,
}


def _tampered(body: Body) -> Tampered:
    sign = _whole(body, wire.TAMPER_SIGN)
    return Tampered(
        sign=None if sign is None else SIGNS.get(sign),
        lost_mg=_whole(body, wire.TAMPER_MASS_MG),
        sensor=_whole(body, wire.TAMPER_DETAIL),
    )


def _configuration(body: Body) -> ConfigurationAnswered | None:
    revision, refused = _whole(body, wire.CONFIG_REVISION), body.get(wire.CONFIG_REFUSED, [])
    if revision is None or not isinstance(refused, list) or len(refused) > OPTIONS_MAX:
        return None
    options = [option for option in refused if type(option) is int]
    if len(options) != len(refused) or not all(0 <= one <= wire.NUMBER_MAX for one in options):
        return None
    return ConfigurationAnswered(revision, tuple(option_name(option) for option in options))


OUTCOMES = {
    wire.FIRMWARE_TRIED: UpdateState.ON_TRIAL,
    wire.FIRMWARE_CONFIRMED: UpdateState.CONFIRMED,
    wire.FIRMWARE_ROLLED_BACK: UpdateState.ROLLED_BACK,
    wire.FIRMWARE_REFUSED: UpdateState.REFUSED,
    wire.FIRMWARE_GIVEN_UP: UpdateState.GIVEN_UP,
}


def _firmware(body: Body) -> FirmwareChanged | None:
    outcome = _whole(body, wire.FIRMWARE_OUTCOME)
    attempt = _whole(body, wire.FIRMWARE_ATTEMPT)
    fingerprint = _fingerprint(body, wire.FIRMWARE_FINGERPRINT)
    if outcome is None or attempt is None or fingerprint is None:
        return None
    return FirmwareChanged(
        outcome=OUTCOMES.get(outcome),
        fingerprint=fingerprint,
        attempt=attempt,
        version=_text(body, wire.FIRMWARE_VERSION),
        reason=_whole(body, wire.FIRMWARE_REASON),
    )


def _weighed(body: Body) -> Weighed:
    return Weighed(
        _whole(body, wire.WEIGHED_DEPOSITS),
        _signed(body, wire.WEIGHED_MASS_MG),
        pieces=_whole(body, wire.WEIGHED_PIECES, WEIGHED_MAX),
        form=_whole(body, wire.WEIGHED_FORM, wire.FORM_BUNDLE),
        guesses=_guesses(body),
    )


def _guesses(body: Body) -> tuple[tuple[int, int, int], ...]:
    """Return the guesses that can be read; one that cannot leaves its share open."""
    listed = body.get(wire.WEIGHED_GUESSES)
    if not isinstance(listed, list):
        return ()
    return tuple(
        (guess[0], guess[1], guess[2])
        for guess in listed[:GUESSES_MAX]
        if isinstance(guess, list)
        and len(guess) == 3
        and all(type(part) is int and part >= 0 for part in guess)
        and guess[1] <= GUESS_IDR_MAX
        and guess[2] <= 1000
    )


def _thanks(body: Body) -> ThanksShown:
    return ThanksShown(_whole(body, wire.THANKS_CAUSE))


READERS: dict[int, Callable[[Body], Fact | None]] = {
    wire.BOOT_KIND: _booted,
    wire.HEARTBEAT: _heartbeat,
    wire.LID_OPENED: _lid,
    wire.LID_CLOSED: _lid,
    wire.COLLECTION_OPENED: _collection,
    wire.COLLECTION_CLOSED: _collection,
    wire.JOURNAL_GAP: _journal_gap,
    wire.RUNNING_SUMMARY: _running_summary,
    wire.EPOCH_START: _epoch_start,
    wire.TAMPER: _tampered,
    wire.CONFIG_APPLIED: _configuration,
    wire.FIRMWARE_CHANGED: _firmware,
    wire.WEIGHED: _weighed,
}
# Kinds that nothing but the eyes of people acts on: read when they are shown.
SHOWN: dict[int, Callable[[Body], Fact | None]] = {
    wire.THANKS_SHOWN: _thanks,
}


def fact_of(kind: int, body: Body) -> Fact | None:
    """Return what the body of a record of this kind says, or None when it cannot be read."""
    reader = READERS.get(kind)
    return None if reader is None else reader(body)


def fact_shown(kind: int, body: Body) -> Fact | None:
    """Return what a record says to a person, also of a kind that the server does not act on."""
    reader = READERS.get(kind) or SHOWN.get(kind)
    return None if reader is None else reader(body)
