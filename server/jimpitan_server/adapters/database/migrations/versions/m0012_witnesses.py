"""Witnesses with their PINs, the papers of counts, and who confirmed them."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("count_papers", "count_witnesses")


def upgrade() -> None:
    """Create the tables and protect what is history; counts from before have no papers."""
    _people()
    op.create_table(
        "count_papers",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("witness_demanded", sa.Boolean(), nullable=False),
        sa.Column("seal_found", sa.String(length=64), nullable=True),
        sa.Column("bag", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        _of_collection("count_papers"),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_count_papers")),
    )
    op.create_table(
        "count_witnesses",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        _of_collection("count_witnesses"),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_count_witnesses")),
    )
    for table in APPEND_ONLY:
        protect(table)


def _people() -> None:
    op.create_table(
        "witnesses",
        sa.Column("witness_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("institution", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("witness_id", name=op.f("pk_witnesses")),
        sa.UniqueConstraint("name", name=op.f("uq_witnesses_name")),
    )
    op.create_table(
        "witness_invitations",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("witness_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["witness_id"],
            ["witnesses.witness_id"],
            name=op.f("fk_witness_invitations_witness_id_witnesses"),
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_witness_invitations")),
    )
    op.create_index("ix_witness_invitations_witness_id", "witness_invitations", ["witness_id"])
    op.create_table(
        "pins",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pins")),
    )


def _of_collection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["collection_id"],
        ["collections.collection_id"],
        name=op.f(f"fk_{table}_collection_id_collections"),
    )
