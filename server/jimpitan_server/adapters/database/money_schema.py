"""The tables of the money: what banks told, what people counted and paid in, what was matched.

Rows of notifications, payments, statements, counts and remittances are never changed: a wrong
one is voided by a row of its own. Matches, states and positions are derived and may be thrown
away and made again at any time.
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

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, Money, Name, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

# The one rule that makes a payment a payment, whatever message brings it and however often.
ONE_PER_PAYMENT = "uq_payments_one_per_payment_key"

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("settlement", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("settlement IN ('payment', 'daily', 'terminal_daily')", name="settlement"),
)

# What an account's acquirer changed in its habit, from which day; the newest word on a day holds.
account_settlements = Table(
    "account_settlements",
    metadata,
    Column("change_id", RowNumber, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("profile", Word, nullable=False),
    Column("actor", Id, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_account_settlements_account_id", "account_id", "valid_from"),
)

bank_partners = Table(
    "bank_partners",
    metadata,
    Column("partner_id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("path", Name, nullable=False),
    Column("window_s", Integer, nullable=False),
    Column("merchant_ids", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    # The name of a profile that comes with the program, or a JSON object.
    Column("profile", Text, nullable=False, server_default="snap-asymmetric"),
    Column("url", Name),
    Column("client_key", Id),
    Column("token_path", Name, nullable=False, server_default="/v1.0/access-token/b2b"),
    Index("uq_bank_partners_client_key", "client_key", unique=True),
)

# No foreign key to boxes: plain cans and counters have a code too, and no key.
box_codes = Table(
    "box_codes",
    metadata,
    Column("code_id", RowNumber, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("payload", Text, nullable=False),
    Column("terminal", Id),
    Column("store", Id),
    Column("nmid", Id),
    Column("mpan18", Id),
    Column("merchant", Id),
    Column("mode", Word, nullable=False, server_default="own"),
    Column("registered_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    UniqueConstraint("box_id", "payload", name="uq_box_codes_box_id_payload"),
    Index("ix_box_codes_terminal", "terminal"),
    Index("ix_box_codes_nmid", "nmid"),
    Index("ix_box_codes_mpan18", "mpan18"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("notification_id", RowNumber, primary_key=True),
    Column("partner_id", Id, ForeignKey("bank_partners.partner_id"), nullable=False),
    Column("bank_day", Date, nullable=False),
    Column("external_id", Id, nullable=False),
    Column("timestamp", Id, nullable=False),
    Column("signature", Text, nullable=False),
    Column("body_sha256", Digest, nullable=False),
    Column("status", Word),
    Column("payment_key", Name),
    Column("amount_idr", Money),
    Column("fault", Name),
    Column("held", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint(
        "partner_id", "bank_day", "external_id", name="uq_notifications_one_per_external_id"
    ),
)

# Bodies from before they were sealed (`bank_schema.sealed_bodies`); each is moved there once.
notification_bodies = Table(
    "notification_bodies",
    metadata,
    Column(
        "notification_id",
        RowNumber,
        ForeignKey("notifications.notification_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("body", LargeBinary(65_536), nullable=False),
)

payments = Table(
    "payments",
    metadata,
    Column("payment_id", RowNumber, primary_key=True),
    Column("partner_id", Id, ForeignKey("bank_partners.partner_id"), nullable=False),
    Column("payment_key", Name, nullable=False),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("amount_idr", Money, nullable=False),
    Column("fee_idr", Money, nullable=False),
    Column("reference", Id),
    Column("rrn", Id),
    Column("terminal", Id),
    Column("store", Id),
    Column("nmid", Id),
    Column("mpan18", Id),
    Column("merchant", Id),
    Column("issuer", Id),
    Column("box_id", Id),
    Column("paid_at", Instant, nullable=False),
    Column("held", Boolean, nullable=False),
    Column(
        "notification_id",
        RowNumber,
        ForeignKey("notifications.notification_id"),
        nullable=False,
    ),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("partner_id", "payment_key", name=ONE_PER_PAYMENT),
    CheckConstraint("amount_idr > 0", name="amount"),
    CheckConstraint("fee_idr >= 0 AND fee_idr <= amount_idr", name="fee"),
    Index("ix_payments_box_id", "box_id", "paid_at"),
    Index("ix_payments_reference", "account_id", "reference"),
    Index("ix_payments_rrn", "account_id", "rrn"),
)

# Payments that no matching has seen yet, so that totals need not look through all of them.
fresh_payments = Table(
    "fresh_payments",
    metadata,
    Column(
        "payment_id",
        RowNumber,
        ForeignKey("payments.payment_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("due_idr", Money, nullable=False),
    Column("unattributed_idr", Money, nullable=False),
)

statement_imports = Table(
    "statement_imports",
    metadata,
    Column("import_id", RowNumber, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("file_name", Name, nullable=False),
    Column("file_sha256", Digest, nullable=False),
    Column("profile", Word, nullable=False),
    Column("first_on", Date),
    Column("last_on", Date),
    Column("lines_read", Integer, nullable=False),
    Column("lines_new", Integer, nullable=False),
    Column("actor", Id, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Index("ix_statement_imports_account_id", "account_id", "last_on"),
)

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("line_id", RowNumber, primary_key=True),
    Column("import_id", RowNumber, ForeignKey("statement_imports.import_id"), nullable=False),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("booked_time", String(16)),
    Column("amount_idr", Money, nullable=False),
    Column("balance_idr", Money),
    Column("description", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("row_hash", String(64), nullable=False),
    Column("occurrence", Integer, nullable=False),
    UniqueConstraint(
        "account_id", "row_hash", "occurrence", name="uq_statement_lines_one_per_row"
    ),
    CheckConstraint("amount_idr <> 0", name="amount"),
    Index("ix_statement_lines_booked_on", "account_id", "booked_on"),
)

collections = Table(
    "collections",
    metadata,
    Column("collection_id", Id, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("collector", Id, nullable=False),
    Column("lid_at", Instant, nullable=False),
    Column("total_idr", Money, nullable=False),
    Column("seal", Id),
    Column("witness", Name),
    Column("content_sha256", Digest, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("content_sha256", name="uq_collections_one_per_content"),
    CheckConstraint("total_idr >= 0", name="total"),
    Index("ix_collections_box_id", "box_id", "lid_at"),
)

collection_pieces = Table(
    "collection_pieces",
    metadata,
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Column("denomination", Integer, primary_key=True, autoincrement=False),
    Column("pieces", Integer, nullable=False),
    CheckConstraint("pieces > 0", name="pieces"),
)

remittances = Table(
    "remittances",
    metadata,
    Column("remittance_id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.account_id"), nullable=False),
    Column("method", Word, nullable=False),
    Column("amount_idr", Money, nullable=False),
    Column("reference", Id, nullable=False),
    Column("paid_at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("content_sha256", Digest, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("amount_idr > 0", name="amount"),
    CheckConstraint("method IN ('slip', 'qris')", name="method"),
    Index("ix_remittances_reference", "account_id", "reference"),
)

remittance_collections = Table(
    "remittance_collections",
    metadata,
    Column("remittance_id", Id, ForeignKey("remittances.remittance_id"), primary_key=True),
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Index("ix_remittance_collections_collection_id", "collection_id"),
)

voids = Table(
    "voids",
    metadata,
    Column("subject_kind", Word, primary_key=True),
    Column("subject_id", Id, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("actor", Id, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("subject_kind IN ('collection', 'remittance', 'payment')", name="kind"),
)

money_matches = Table(
    "money_matches",
    metadata,
    Column("match_key", Name, primary_key=True),
    Column("relation", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("box_id", Id),
    Column("left_ids", Text, nullable=False),
    Column("right_ids", Text, nullable=False),
    Column("left_idr", Money, nullable=False),
    Column("right_idr", Money, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Index("ix_money_matches_box_id", "box_id", "relation"),
)

payment_states = Table(
    "payment_states",
    metadata,
    Column(
        "payment_id",
        RowNumber,
        ForeignKey("payments.payment_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("state", Word, nullable=False),
    Column("match_key", Name, nullable=False),
)

money_positions = Table(
    "money_positions",
    metadata,
    Column("position", Word, primary_key=True),
    Column("amount_idr", BigInteger, nullable=False),
    Column("reconciled_at", Instant, nullable=False),
)

# Rises with everything that changes what matching would find, save new payments and counts,
# so that a matching made from older books is thrown away instead of kept.
books_generation = Table(
    "books_generation",
    metadata,
    Column("name", Word, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

APPEND_ONLY = (
    "account_settlements",
    "notifications",
    "payments",
    "statement_imports",
    "statement_lines",
    "collections",
    "collection_pieces",
    "remittances",
    "remittance_collections",
    "voids",
)
