"""The tables of boxes, records, people and findings; records only grow."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect, protect_from_removal

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, then protect those that only grow."""
    _audit()
    _boxes()
    _discrepancies()
    _enrolment_tokens()
    _gateways()
    _programme_totals()
    _quarantine()
    _quarantine_counts()
    _records()
    _server_secrets()
    _users()
    _box_keys()
    _declared_edges()
    _down_messages()
    _holding_periods()
    _journal_gaps()
    _running_summaries()
    _sessions()
    for table in ("records", "quarantine", "declared_edges", "audit"):
        protect(table)
    protect_from_removal("boxes")
    op.bulk_insert(
        sa.table("programme_totals", sa.column("shard", sa.Integer)),
        [{"shard": shard} for shard in range(16)],
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        sa.UniqueConstraint("chain", name=op.f("uq_audit_chain")),
    )


def _boxes() -> None:
    op.create_table(
        "boxes",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("keys_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("head_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seq_max", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tag_max", sa.LargeBinary(length=32), nullable=False),
        sa.Column("gaps_open", sa.Integer(), server_default="0", nullable=False),
        sa.Column("down_counter", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("deposits", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("period_seq_from", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("lid_open", sa.Boolean(), nullable=True),
        sa.Column("lid_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("heartbeat_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("battery_mv", sa.BigInteger(), nullable=True),
        sa.Column("journal_permille", sa.BigInteger(), nullable=True),
        sa.Column("unacked", sa.BigInteger(), nullable=True),
        sa.Column("slot_blocked", sa.Boolean(), nullable=True),
        sa.Column("rejected", sa.BigInteger(), nullable=True),
        sa.Column("heap_free", sa.BigInteger(), nullable=True),
        sa.Column("rssi_dbm", sa.BigInteger(), nullable=True),
        sa.Column("dropped", sa.BigInteger(), nullable=True),
        sa.Column("firmware", sa.String(length=200), nullable=True),
        sa.Column("boot_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("deposits >= 0", name=op.f("ck_boxes_deposits")),
        sa.CheckConstraint("head_seq >= 0 AND head_seq <= seq_max", name=op.f("ck_boxes_head")),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_boxes")),
    )
    op.create_index("ix_boxes_last_seen_at", "boxes", ["last_seen_at"], unique=False)


def _discrepancies() -> None:
    op.create_table(
        "discrepancies",
        sa.Column(
            "discrepancy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=True),
        sa.Column("seq_from", sa.BigInteger(), nullable=True),
        sa.Column("seq_to", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by", sa.String(length=64), nullable=True),
        sa.Column("resolution_code", sa.String(length=40), nullable=True),
        sa.Column("resolution_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("discrepancy_id", name=op.f("pk_discrepancies")),
    )
    op.create_index(
        "ix_discrepancies_resolved_at", "discrepancies", ["resolved_at", "due_at"], unique=False
    )
    op.create_index(
        "uq_discrepancies_kind_subject", "discrepancies", ["kind", "subject"], unique=True
    )


def _enrolment_tokens() -> None:
    op.create_table(
        "enrolment_tokens",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("used_for", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_enrolment_tokens")),
    )


def _gateways() -> None:
    op.create_table(
        "gateways",
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("gateway_id", name=op.f("pk_gateways")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_gateways_token_sha256")),
    )


def _programme_totals() -> None:
    op.create_table(
        "programme_totals",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("deposits", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("newest_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_programme_totals")),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column(
            "quarantine_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=True),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
    )
    op.create_index(
        "ix_quarantine_subject", "quarantine", ["subject", "received_at"], unique=False
    )


def _quarantine_counts() -> None:
    op.create_table(
        "quarantine_counts",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept <= refused", name=op.f("ck_quarantine_counts_kept")),
        sa.PrimaryKeyConstraint("subject", "day", name=op.f("pk_quarantine_counts")),
    )


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("uptime_ms", sa.BigInteger(), nullable=False),
        sa.Column("wall_s", sa.BigInteger(), nullable=True),
        sa.Column("wall_uncertainty_s", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.BigInteger(), nullable=False),
        sa.Column("deposits", sa.Integer(), nullable=False),
        sa.Column("prev", sa.LargeBinary(length=8), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(length=600), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_records_seq")),
        sa.PrimaryKeyConstraint("box_id", "seq", name=op.f("pk_records")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_records_lid",
        "records",
        ["box_id", "seq"],
        unique=False,
        sqlite_where=sa.text("kind IN (4, 5, 7, 8)"),
        postgresql_where=sa.text("kind IN (4, 5, 7, 8)"),
    )


def _server_secrets() -> None:
    op.create_table(
        "server_secrets",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(length=128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_secrets")),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("login_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('admin', 'collector', 'treasurer', 'auditor')", name=op.f("ck_users_role")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("login_name", name=op.f("uq_users_login_name")),
    )


def _box_keys() -> None:
    op.create_table(
        "box_keys",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(length=128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seq_last", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.box_id"], name=op.f("fk_box_keys_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("box_id", "epoch", name=op.f("pk_box_keys")),
    )


def _declared_edges() -> None:
    op.create_table(
        "declared_edges",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.box_id"], name=op.f("fk_declared_edges_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("box_id", "seq", name=op.f("pk_declared_edges")),
    )


def _down_messages() -> None:
    op.create_table(
        "down_messages",
        sa.Column("down_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("visit", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("handed_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("handed_out_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('collection_open')", name=op.f("ck_down_messages_kind")),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.box_id"], name=op.f("fk_down_messages_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("down_id", name=op.f("pk_down_messages")),
    )
    op.create_index("ix_down_messages_expires_at", "down_messages", ["expires_at"], unique=False)
    op.create_index(
        "uq_down_messages_box_id_visit", "down_messages", ["box_id", "visit"], unique=True
    )


def _holding_periods() -> None:
    op.create_table(
        "holding_periods",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("seq_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq_to", sa.BigInteger(), nullable=True),
        sa.Column("deposits", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "seq_to IS NULL OR seq_from < seq_to", name=op.f("ck_holding_periods_order")
        ),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.box_id"], name=op.f("fk_holding_periods_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("box_id", "seq_from", name=op.f("pk_holding_periods")),
    )


def _journal_gaps() -> None:
    op.create_table(
        "journal_gaps",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("seq_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq_to", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("declared_by_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'declared', 'passed')", name=op.f("ck_journal_gaps_state")
        ),
        sa.CheckConstraint("seq_from <= seq_to", name=op.f("ck_journal_gaps_order")),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.box_id"], name=op.f("fk_journal_gaps_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("box_id", "seq_from", name=op.f("pk_journal_gaps")),
    )
    op.create_index("ix_journal_gaps_state", "journal_gaps", ["state", "noticed_at"], unique=False)


def _running_summaries() -> None:
    op.create_table(
        "running_summaries",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("summary_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deposits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.box_id"], name=op.f("fk_running_summaries_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("box_id", "summary_id", name=op.f("pk_running_summaries")),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_sessions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
