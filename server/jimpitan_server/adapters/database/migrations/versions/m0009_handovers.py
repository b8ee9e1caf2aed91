"""Handovers of counts from person to person, and their answers."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = ("handovers", "handover_collections", "handover_answers")


def upgrade() -> None:
    """Create the tables and protect them."""
    op.create_table(
        "handovers",
        sa.Column("handover_id", sa.String(length=64), nullable=False),
        sa.Column("giver", sa.String(length=64), nullable=False),
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("handover_id", name=op.f("pk_handovers")),
    )
    op.create_index("ix_handovers_receiver", "handovers", ["receiver", "offered_at"])
    op.create_table(
        "handover_collections",
        sa.Column("handover_id", sa.String(length=64), nullable=False),
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        _to("handover_collections", "handover_id", "handovers"),
        _to("handover_collections", "collection_id", "collections"),
        sa.PrimaryKeyConstraint(
            "handover_id", "collection_id", name=op.f("pk_handover_collections")
        ),
    )
    op.create_index(
        "ix_handover_collections_collection_id", "handover_collections", ["collection_id"]
    )
    op.create_table(
        "handover_answers",
        sa.Column("handover_id", sa.String(length=64), nullable=False),
        sa.Column("received_idr", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        _to("handover_answers", "handover_id", "handovers"),
        sa.PrimaryKeyConstraint("handover_id", name=op.f("pk_handover_answers")),
    )
    for table in APPEND_ONLY:
        protect(table)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.{column}"], name=op.f(f"fk_{table}_{column}_{other}")
    )
