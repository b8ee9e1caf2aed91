"""How the acquirers of accounts settle, from which day."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("account_settlements",)


def upgrade() -> None:
    """Create the table and protect it."""
    op.create_table(
        "account_settlements",
        sa.Column(
            "change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_account_settlements_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_account_settlements")),
    )
    op.create_index(
        "ix_account_settlements_account_id", "account_settlements", ["account_id", "valid_from"]
    )
    for table in APPEND_ONLY:
        protect(table)
