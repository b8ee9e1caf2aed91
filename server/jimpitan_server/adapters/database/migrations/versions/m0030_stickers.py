"""Where each imported statement began and ended."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0030"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("statement_stretches",)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables and protect them."""
    _stretches()
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
