"""Reports that one person prepares and another one approves for the public."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and protect them."""
    op.create_table(
        "reports",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_reports")),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_reports_days")),
    )
    op.create_index("ix_reports_last_on", "reports", ["last_on"])
    op.create_table(
        "report_acts",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", "act", name=op.f("pk_report_acts")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.report_id"], name=op.f("fk_report_acts_report_id_reports")
        ),
        sa.CheckConstraint("act IN ('approved', 'withdrawn')", name=op.f("ck_report_acts_act")),
    )
    protect("reports")
    protect("report_acts")
