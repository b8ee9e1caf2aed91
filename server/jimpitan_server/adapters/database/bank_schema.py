"""The tables of the banks' doors: keys, tokens, sealed bodies, hints, refunds, what was refused.

Hints, refunds and refusals are never changed. Keys are revoked, never removed. How far a hint
or a back-fill is, counters, tokens and the keys of bodies change or end.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from jimpitan_server.adapters.database import money_schema
from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, Money, Name, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

ONE_PER_CLAIM = "uq_payment_hints_one_per_claim"
ONE_PER_REFUND = "uq_payment_refunds_one_per_refund"
assert money_schema.bank_partners.metadata is metadata  # foreign keys below lead there


def _partner() -> Column[str]:
    return Column("partner_id", Id, ForeignKey("bank_partners.partner_id"), nullable=False)


def _partner_key() -> Column[str]:
    return Column("partner_id", Id, ForeignKey("bank_partners.partner_id"), primary_key=True)


def _notification() -> Column[int]:
    return Column(
        "notification_id",
        RowNumber,
        ForeignKey("notifications.notification_id"),
        nullable=False,
    )


# A public key is kept as it is, a secret wrapped under the master key.
bank_partner_keys = Table(
    "bank_partner_keys",
    metadata,
    Column("key_id", RowNumber, primary_key=True),
    _partner(),
    Column("purpose", Word, nullable=False),
    Column("fingerprint", Id, nullable=False),
    Column("public_pem", Text),
    Column("wrapped", LargeBinary(20_480)),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant),
    Column("revoked_at", Instant),
    Column("added_by", Id, nullable=False),
    Column("added_at", Instant, nullable=False),
    CheckConstraint(
        "purpose IN ('notification', 'token', 'request_key', 'request_secret')", name="purpose"
    ),
    CheckConstraint("(public_pem IS NULL) <> (wrapped IS NULL)", name="material"),
    Index("ix_bank_partner_keys_partner_id", "partner_id"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    _partner(),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_access_tokens_partner_id", "partner_id", "issued_at"),
)

# How we ask a bank ourselves: the query (service 51) and the statement (service 14).
bank_connections = Table(
    "bank_connections",
    metadata,
    _partner_key(),
    Column("base_url", Name, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("profile", Word, nullable=False),
    Column("token_path", Name, nullable=False),
    Column("query_path", Name),
    Column("statement_path", Name),
    Column("channel_id", Id, nullable=False),
    Column("merchant_id", Id),
    Column("account_no", Id),
    Column("statement_from", Date),
    Column("connected_at", Instant, nullable=False),
)

bank_backfills = Table(
    "bank_backfills",
    metadata,
    _partner_key(),
    Column("done_until", Date),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
)

# One key for each bank day; without it the bodies of that day are noise.
body_keys = Table(
    "body_keys",
    metadata,
    Column("bank_day", Date, primary_key=True),
    Column("wrapped", LargeBinary(128), nullable=False),
    Column("made_at", Instant, nullable=False),
)

# The bodies name donors, so they lie apart: no page reads them, and they end with their key,
# while digest, signature and amount stay.
sealed_bodies = Table(
    "sealed_bodies",
    metadata,
    Column(
        "notification_id",
        RowNumber,
        ForeignKey("notifications.notification_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("bank_day", Date, ForeignKey("body_keys.bank_day"), nullable=False),
    Column("sealed", LargeBinary(65_600), nullable=False),
    Index("ix_sealed_bodies_bank_day", "bank_day"),
)

payment_hints = Table(
    "payment_hints",
    metadata,
    Column("hint_id", RowNumber, primary_key=True),
    _partner(),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("payment_key", Name, nullable=False),
    Column("cause", Word, nullable=False),
    Column("amount_idr", Money, nullable=False),
    Column("reference", Id),
    Column("partner_reference", Id),
    Column("rrn", Id),
    Column("claimed_box_id", Id),
    Column("paid_at", Instant, nullable=False),
    Column("bank_day", Date, nullable=False),
    _notification(),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("partner_id", "payment_key", "amount_idr", name=ONE_PER_CLAIM),
    CheckConstraint("cause IN ('unsigned_body', 'paying')", name="cause"),
    CheckConstraint("amount_idr >= 0", name="amount"),
    Index("ix_payment_hints_claimed_box_id", "claimed_box_id"),
)

hint_progress = Table(
    "hint_progress",
    metadata,
    Column(
        "hint_id",
        RowNumber,
        ForeignKey("payment_hints.hint_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("outcome", Word),
    Column("ended_at", Instant),
    CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
    Index("ix_hint_progress_ended_at", "ended_at", "due_at"),
)

payment_refunds = Table(
    "payment_refunds",
    metadata,
    Column("refund_id", RowNumber, primary_key=True),
    _partner(),
    Column("payment_key", Name, nullable=False),
    Column("amount_idr", Money, nullable=False),
    _notification(),
    Column("is_signed", Boolean, nullable=False),
    Column("told_at", Instant, nullable=False),
    UniqueConstraint("partner_id", "payment_key", "amount_idr", "is_signed", name=ONE_PER_REFUND),
)

# `subject` is a partner, or - for everybody we do not know.
bank_refusals = Table(
    "bank_refusals",
    metadata,
    Column("refusal_id", RowNumber, primary_key=True),
    Column("subject", Id, nullable=False),
    Column("bank_day", Date, nullable=False),
    Column("code", String(7), nullable=False),
    Column("reason", Word, nullable=False),
    Column("body_sha256", Digest, nullable=False),
    Column("body_length", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_bank_refusals_subject", "subject", "bank_day"),
)

bank_answers = Table(
    "bank_answers",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("bank_day", Date, primary_key=True),
    Column("code", String(7), primary_key=True),
    Column("answers", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
)
