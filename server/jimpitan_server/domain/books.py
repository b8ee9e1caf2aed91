"""What matching is given: what was sensed, counted, paid in, notified and credited.

Everything is already recorded and voided entries are left out; `Books` holds all there is of the
accounts in question, so that matching can be run again from nothing at any time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from jimpitan_server.domain.bank_calendar import BankCalendar
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.count_papers import CountPapers
from jimpitan_server.domain.expectation import NO_MOMENTS, Moments
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.mass_discrepancies import WeighedCount
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import Settlement, SettlementTerms, always

# What one deposit may be worth on average over a holding period: half of the smallest gift that
# the programmes ask for (Rp 1.000), and the largest of the common small notes. A prior of the
# programme, never a reading of a sensor.
DEPOSIT_LOW, DEPOSIT_HIGH = Rupiah(500), Rupiah(20_000)


# The smallest note in circulation (Bank Indonesia, 2022 series: Rp 1.000).
NOTE_STEP = Rupiah(1_000)


class RemittanceMethod(StrEnum):
    """How counted cash was paid in."""

    SLIP = "slip"
    """Over the counter or by transfer, with a remittance slip."""
    QRIS = "qris"
    """With the programme's own code: the bank will notify it like a donor's payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LidOpening:
    """A lid was opened, as the box recorded it, at about `at`."""

    box: BoxId
    seq: int
    at: datetime
    uncertainty: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a box sensed in the holding period that the opening `lid_seq` ended.

    `at_edges` deposits fell while the lid was open, before or after it.
    """

    box: BoxId
    lid_seq: int
    deposits: int
    records_missing: int = 0
    moments: Moments = NO_MOMENTS
    at_edges: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A count at the lid; `sensed` tells whether the container has sensors at all.

    `pieces` is how many coins and notes were counted, where that is known.

    `holder` is the person who counted and has it in hand, until it is handed over.
    """

    collection_id: str
    box: BoxId
    total: Rupiah
    lid_at: datetime
    sensed: bool
    holder: str = ""
    pieces: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Custody of counts passed to another person, who confirmed what was received."""

    handover_id: str
    collection_ids: tuple[str, ...]
    giver: str
    receiver: str
    received: Rupiah
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """Counted cash that was paid in, with the reference on its slip or payment."""

    remittance_id: str
    account: str
    collection_ids: tuple[str, ...]
    amount: Rupiah
    method: RemittanceMethod
    reference: str
    paid_at: datetime

    @property
    def paid_on(self) -> date:
        """The bank's day of the payment."""
        return bank_day(self.paid_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A QRIS payment that a bank notified; `box` only where one box alone can be meant.

    `held` payments came in a genuine message far from its own time: true, and worth a look.
    """

    payment_id: str
    account: str
    amount: Rupiah
    fee: Rupiah
    paid_at: datetime
    box: BoxId | None = None
    terminal: str | None = None
    reference: str | None = None
    rrn: str | None = None
    mpan18: str | None = None
    issuer: str | None = None
    held: bool = False

    @property
    def paid_on(self) -> date:
        """The bank's day of the payment."""
        return bank_day(self.paid_at)

    @property
    def credit_due(self) -> Rupiah:
        """What should reach the account; donations are free of fees, so this is all of it."""
        return self.amount - self.fee if self.fee.amount else self.amount

    @property
    def references(self) -> tuple[str, ...]:
        """The names under which a statement may mention this payment."""
        return tuple(name for name in (self.reference, self.rrn) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A statement line that brought money into the account."""

    credit_id: str
    account: str
    booked_on: date
    amount: Rupiah
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """A statement line that took money out of the account; `amount` is above zero."""

    debit_id: str
    account: str
    booked_on: date
    amount: Rupiah
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A bank said, signed, that a payment was given back to its donor, whole or in part."""

    refund_id: str
    payment_id: str
    account: str
    amount: Rupiah
    told_at: datetime

    @property
    def told_on(self) -> date:
        """The bank's day on which it was told."""
        return bank_day(self.told_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Somebody unknown says: I paid this at that box then.

    `reference` is the end of the reference on the telephone, or empty.
    """

    confirmation_id: str
    box: BoxId
    amount: Rupiah
    paid_at: datetime
    told_at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualLink:
    """A person's word that remittances or payments and credits belong together, and why."""

    link_id: str
    relation: Relation
    left: tuple[str, ...]
    right: tuple[str, ...]
    reason: str
    made_at: datetime


_BY_PAYMENT = always(Settlement.PAYMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How patient and how tolerant matching is; a programme may set its own."""

    terms_by_account: Mapping[str, SettlementTerms] = field(default_factory=dict)
    calendar: BankCalendar = field(default_factory=BankCalendar)
    # What is paid in at the counter is on the statement the same day; a weekend, a holiday and a
    # second bank between make it four days. For QRIS payments the terms of the account say it.
    credit_lag_days: int = 4
    # A credit that comes later than that is still looked for, then called late.
    credit_search_days: int = 21
    # The bank's midnight and ours may differ by the way of a message.
    clock_slack_days: int = 1
    visit_gap: timedelta = timedelta(minutes=30)
    lid_tolerance: timedelta = timedelta(minutes=30)
    count_due: timedelta = timedelta(hours=24)
    records_due: timedelta = timedelta(hours=24)
    remittance_due: timedelta = timedelta(days=3)
    deposit_low: Rupiah = DEPOSIT_LOW
    deposit_high: Rupiah = DEPOSIT_HIGH
    # A remittance may differ from its counts by this many steps: a note that stuck to another
    # one, or a coin that rolled away. None, unless the programme says so.
    note_step: Rupiah = NOTE_STEP
    remittance_tolerance_steps: int = 0
    qris_words: tuple[str, ...] = ("QRIS",)
    remittance_words: tuple[str, ...] = ("SETOR",)
    # A collector pays a counted sum within this time of the time he states for it.
    qris_remittance_slack: timedelta = timedelta(hours=2)
    # A donor reads the time off his telephone, or remembers it.
    confirmation_slack: timedelta = timedelta(minutes=30)
    # After two days the bank has told what it will tell by itself.
    confirmation_due: timedelta = timedelta(days=2)

    def terms_of(self, account: str) -> SettlementTerms:
        """Return how an account settles; one of which nothing is told, payment by payment."""
        return self.terms_by_account.get(account) or _BY_PAYMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Everything that is matched, and the moment it is judged from."""

    now: datetime
    payments: tuple[Payment, ...] = ()
    credits: tuple[Credit, ...] = ()
    collections: tuple[Collection, ...] = ()
    remittances: tuple[Remittance, ...] = ()
    handovers: tuple[Handover, ...] = ()
    debits: tuple[Debit, ...] = ()
    links: tuple[ManualLink, ...] = ()
    refunds: tuple[Refund, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    openings: tuple[LidOpening, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    papers: tuple[CountPapers, ...] = ()
    weighed: tuple[WeighedCount, ...] = ()
    # The last day of which an account's statement was imported, which may itself be incomplete.
    statement_until: Mapping[str, date] = field(default_factory=dict)
    # The box of a terminal label or store id where exactly one box has it.
    boxes_by_label: Mapping[str, BoxId] = field(default_factory=dict)
    # The merchants' numbers in the codes that are or were on a box.
    mpans_by_box: Mapping[BoxId, frozenset[str]] = field(default_factory=dict)
