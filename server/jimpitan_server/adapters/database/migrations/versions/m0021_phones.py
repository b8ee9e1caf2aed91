"""Phones of collectors: single-use invitations with a PIN, and phones that can be revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; sessions from before belong to no phone."""
    op.create_table(
        "phones",
        sa.Column("phone_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_phones_user_id_users")
        ),
        sa.PrimaryKeyConstraint("phone_id", name=op.f("pk_phones")),
    )
    op.create_index("ix_phones_user_id", "phones", ["user_id"])
    op.create_table(
        "phone_invitations",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_phone_invitations_user_id_users")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_phone_invitations")),
    )
    op.create_index("ix_phone_invitations_user_id", "phone_invitations", ["user_id"])
    op.add_column("sessions", sa.Column("phone_id", sa.String(length=64), nullable=True))
