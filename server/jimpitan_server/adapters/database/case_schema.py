"""The table of what happened to each case; it only grows, and each case has a chain of its own."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

discrepancy_events = Table(
    "discrepancy_events",
    metadata,
    Column("event_id", RowNumber, primary_key=True),
    Column(
        "discrepancy_id", RowNumber, ForeignKey("discrepancies.discrepancy_id"), nullable=False
    ),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("event", Word, nullable=False),
    Column("detail", Text, nullable=False),
    Column("chain", Digest, nullable=False),
    CheckConstraint(
        "event IN ('commented', 'assigned', 'due_changed', 'resolved', 'approved', 'reopened')",
        name="event",
    ),
    CheckConstraint("number > 0", name="number"),
    Index("uq_discrepancy_events_discrepancy_id", "discrepancy_id", "number", unique=True),
)
APPEND_ONLY = ("discrepancy_events",)
