"""What phones bring: visits that were begun, photos of counts, sealed PINs that were wrong."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; a photo may have to be taken away again, the others are history."""
    op.create_table(
        "visit_starts",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("collector", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("is_offline", sa.Boolean(), nullable=False),
        sa.Column("visit", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visit_starts")),
    )
    op.create_index("ix_visit_starts_box_id", "visit_starts", ["box_id", "begun_at"])
    op.create_table(
        "sealed_pins_wrong",
        sa.Column("sealed_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        _of_collection("sealed_pins_wrong"),
        sa.PrimaryKeyConstraint("sealed_sha256", name=op.f("pk_sealed_pins_wrong")),
    )
    op.create_table(
        "count_photos",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        _of_collection("count_photos"),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_count_photos")),
    )
    for table in ("visit_starts", "sealed_pins_wrong"):
        protect(table)


def _of_collection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["collection_id"],
        ["collections.collection_id"],
        name=op.f(f"fk_{table}_collection_id_collections"),
    )
