"""The tables of the custody ledger: entries, closings and seals, none of which ever changes."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, Money, Name, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False),
    Column("book_on", Date, nullable=False),
    Column("posted_at", Instant, nullable=False),
    Column("key", Name, nullable=False),
    Column("source", Name, nullable=False),
    Column("target", Name, nullable=False),
    Column("amount_idr", Money, nullable=False),
    Column("why", Word, nullable=False),
    Column("reverses", RowNumber, ForeignKey("ledger_entries.number"), unique=True),
    Column("actor", Id, nullable=False),
    Column("chain", Digest, nullable=False),
    CheckConstraint("amount_idr > 0", name="amount"),
    CheckConstraint("source <> target", name="places"),
    Index("ix_ledger_entries_day", "day", "number"),
    Index("ix_ledger_entries_key", "key"),
)

ledger_closings = Table(
    "ledger_closings",
    metadata,
    Column("until", Date, primary_key=True),
    Column("actor", Id, nullable=False),
    Column("note", Text, nullable=False),
    Column("discrepancies_open", Integer, nullable=False),
    Column("into_fund", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

# The frontier is derived from the entries; it is kept so that a day costs only its own entries.
ledger_seals = Table(
    "ledger_seals",
    metadata,
    Column("day", Date, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", Digest, nullable=False),
    Column("frontier", LargeBinary(2048), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("public_key", Digest, nullable=False),
    Column("sealed_at", Instant, nullable=False),
)

APPEND_ONLY = ("ledger_entries", "ledger_closings", "ledger_seals")
