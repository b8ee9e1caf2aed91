"""The tables of the custody ledger: entries, closings and seals."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_entries", "ledger_closings", "ledger_seals")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables and protect them; the next matching fills the ledger."""
    _entries()
    _closings()
    _seals()
    for table in APPEND_ONLY:
        protect(table)


def _entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("number", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("book_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("reverses", ROW_NUMBER, nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_ledger_entries_amount")),
        sa.CheckConstraint("source <> target", name=op.f("ck_ledger_entries_places")),
        sa.ForeignKeyConstraint(
            ["reverses"],
            ["ledger_entries.number"],
            name=op.f("fk_ledger_entries_reverses_ledger_entries"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_entries_reverses")),
    )
    op.create_index("ix_ledger_entries_day", "ledger_entries", ["day", "number"])
    op.create_index("ix_ledger_entries_key", "ledger_entries", ["key"])


def _closings() -> None:
    op.create_table(
        "ledger_closings",
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("discrepancies_open", sa.Integer(), nullable=False),
        sa.Column("into_fund", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("until", name=op.f("pk_ledger_closings")),
    )


def _seals() -> None:
    op.create_table(
        "ledger_seals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("frontier", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ledger_seals")),
    )
