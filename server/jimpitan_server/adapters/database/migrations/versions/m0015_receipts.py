"""Receipts of counts, with the code that is in their QR."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and protect it; a receipt is made when somebody first asks for it."""
    op.create_table(
        "count_receipts",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.collection_id"],
            name=op.f("fk_count_receipts_collection_id_collections"),
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_count_receipts")),
        sa.UniqueConstraint("code", name=op.f("uq_count_receipts_code")),
    )
    protect("count_receipts")
