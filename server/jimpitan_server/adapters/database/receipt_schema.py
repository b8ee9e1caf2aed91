"""The table of receipts: the code by which anybody can ask whether one is genuine."""

from sqlalchemy import Column, ForeignKey, String, Table

from jimpitan_server.adapters.database.metadata import Id, Instant, metadata

count_receipts = Table(
    "count_receipts",
    metadata,
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
)
