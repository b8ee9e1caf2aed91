"""The tables of boxes and their records, of people, and of what is to be looked at."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, Money, Name, metadata

RowNumber = BigInteger().with_variant(Integer, "sqlite")
Word = String(40)

gateways = Table(
    "gateways",
    metadata,
    Column("gateway_id", Id, primary_key=True),
    Column("token_sha256", Digest, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

boxes = Table(
    "boxes",
    metadata,
    Column("box_id", Id, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("keys_version", BigInteger, nullable=False, server_default="1"),
    Column("head_seq", BigInteger, nullable=False, server_default="0"),
    Column("seq_max", BigInteger, nullable=False, server_default="0"),
    Column("tag_max", Digest, nullable=False),
    Column("gaps_open", Integer, nullable=False, server_default="0"),
    Column("down_counter", BigInteger, nullable=False, server_default="0"),
    Column("records", BigInteger, nullable=False, server_default="0"),
    Column("deposits", BigInteger, nullable=False, server_default="0"),
    Column("period_seq_from", BigInteger, nullable=False, server_default="0"),
    Column("gateway_id", Id),
    Column("last_seen_at", Instant),
    Column("lid_open", Boolean),
    Column("lid_seq", BigInteger, nullable=False, server_default="0"),
    Column("heartbeat_seq", BigInteger, nullable=False, server_default="0"),
    Column("battery_mv", BigInteger),
    Column("journal_permille", BigInteger),
    Column("unacked", BigInteger),
    Column("slot_blocked", Boolean),
    Column("rejected", BigInteger),
    Column("heap_free", BigInteger),
    Column("rssi_dbm", BigInteger),
    Column("dropped", BigInteger),
    Column("firmware", Name),
    Column("boot_seq", BigInteger, nullable=False, server_default="0"),
    Column("configuration", BigInteger),
    Column("runs", Word),
    Column("runs_since", Instant),
    Column("runs_until", Instant),
    CheckConstraint("head_seq >= 0 AND head_seq <= seq_max", name="head"),
    CheckConstraint("deposits >= 0", name="deposits"),
)

box_keys = Table(
    "box_keys",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("wrapped", LargeBinary(128), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seq_last", BigInteger),
    Column("revoked_at", Instant),
)

# No foreign key to boxes: a box is never removed (see its trigger), its row is locked while its
# records are taken in, and checking the key again for each record costs half of the insert.
records = Table(
    "records",
    metadata,
    Column("box_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("uptime_ms", BigInteger, nullable=False),
    Column("wall_s", BigInteger),
    Column("wall_uncertainty_s", BigInteger, nullable=False),
    Column("kind", BigInteger, nullable=False),
    Column("deposits", Integer, nullable=False),
    Column("prev", LargeBinary(8), nullable=False),
    Column("tag", Digest, nullable=False),
    Column("raw", LargeBinary(600), nullable=False),
    Column("gateway_id", Id, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("seq > 0", name="seq"),
    Index(
        "ix_records_lid",
        "box_id",
        "seq",
        sqlite_where=text("kind IN (4, 5, 7, 8)"),
        postgresql_where=text("kind IN (4, 5, 7, 8)"),
    ),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", RowNumber, primary_key=True),
    Column("subject", Id, nullable=False),
    Column("box_id", Id),
    Column("gateway_id", Id, nullable=False),
    Column("reason", Word, nullable=False),
    Column("length", Integer, nullable=False),
    Column("bytes", LargeBinary(2048), nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_quarantine_subject", "subject", "received_at"),
)

quarantine_counts = Table(
    "quarantine_counts",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("refused", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    CheckConstraint("kept <= refused", name="kept"),
)

journal_gaps = Table(
    "journal_gaps",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("seq_from", BigInteger, primary_key=True, autoincrement=False),
    Column("seq_to", BigInteger, nullable=False),
    Column("state", Word, nullable=False),
    Column("noticed_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("declared_by_seq", BigInteger),
    CheckConstraint("seq_from <= seq_to", name="order"),
    CheckConstraint("state IN ('open', 'declared', 'passed')", name="state"),
    Index("ix_journal_gaps_state", "state", "noticed_at"),
)

running_summaries = Table(
    "running_summaries",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("summary_id", BigInteger, primary_key=True, autoincrement=False),
    Column("deposits", BigInteger, nullable=False),
)

holding_periods = Table(
    "holding_periods",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("seq_from", BigInteger, primary_key=True, autoincrement=False),
    Column("seq_to", BigInteger),
    Column("deposits", BigInteger, nullable=False, server_default="0"),
    # Sums over its weighings (domain/expectation.py): deposits in them, mean in thousandths of a
    # rupiah, variance, pieces with the variance of their number in thousandths, and cumulants
    # above and below the mean in millionths.
    Column("weighed", BigInteger, nullable=False, server_default="0"),
    Column("pieces", BigInteger, nullable=False, server_default="0"),
    Column("pieces_variance_milli", BigInteger, nullable=False, server_default="0"),
    Column("value_mean_milli", BigInteger, nullable=False, server_default="0"),
    Column("value_variance", BigInteger, nullable=False, server_default="0"),
    *(
        Column(f"value_{side}_{slope}", BigInteger, nullable=False, server_default="0")
        for side in ("above", "below")
        for slope in range(1, 8)
    ),
    CheckConstraint("seq_to IS NULL OR seq_from < seq_to", name="order"),
)

declared_edges = Table(
    "declared_edges",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", Id, nullable=False),
    Column("reason", Text, nullable=False),
    Column("declared_at", Instant, nullable=False),
)

programme_totals = Table(
    "programme_totals",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("records", BigInteger, nullable=False, server_default="0"),
    Column("deposits", BigInteger, nullable=False, server_default="0"),
    Column("newest_at", Instant),
)

discrepancies = Table(
    "discrepancies",
    metadata,
    Column("discrepancy_id", RowNumber, primary_key=True),
    Column("kind", Word, nullable=False),
    Column("subject", Name, nullable=False),
    Column("severity", Word, nullable=False),
    Column("box_id", Id),
    Column("seq_from", BigInteger),
    Column("seq_to", BigInteger),
    Column("evidence", Text, nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("owner", Id),
    Column("resolved_at", Instant),
    Column("resolved_by", Id),
    Column("resolution_code", Word),
    Column("resolution_reason", Text),
    # Derived from the events of the case (`case_schema`) and from its evidence.
    Column("state", Word, nullable=False, server_default="open"),
    Column("at_stake_idr", Money),
    Column("severity_at_stake", Word, nullable=False, server_default="notice"),
    CheckConstraint("state IN ('open', 'waiting', 'resolved')", name="state"),
    CheckConstraint("(resolved_at IS NULL) = (state <> 'resolved')", name="resolved"),
    Index("uq_discrepancies_kind_subject", "kind", "subject", unique=True),
    Index("ix_discrepancies_resolved_at", "resolved_at", "due_at"),
    Index("ix_discrepancies_box_id", "box_id"),
)

down_messages = Table(
    "down_messages",
    metadata,
    Column("down_id", RowNumber, primary_key=True),
    Column("box_id", Id, ForeignKey("boxes.box_id"), nullable=False),
    Column("kind", Word, nullable=False),
    Column("visit", BigInteger, nullable=False),
    Column("actor", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("handed_out", Integer, nullable=False, server_default="0"),
    Column("handed_out_at", Instant),
    Column("answered_seq", BigInteger),
    CheckConstraint("kind IN ('collection_open')", name="kind"),
    Index("uq_down_messages_box_id_visit", "box_id", "visit", unique=True),
    Index("ix_down_messages_expires_at", "expires_at"),
)

enrolment_tokens = Table(
    "enrolment_tokens",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("used_for", Id),
)

server_secrets = Table(
    "server_secrets",
    metadata,
    Column("name", Id, primary_key=True),
    Column("wrapped", LargeBinary(128), nullable=False),
    Column("created_at", Instant, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("login_name", Name, nullable=False, unique=True),
    Column("role", Word, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    CheckConstraint("role IN ('admin', 'collector', 'treasurer', 'auditor')", name="role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("phone_id", Id),
    Index("ix_sessions_expires_at", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", RowNumber, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("action", Word, nullable=False),
    Column("subject", Name, nullable=False),
    Column("detail", Text, nullable=False),
    Column("chain", Digest, nullable=False, unique=True),
)
