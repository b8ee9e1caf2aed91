"""What the banks' doors need from outside: one transaction of the store, signatures, seals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from jimpitan_server.domain.notification import BankNotification
from jimpitan_server.domain.partner import BankPartner, KeyPurpose
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.signing import Algorithm, Encoding
from jimpitan_server.services.ports_money import NotificationStore, PaymentRow


class IsSigned(Protocol):
    """Tells whether the holder of one of these keys signed one of these texts."""

    def __call__(
        self,
        *,
        algorithm: Algorithm,
        encoding: Encoding,
        keys: Sequence[bytes],
        texts: Sequence[bytes],
        signature: str,
    ) -> bool:
        """Return True only for a signature that fits, letter for letter."""
        ...


class Seal(Protocol):
    """Makes a body unreadable but for who holds the key of its day."""

    def __call__(self, body: bytes, /, *, purpose: str) -> bytes:
        """Return the sealed body; it opens for the same purpose only."""
        ...


class HintCause(StrEnum):
    """Why something that a bank said is not money yet."""

    UNSIGNED_BODY = "unsigned_body"
    """The bank's signature does not cover what the message says."""
    PAYING = "paying"
    """The bank says that it is being paid (status 02), which some mean as paid."""


class HintOutcome(StrEnum):
    """How a hint ended; one that has not is open."""

    QUERY = "query"
    """The bank said so when we asked: it is a payment."""
    STATEMENT = "statement"
    """The account statement names it with the same amount: it is a payment."""
    NOTIFIED = "notified"
    """A signed notification came meanwhile: it is a payment by that."""
    DENIED = "denied"
    """The bank said, when we asked, that there is no such payment."""
    UNANSWERED = "unanswered"
    """Nothing confirmed it in a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HintRow:
    """What may be a payment, as somebody said; never part of any total."""

    partner_id: str
    account: str
    payment_key: str
    cause: HintCause
    notification: BankNotification
    notification_id: int
    claimed_box: str | None
    paid_at: datetime
    bank_day: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHint:
    """A hint that nothing has confirmed or denied yet."""

    hint_id: int
    partner_id: str
    account: str
    payment_key: str
    amount: Rupiah
    reference: str | None
    partner_reference: str | None
    rrn: str | None
    notification_id: int
    paid_at: datetime
    recorded_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRow:
    """A bank's word that a payment was given back; `is_signed` when it can be believed."""

    partner_id: str
    payment_key: str
    amount: Rupiah
    notification_id: int
    is_signed: bool
    told_at: datetime


class BankStore(NotificationStore, Protocol):
    """One open transaction, for one message of a bank, hints and refunds included."""

    async def add_hint(self, row: HintRow) -> bool:
        """Keep a hint; say whether it said anything new."""
        ...

    async def messages_on(self, partner_id: str, day: date) -> int:
        """Return how many messages of a partner were kept on a bank day."""
        ...

    async def add_refund(self, row: RefundRow) -> bool:
        """Keep a refund; say whether it said anything new."""
        ...

    async def refund_of(self, partner_id: str, payment_key: str) -> Rupiah | None:
        """Return the amount of a refund that was told of this payment, or None."""
        ...


class ConfirmStore(Protocol):
    """One open transaction, in which a hint ends."""

    async def add_payment(self, row: PaymentRow) -> bool:
        """Keep a payment once and for ever; say whether it was new."""
        ...

    async def end_hint(self, hint_id: int, outcome: HintOutcome, now: datetime) -> bool:
        """Let a hint end; say whether it was open until now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """An access token as it is kept: only its digest."""

    token_sha256: bytes
    partner_id: str
    issued_at: datetime
    expires_at: datetime


class TokenStore(Protocol):
    """One open transaction, for one access token."""

    async def add_token(self, row: TokenRow, *, kept_max: int) -> None:
        """Keep a token; the oldest of the partner beyond `kept_max` end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A key as people see it: never its material."""

    key_id: int
    purpose: KeyPurpose
    fingerprint: str
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerView:
    """A partner as people see it, with what is heard of it."""

    partner: BankPartner
    keys: tuple[KeyView, ...]
    added_at: datetime
    revoked_at: datetime | None
    heard_at: datetime | None
    answers_by_code: dict[str, int]
    hints_open: int
    is_connected: bool
