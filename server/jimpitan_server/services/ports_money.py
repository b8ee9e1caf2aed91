"""What handling money needs from outside: one transaction of the store, and signature checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from jimpitan_server.domain.books import Books
from jimpitan_server.domain.cash import CashCount
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.domain.match import Match
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.notification import BankNotification, PaymentKeys
from jimpitan_server.domain.partner import Account, BankPartner
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementLine
from jimpitan_server.domain.statement_gaps import Stretch
from jimpitan_server.domain.sticker import CodeMode


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """A genuine message as it is kept, readable or not."""

    partner: str
    bank_day: date
    external_id: str
    timestamp: str
    signature: str
    body_sha256: bytes
    sealed_body: bytes
    notification: BankNotification | None
    payment_key: str | None
    fault: str | None
    held: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """A payment as it is kept, with what its notification says of where it belongs."""

    partner: BankPartner
    payment_key: str
    notification: BankNotification
    notification_id: int
    box: BoxId | None
    paid_at: datetime
    held: bool
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCode:
    """The code on a box, taken apart into the keys by which payments name it."""

    box: BoxId
    payload: str
    keys: PaymentKeys
    mode: CodeMode = CodeMode.OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    """A count at the lid as it is kept; `content_sha256` covers all but the id."""

    collection_id: str
    box: BoxId
    collector: UserId
    lid_at: datetime
    count: CashCount
    seal: str | None
    witness: str | None
    content_sha256: bytes
    recorded_at: datetime
    seal_found: str | None = None
    bag: str | None = None
    witness_demanded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceRow:
    """A remittance as it is kept; `content_sha256` covers all but the id."""

    remittance_id: str
    account: str
    collection_ids: tuple[str, ...]
    amount: Rupiah
    method: str
    reference: str
    paid_at: datetime
    actor: UserId
    content_sha256: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One import of a statement file."""

    account: str
    file_name: str
    file_sha256: bytes
    profile: str
    first_on: date | None
    last_on: date | None
    lines_read: int
    actor: str
    imported_at: datetime


class PartnerStore(Protocol):
    """Accounts and the codes on boxes."""

    async def account(self, account_id: str) -> Account | None:
        """Return an account, or None."""
        ...

    async def accounts(self) -> list[Account]:
        """Return every account."""
        ...

    async def add_account(self, account: Account, now: datetime) -> None:
        """Keep a new account."""
        ...

    async def add_settlement(
        self, account_id: str, *, profile: str, valid_from: date, actor: str, now: datetime
    ) -> None:
        """Keep how an account settles from a day on."""
        ...

    async def add_code(self, code: BoxCode, now: datetime) -> None:
        """Keep the code on a box; one that is known already takes on the mode."""
        ...

    async def withdraw_codes(self, box: BoxId, *, but: str, now: datetime) -> int:
        """Let a box carry no other code than `but` from now on; return how many it loses."""
        ...


class NotificationStore(Protocol):
    """One open transaction, for one message of a bank."""

    async def add_notification(self, row: NotificationRow) -> int | None:
        """Keep a message and return its number; None if its external id came today already."""
        ...

    async def body_sha256_of(self, partner: str, bank_day: date, external_id: str) -> bytes:
        """Return the digest of the body that came under this external id that day."""
        ...

    async def box_of(self, keys: PaymentKeys) -> BoxId | None:
        """Return the one box whose code fits these keys, or None if there are none or more."""
        ...

    async def add_payment(self, row: PaymentRow) -> bool:
        """Keep a payment once and for ever; say whether it was new."""
        ...

    async def payment_amount(self, partner: str, payment_key: str) -> Rupiah | None:
        """Return the amount of a payment that is kept, or None."""
        ...

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        ...


class StatementStore(Protocol):
    """One open transaction, for one statement file."""

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        ...

    async def account(self, account_id: str) -> Account | None:
        """Return an account, or None."""
        ...

    async def other_profiles(
        self, account: str, *, profile: str, first_on: date, last_on: date
    ) -> list[str]:
        """Return under which other profiles lines of these days were imported."""
        ...

    async def known_lines(
        self, account: str, *, first_on: date, last_on: date
    ) -> set[tuple[str, int]]:
        """Return (row hash, occurrence) of the lines held of these days."""
        ...

    async def stretches(self, account: str) -> list[Stretch]:
        """Return the days and balances of every import of an account that told balances."""
        ...

    async def moved_by_day(self, account: str) -> dict[date, Rupiah]:
        """Return the sum of the lines held, by the day they were booked."""
        ...

    async def add_import(
        self, row: ImportRow, lines: Sequence[StatementLine], stretch: Stretch | None
    ) -> int:
        """Keep an import with its new lines; return its number."""
        ...

    async def exchange_gaps(
        self, account: str, found: Sequence[Discrepancy], now: datetime
    ) -> None:
        """Raise the gaps of an account that are new, and close those that are filled."""
        ...


class CollectionStore(Protocol):
    """One open transaction, for one count, remittance or void."""

    async def add_collection(self, row: CollectionRow) -> bool:
        """Keep a count; say whether neither its id nor its content was there before."""
        ...

    async def collection_by_content(self, content_sha256: bytes) -> str | None:
        """Return the id of the count with this content, or None."""
        ...

    async def totals_of(self, collection_ids: Sequence[str]) -> dict[str, Rupiah]:
        """Return what was counted in those of these collections that stand."""
        ...

    async def account(self, account_id: str) -> Account | None:
        """Return an account, or None."""
        ...

    async def accounts(self) -> list[Account]:
        """Return every account."""
        ...

    async def remitted(self, collection_ids: Sequence[str]) -> dict[str, str]:
        """Return the standing remittance of those of these collections that have one."""
        ...

    async def add_remittance(self, row: RemittanceRow) -> bool:
        """Keep a remittance; say whether its id was new."""
        ...

    async def remittance_content(self, remittance_id: str) -> bytes | None:
        """Return the digest of the remittance with this id, or None."""
        ...

    async def exists(self, kind: str, subject_id: str) -> bool:
        """Say whether there is such a collection, remittance or payment."""
        ...

    async def hands_of(self, kind: str, subject_id: str) -> tuple[Rupiah, frozenset[str]]:
        """Return the sum of an entry and who counted, took over or paid in its money."""
        ...

    async def add_void(
        self, *, kind: str, subject_id: str, reason: str, actor: str, now: datetime
    ) -> bool:
        """Withdraw an entry; say whether it stood until now."""
        ...


class BooksStore(Protocol):
    """One open transaction, for matching."""

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        ...

    async def generation(self) -> int:
        """Return the number of the books' present state."""
        ...

    async def load_books(self, now: datetime) -> tuple[Books, list[Account]]:
        """Return everything that stands, and the accounts."""
        ...

    async def rules_set(self) -> Mapping[str, str]:
        """Return the value of each rule that the programme set for itself."""
        ...

    async def papers_near(
        self, account: str, *, first_on: date, last_on: date, now: datetime
    ) -> tuple[Books, list[Match]]:
        """Return the papers of an account around some days, and what matching said of them."""
        ...

    async def save_matching(self, matching: Matching, now: datetime) -> None:
        """Exchange matches, states, position and open discrepancies for the present ones."""
        ...
