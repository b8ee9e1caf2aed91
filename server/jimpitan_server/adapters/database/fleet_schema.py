"""The tables of what boxes should be set to and run, and what they answered."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from jimpitan_server.adapters.database.metadata import Id, Instant, Name, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

Fingerprint = String(64)

box_tags = Table(
    "box_tags",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("tag", Id, primary_key=True),
    Index("ix_box_tags_tag", "tag", "box_id"),
)

standing_orders = Table(
    "standing_orders",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("kind", Word, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("handed_out", Integer, nullable=False, server_default="0"),
    Column("handed_out_at", Instant),
    Column("due_at", Instant, nullable=False),
    CheckConstraint("kind IN ('configure', 'update')", name="kind"),
    Index("ix_standing_orders_due_at", "due_at"),
)

configurations = Table(
    "configurations",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("options", Text, nullable=False),
    Column("actor", Id, nullable=False),
    Column("reason", Text),
    Column("set_at", Instant, nullable=False),
    CheckConstraint("revision > 0", name="revision"),
)

configuration_reports = Table(
    "configuration_reports",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("refused", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("fingerprint", Fingerprint, primary_key=True),
    Column("version", Id, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("machine", Id, nullable=False),
    Column("files", Integer, nullable=False),
    Column("content_length", Integer, nullable=False),
    Column("manifest", LargeBinary(16_384), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("content", LargeBinary(1 << 20), nullable=False),
    Column("actor", Id, nullable=False),
    Column("added_at", Instant, nullable=False),
)

# `open_place` is 1 until the rollout ends: one at a time.
rollouts = Table(
    "rollouts",
    metadata,
    Column("rollout_id", RowNumber, primary_key=True),
    Column("fingerprint", Fingerprint, ForeignKey("releases.fingerprint"), nullable=False),
    Column("stages", Text, nullable=False),
    Column("failures_max", Integer, nullable=False),
    Column("advance_permille", Integer, nullable=False),
    Column("stage", Integer, nullable=False, server_default="0"),
    Column("state", Word, nullable=False),
    Column("cause", Word),
    Column("open_place", Integer),
    Column("actor", Id, nullable=False),
    Column("started_at", Instant, nullable=False),
    CheckConstraint("state IN ('running', 'halted', 'ended')", name="state"),
    CheckConstraint("(state = 'ended') = (open_place IS NULL)", name="open"),
    Index("uq_rollouts_open_place", "open_place", unique=True),
)

rollout_events = Table(
    "rollout_events",
    metadata,
    Column("event_id", RowNumber, primary_key=True),
    Column("rollout_id", RowNumber, ForeignKey("rollouts.rollout_id"), nullable=False),
    Column("event", Word, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("actor", Id, nullable=False),
    Column("reason", Text),
    Column("at", Instant, nullable=False),
    Index("ix_rollout_events_rollout_id", "rollout_id", "event_id"),
)

rollout_boxes = Table(
    "rollout_boxes",
    metadata,
    Column(
        "rollout_id",
        RowNumber,
        ForeignKey("rollouts.rollout_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("stage", Integer, nullable=False),
    Column("state", Word, nullable=False),
    Column("attempt", BigInteger),
    Column("reason", BigInteger),
    Column("is_accepted", Integer, nullable=False, server_default="0"),
    Column("answered_seq", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", Instant, nullable=False),
    Index("uq_rollout_boxes_box_id_attempt", "box_id", "attempt", unique=True),
)

firmware_reports = Table(
    "firmware_reports",
    metadata,
    Column("box_id", Id, ForeignKey("boxes.box_id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", Word),
    Column("fingerprint", Word, nullable=False),
    Column("attempt", BigInteger, nullable=False),
    Column("version", Name),
    Column("reason", BigInteger),
    Column("received_at", Instant, nullable=False),
)
