"""The tables of what people count and pay in, and of what was matched."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "collections",
    "collection_pieces",
    "remittances",
    "remittance_collections",
    "voids",
)


def upgrade() -> None:
    """Create every table, then protect those that only grow."""
    _books_generation()
    _collections()
    _money_matches()
    _money_positions()
    _voids()
    _collection_pieces()
    _remittances()
    _remittance_collections()
    _payment_states()
    for table in APPEND_ONLY:
        protect(table)
    generation = sa.table("books_generation", sa.column("name"), sa.column("number"))
    op.bulk_insert(generation, [{"name": "books", "number": 1}])


def _books_generation() -> None:
    op.create_table(
        "books_generation",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_books_generation")),
    )


def _collections() -> None:
    op.create_table(
        "collections",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("collector", sa.String(length=64), nullable=False),
        sa.Column("lid_at", sa.BigInteger(), nullable=False),
        sa.Column("total_idr", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=True),
        sa.Column("witness", sa.String(length=200), nullable=True),
        sa.Column("content_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("total_idr >= 0", name=op.f("ck_collections_total")),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_collections")),
        sa.UniqueConstraint("content_sha256", name="uq_collections_one_per_content"),
    )
    op.create_index("ix_collections_box_id", "collections", ["box_id", "lid_at"], unique=False)


def _money_matches() -> None:
    op.create_table(
        "money_matches",
        sa.Column("match_key", sa.String(length=200), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=True),
        sa.Column("left_ids", sa.Text(), nullable=False),
        sa.Column("right_ids", sa.Text(), nullable=False),
        sa.Column("left_idr", sa.BigInteger(), nullable=False),
        sa.Column("right_idr", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("match_key", name=op.f("pk_money_matches")),
    )
    op.create_index(
        "ix_money_matches_box_id", "money_matches", ["box_id", "relation"], unique=False
    )


def _money_positions() -> None:
    op.create_table(
        "money_positions",
        sa.Column("position", sa.String(length=40), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("reconciled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_money_positions")),
    )


def _voids() -> None:
    op.create_table(
        "voids",
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "subject_kind IN ('collection', 'remittance', 'payment')", name=op.f("ck_voids_kind")
        ),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", name=op.f("pk_voids")),
    )


def _collection_pieces() -> None:
    op.create_table(
        "collection_pieces",
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("denomination", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_collection_pieces_pieces")),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.collection_id"],
            name=op.f("fk_collection_pieces_collection_id_collections"),
        ),
        sa.PrimaryKeyConstraint(
            "collection_id", "denomination", name=op.f("pk_collection_pieces")
        ),
    )


def _remittances() -> None:
    op.create_table(
        "remittances",
        sa.Column("remittance_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("method IN ('slip', 'qris')", name=op.f("ck_remittances_method")),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_remittances_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.account_id"],
            name=op.f("fk_remittances_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("remittance_id", name=op.f("pk_remittances")),
    )
    op.create_index(
        "ix_remittances_reference", "remittances", ["account_id", "reference"], unique=False
    )


def _remittance_collections() -> None:
    op.create_table(
        "remittance_collections",
        sa.Column("remittance_id", sa.String(length=64), nullable=False),
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.collection_id"],
            name=op.f("fk_remittance_collections_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittances.remittance_id"],
            name=op.f("fk_remittance_collections_remittance_id_remittances"),
        ),
        sa.PrimaryKeyConstraint(
            "remittance_id", "collection_id", name=op.f("pk_remittance_collections")
        ),
    )
    op.create_index(
        "ix_remittance_collections_collection_id",
        "remittance_collections",
        ["collection_id"],
        unique=False,
    )


def _payment_states() -> None:
    op.create_table(
        "payment_states",
        sa.Column(
            "payment_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("match_key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payments.payment_id"],
            name=op.f("fk_payment_states_payment_id_payments"),
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payment_states")),
    )
