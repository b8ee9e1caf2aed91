"""What donors say they paid at a box."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and protect it."""
    op.create_table(
        "donor_confirmations",
        sa.Column("confirmation_id", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_donor_confirmations_amount")),
        sa.PrimaryKeyConstraint("confirmation_id", name=op.f("pk_donor_confirmations")),
    )
    op.create_index("ix_donor_confirmations_box_id", "donor_confirmations", ["box_id", "told_at"])
    protect("donor_confirmations")
