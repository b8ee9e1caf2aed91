"""The tables of phones: how they are enrolled, and what they bring beside counts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from jimpitan_server.adapters.database.metadata import Digest, Id, Instant, Name, metadata

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

# A phone that was revoked stays, and so does its session until it would have run out: the page
# on it shall be able to say what happened.
phones = Table(
    "phones",
    metadata,
    Column("phone_id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("label", Name, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", Id),
    Index("ix_phones_user_id", "user_id"),
)

phone_invitations = Table(
    "phone_invitations",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("pin_hash", Text, nullable=False),
    Column("wrong", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("ix_phone_invitations_user_id", "user_id"),
)
