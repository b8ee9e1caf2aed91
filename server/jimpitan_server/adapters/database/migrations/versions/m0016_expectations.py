"""What was weighed in each holding period, as sums from which an interval follows.

Periods that ended before are compared by their number of deposits as they were; the present
period of a box is counted anew, weighings and all, with its next collection.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = (
    "weighed",
    "pieces",
    "pieces_variance_milli",
    "value_mean_milli",
    "value_variance",
    *(f"value_{side}_{slope}" for side in ("above", "below") for slope in range(1, 8)),
)


def upgrade() -> None:
    """Add the sums, empty."""
    for column in COLUMNS:
        op.execute(f"ALTER TABLE holding_periods ADD COLUMN {column} BIGINT DEFAULT 0 NOT NULL")
