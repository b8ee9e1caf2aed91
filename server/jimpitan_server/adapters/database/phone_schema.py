"""The tables of what phones bring: visits that were begun, photos, sealed PINs that were wrong."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, metadata

# A visit without `visit` was begun without a network, or at a plain can: no box was told of it.
visit_starts = Table(
    "visit_starts",
    metadata,
    Column("visit_id", Id, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("collector", Id, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("is_offline", Boolean, nullable=False),
    Column("visit", BigInteger),
    Column("expires_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_visit_starts_box_id", "box_id", "begun_at"),
)

sealed_pins_wrong = Table(
    "sealed_pins_wrong",
    metadata,
    Column("sealed_sha256", Digest, primary_key=True),
    Column("collection_id", Id, ForeignKey("collections.collection_id"), nullable=False),
    Column("tried_at", Instant, nullable=False),
)

count_photos = Table(
    "count_photos",
    metadata,
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Column("sha256", Digest, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
