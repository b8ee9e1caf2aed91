"""Boxes are updated with every batch, and nobody needs them by when they were seen last."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop an index that cost every batch and found nearly every row."""
    op.drop_index("ix_boxes_last_seen_at", "boxes")
