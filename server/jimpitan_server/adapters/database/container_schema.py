"""The tables of plain cans, of where containers stand, and of planned visits."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table

from jimpitan_server.adapters.database.metadata import Id, Instant, Name, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

cans = Table(
    "cans",
    metadata,
    Column("box_id", Id, primary_key=True),
    Column("actor", Id, nullable=False),
    Column("added_at", Instant, nullable=False),
)

# No foreign key: sensor boxes and cans alike. The newest row of a container says where it is.
placements = Table(
    "placements",
    metadata,
    Column("placement_id", RowNumber, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("site", Name, nullable=False),
    Column("host", Name, nullable=False),
    Column("actor", Id, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Index("ix_placements_box_id", "box_id", "placement_id"),
)

visit_plans = Table(
    "visit_plans",
    metadata,
    Column("plan_id", Id, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("rhythm", Word, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("nth", Integer, nullable=False),
    Column("anchor", Date, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("tolerance_days", Integer, nullable=False),
    Column("collector", Id),
    Column("stop", Integer, nullable=False),
    Column("actor", Id, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("rhythm IN ('weekly', 'monthly', 'every_35_days', 'once')", name="rhythm"),
    Index("ix_visit_plans_box_id", "box_id"),
)

visit_plan_ends = Table(
    "visit_plan_ends",
    metadata,
    Column("plan_id", Id, ForeignKey("visit_plans.plan_id"), primary_key=True),
    Column("ends_on", Date, nullable=False),
    Column("actor", Id, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
