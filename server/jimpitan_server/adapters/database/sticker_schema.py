"""The tables of sticker scans: what was read on a box, and how often strangers read something."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Table, Text

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, metadata
from jimpitan_server.adapters.database.schema import Word

# No payload and, for the public, no actor: a digest, and of a foreign code whose it is.
box_scans = Table(
    "box_scans",
    metadata,
    Column("scan_id", Id, primary_key=True),
    Column("box_id", Id, nullable=False),
    Column("source", Word, nullable=False),
    Column("actor", Id),
    Column("payload_sha256", Digest, nullable=False),
    Column("verdict", Word, nullable=False),
    Column("found", Text, nullable=False),
    Column("scanned_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("source IN ('visit', 'public')", name="source"),
    CheckConstraint(
        "verdict IN ('same', 'swapped', 'altered', 'unreadable', 'unknown')", name="verdict"
    ),
    CheckConstraint("(source = 'visit') = (actor IS NOT NULL)", name="actor"),
    Index("ix_box_scans_box_id", "box_id", "scanned_at"),
)

# How many public scans came on a bank day, and how many of them were kept.
public_scan_counts = Table(
    "public_scan_counts",
    metadata,
    Column("box_id", Id, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("scanned", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
)
