"""What boxes weighed in the holding periods of counts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; it is derived, so nothing protects it and recent counts fill it."""
    op.create_table(
        "count_masses",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("mass_mg", sa.BigInteger(), nullable=True),
        sa.Column("squares", sa.BigInteger(), nullable=False),
        sa.Column("lost_mg", sa.BigInteger(), nullable=False),
        sa.Column("deposits", sa.BigInteger(), nullable=False),
        sa.Column("deposits_weighed", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.Column("weighed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.collection_id"],
            name=op.f("fk_count_masses_collection_id_collections"),
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_count_masses")),
    )
