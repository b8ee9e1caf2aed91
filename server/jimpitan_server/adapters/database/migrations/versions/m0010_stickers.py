"""Where imported statements began and ended; the mode of codes, and scans of stickers."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPEND_ONLY = ("statement_stretches", "box_scans")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables and protect them."""
    _stretches()
    op.add_column(
        "box_codes",
        sa.Column("mode", sa.String(length=40), nullable=False, server_default="own"),
    )
    _scans()
    for table in APPEND_ONLY:
        protect(table)


def _stretches() -> None:
    """Imports made before this have none: what follows them is compared from now on."""
    op.create_table(
        "statement_stretches",
        sa.Column("import_id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("opening_idr", sa.BigInteger(), nullable=False),
        sa.Column("closing_idr", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_statement_stretches_days")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_statement_stretches_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["statement_imports.import_id"],
            name=op.f("fk_statement_stretches_import_id_statement_imports"),
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_statement_stretches")),
    )
    op.create_index(
        "ix_statement_stretches_account_id", "statement_stretches", ["account_id", "first_on"]
    )


def _scans() -> None:
    op.create_table(
        "box_scans",
        sa.Column("scan_id", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=True),
        sa.Column("payload_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("source IN ('visit', 'public')", name=op.f("ck_box_scans_source")),
        sa.CheckConstraint(
            "verdict IN ('same', 'swapped', 'altered', 'unreadable', 'unknown')",
            name=op.f("ck_box_scans_verdict"),
        ),
        sa.CheckConstraint(
            "(source = 'visit') = (actor IS NOT NULL)", name=op.f("ck_box_scans_actor")
        ),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_box_scans")),
    )
    op.create_index("ix_box_scans_box_id", "box_scans", ["box_id", "scanned_at"])
    op.create_table(
        "public_scan_counts",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scanned", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "day", name=op.f("pk_public_scan_counts")),
    )
