"""The tables of the second person at a count: witnesses, PINs, papers of counts, confirmations."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, Name, metadata

witnesses = Table(
    "witnesses",
    metadata,
    Column("witness_id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("institution", Name, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("withdrawn_at", Instant),
)

witness_invitations = Table(
    "witness_invitations",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("witness_id", Id, ForeignKey("witnesses.witness_id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("ix_witness_invitations_witness_id", "witness_id"),
)

# Of users and of witnesses alike, so no foreign key says whose it is.
pins = Table(
    "pins",
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("pin_hash", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("wrong", Integer, nullable=False, server_default="0"),
    Column("locked_until", Instant),
)

# Counts that were kept before there were papers have none, and nothing is asked of them.
count_papers = Table(
    "count_papers",
    metadata,
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Column("witness_demanded", Boolean, nullable=False),
    Column("seal_found", Id),
    Column("bag", Id),
    Column("recorded_at", Instant, nullable=False),
)

count_witnesses = Table(
    "count_witnesses",
    metadata,
    Column("collection_id", Id, ForeignKey("collections.collection_id"), primary_key=True),
    Column("person_id", Id, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
)
