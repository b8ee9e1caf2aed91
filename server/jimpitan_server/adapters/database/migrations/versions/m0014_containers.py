"""Plain cans, where containers stand, and planned visits."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = ("cans", "placements", "visit_plans", "visit_plan_ends")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(length=64)


def upgrade() -> None:
    """Create the tables and protect them."""
    op.create_table(
        "cans",
        sa.Column("box_id", ID, nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_cans")),
    )
    op.create_table(
        "placements",
        sa.Column("placement_id", ROW_NUMBER, nullable=False),
        sa.Column("box_id", ID, nullable=False),
        sa.Column("site", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_placements")),
    )
    op.create_index("ix_placements_box_id", "placements", ["box_id", "placement_id"])
    _plans()
    for table in APPEND_ONLY:
        protect(table)


def _plans() -> None:
    op.create_table(
        "visit_plans",
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("box_id", ID, nullable=False),
        sa.Column("rhythm", sa.String(length=40), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("tolerance_days", sa.Integer(), nullable=False),
        sa.Column("collector", ID, nullable=True),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "rhythm IN ('weekly', 'monthly', 'every_35_days', 'once')",
            name=op.f("ck_visit_plans_rhythm"),
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_visit_plans")),
    )
    op.create_index("ix_visit_plans_box_id", "visit_plans", ["box_id"])
    op.create_table(
        "visit_plan_ends",
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["visit_plans.plan_id"],
            name=op.f("fk_visit_plan_ends_plan_id_visit_plans"),
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_visit_plan_ends")),
    )
