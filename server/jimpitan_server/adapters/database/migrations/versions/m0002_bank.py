"""The tables of what banks tell: partners, notifications, payments, statements."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect, protect_from_removal

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "notifications",
    "payments",
    "statement_imports",
    "statement_lines",
)


def upgrade() -> None:
    """Create every table, then protect those that only grow."""
    _accounts()
    _box_codes()
    _bank_partners()
    _statement_imports()
    _notifications()
    _statement_lines()
    _notification_bodies()
    _payments()
    _fresh_payments()
    for table in APPEND_ONLY:
        protect(table)
    for table in ("accounts", "bank_partners"):
        protect_from_removal(table)


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("settlement", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "settlement IN ('payment', 'daily', 'terminal_daily')",
            name=op.f("ck_accounts_settlement"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
    )


def _box_codes() -> None:
    op.create_table(
        "box_codes",
        sa.Column("code_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("terminal", sa.String(length=64), nullable=True),
        sa.Column("store", sa.String(length=64), nullable=True),
        sa.Column("nmid", sa.String(length=64), nullable=True),
        sa.Column("mpan18", sa.String(length=64), nullable=True),
        sa.Column("merchant", sa.String(length=64), nullable=True),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_box_codes")),
        sa.UniqueConstraint("box_id", "payload", name="uq_box_codes_box_id_payload"),
    )
    op.create_index("ix_box_codes_mpan18", "box_codes", ["mpan18"], unique=False)
    op.create_index("ix_box_codes_nmid", "box_codes", ["nmid"], unique=False)
    op.create_index("ix_box_codes_terminal", "box_codes", ["terminal"], unique=False)


def _bank_partners() -> None:
    op.create_table(
        "bank_partners",
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("public_key_pem", sa.Text(), nullable=False),
        sa.Column("window_s", sa.Integer(), nullable=False),
        sa.Column("merchant_ids", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_bank_partners_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_bank_partners")),
    )


def _statement_imports() -> None:
    op.create_table(
        "statement_imports",
        sa.Column(
            "import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("lines_read", sa.Integer(), nullable=False),
        sa.Column("lines_new", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_statement_imports_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_statement_imports")),
    )
    op.create_index(
        "ix_statement_imports_account_id",
        "statement_imports",
        ["account_id", "last_on"],
        unique=False,
    )


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column(
            "notification_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("bank_day", sa.Date(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("timestamp", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("payment_key", sa.String(length=200), nullable=True),
        sa.Column("amount_idr", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["bank_partners.partner_id"],
            name=op.f("fk_notifications_partner_id_bank_partners"),
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "partner_id", "bank_day", "external_id", name="uq_notifications_one_per_external_id"
        ),
    )


def _statement_lines() -> None:
    op.create_table(
        "statement_lines",
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("booked_time", sa.String(length=16), nullable=True),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("balance_idr", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_idr <> 0", name=op.f("ck_statement_lines_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_statement_lines_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["statement_imports.import_id"],
            name=op.f("fk_statement_lines_import_id_statement_imports"),
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_statement_lines")),
        sa.UniqueConstraint(
            "account_id", "row_hash", "occurrence", name="uq_statement_lines_one_per_row"
        ),
    )
    op.create_index(
        "ix_statement_lines_booked_on",
        "statement_lines",
        ["account_id", "booked_on"],
        unique=False,
    )


def _notification_bodies() -> None:
    op.create_table(
        "notification_bodies",
        sa.Column(
            "notification_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(length=65536), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.notification_id"],
            name=op.f("fk_notification_bodies_notification_id_notifications"),
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notification_bodies")),
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("payment_key", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("fee_idr", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("rrn", sa.String(length=64), nullable=True),
        sa.Column("terminal", sa.String(length=64), nullable=True),
        sa.Column("store", sa.String(length=64), nullable=True),
        sa.Column("nmid", sa.String(length=64), nullable=True),
        sa.Column("mpan18", sa.String(length=64), nullable=True),
        sa.Column("merchant", sa.String(length=64), nullable=True),
        sa.Column("issuer", sa.String(length=64), nullable=True),
        sa.Column("box_id", sa.String(length=64), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column(
            "notification_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint("fee_idr >= 0 AND fee_idr <= amount_idr", name=op.f("ck_payments_fee")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_payments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.notification_id"],
            name=op.f("fk_payments_notification_id_notifications"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["bank_partners.partner_id"],
            name=op.f("fk_payments_partner_id_bank_partners"),
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payments")),
        sa.UniqueConstraint("partner_id", "payment_key", name="uq_payments_one_per_payment_key"),
    )
    op.create_index("ix_payments_box_id", "payments", ["box_id", "paid_at"], unique=False)
    op.create_index("ix_payments_reference", "payments", ["account_id", "reference"], unique=False)
    op.create_index("ix_payments_rrn", "payments", ["account_id", "rrn"], unique=False)


def _fresh_payments() -> None:
    op.create_table(
        "fresh_payments",
        sa.Column(
            "payment_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("due_idr", sa.BigInteger(), nullable=False),
        sa.Column("unattributed_idr", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payments.payment_id"],
            name=op.f("fk_fresh_payments_payment_id_payments"),
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_fresh_payments")),
    )
