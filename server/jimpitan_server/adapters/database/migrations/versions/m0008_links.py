"""The links that persons make between papers, and their ends."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = ("manual_links", "manual_link_papers", "manual_link_ends")


def upgrade() -> None:
    """Create the tables and protect them."""
    op.create_table(
        "manual_links",
        sa.Column("link_id", sa.String(length=64), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_manual_links")),
    )
    op.create_table(
        "manual_link_papers",
        sa.Column("link_id", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("paper_id", sa.String(length=64), nullable=False),
        _of_links("manual_link_papers"),
        sa.PrimaryKeyConstraint("link_id", "side", "paper_id", name=op.f("pk_manual_link_papers")),
    )
    op.create_index("ix_manual_link_papers_paper_id", "manual_link_papers", ["paper_id", "side"])
    op.create_table(
        "manual_link_ends",
        sa.Column("link_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        _of_links("manual_link_ends"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_manual_link_ends")),
    )
    for table in APPEND_ONLY:
        protect(table)


def _of_links(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["link_id"], ["manual_links.link_id"], name=op.f(f"fk_{table}_link_id_manual_links")
    )
