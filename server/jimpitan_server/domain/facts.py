"""What a box reported, beside a deposit: the readable form of a record's body.

A part that the box left out, or that is not what its kind asks for, is None: the record is
genuine and held all the same.
"""

from dataclasses import dataclass

from jimpitan_server.domain.rollout import UpdateState


@dataclass(frozen=True, slots=True)
class Booted:
    """The box started; `version` is that of its firmware."""

    cause: int | None
    version: str | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life with the health of the box.

    `runs` is the beginning of the fingerprint of the firmware in hex, empty as flashed at the
    bench; `configuration` the revision it is set to. Older firmware says neither.
    """

    battery_mv: int | None
    journal_permille: int | None
    unacked: int | None
    down_counter: int | None
    lid_open: bool | None
    slot_blocked: bool | None
    rejected: int | None
    heap_free: int | None
    rssi_dbm: int | None
    dropped: int | None
    runs: str | None = None
    configuration: int | None = None


@dataclass(frozen=True, slots=True)
class JournalGap:
    """The box declares that the records from `seq_from` to `seq_to` are torn or gone."""

    seq_from: int
    seq_to: int
    reason: int | None


@dataclass(frozen=True, slots=True)
class RunningSummary:
    """On a full journal: how many deposits were counted without a record of their own."""

    summary_id: int
    deposits: int
    others: int | None


@dataclass(frozen=True, slots=True)
class CollectionMoved:
    """A collection was opened or closed at the box, for the visit it was told of."""

    visit: int | None


@dataclass(frozen=True, slots=True)
class LidMoved:
    """The lid was opened or closed; `deposits` is what the box counted since the last time."""

    deposits: int | None


@dataclass(frozen=True, slots=True)
class EpochStarted:
    """A new key is in use; the records of the old one end with `seq_last`."""

    epoch_old: int
    seq_last: int


@dataclass(frozen=True, slots=True)
class Tampered:
    """The box saw a sign of tampering, or of a sensor that fails.

    `sign` is the kind of finding, None for a sign this server does not know or one that needs
    nobody; `lost_mg` is the mass that left, `sensor` the number of the lost one.
    """

    sign: str | None
    lost_mg: int | None
    sensor: int | None


@dataclass(frozen=True, slots=True)
class ConfigurationAnswered:
    """The box took a revision of its configuration on, or refused these options of it, by name."""

    revision: int
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirmwareChanged:
    """What became of an update; `outcome` is None for one that this server does not know.

    `fingerprint` is the beginning of that of the release in hex, `reason` the wire's number.
    """

    outcome: UpdateState | None
    fingerprint: str
    attempt: int
    version: str | None
    reason: int | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the deposits just before weighed together; evidence, never money.

    `guesses` are (form, rupiah or 0, per mille) as the box ranked them.
    """

    deposits: int | None
    mass_mg: int | None
    pieces: int | None = None
    form: int | None = None
    guesses: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ThanksShown:
    """The box thanked, for this cause."""

    cause: int | None


Fact = (
    Booted
    | Heartbeat
    | JournalGap
    | RunningSummary
    | CollectionMoved
    | LidMoved
    | EpochStarted
    | Tampered
    | ConfigurationAnswered
    | FirmwareChanged
    | Weighed
    | ThanksShown
)
