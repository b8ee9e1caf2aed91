"""The tables of alerts: what people are told of, their wishes, and the messages to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from jimpitan_server.adapters.database.metadata import Id, Instant, Name, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word

# `weight` is what grew last, `what` a code; neither tells of a person.
alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", RowNumber, primary_key=True),
    Column("kind", Word, nullable=False),
    Column("subject", Name, nullable=False),
    Column("severity", Word, nullable=False),
    Column("what", Word, nullable=False),
    Column("box_id", Id),
    Column("weight", BigInteger, nullable=False),
    Column("owner", Id),
    Column("not_for", Id),
    Column("since", Instant, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("round", Integer, nullable=False),
    Column("round_at", Instant, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("next_step_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Id),
    Column("acknowledged_steps", Integer, nullable=False, server_default="0"),
    Column("closed_at", Instant),
    CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
    Index(
        "uq_alerts_open",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_alerts_closed_at", "closed_at", "next_step_at"),
)

alert_events = Table(
    "alert_events",
    metadata,
    Column("event_id", RowNumber, primary_key=True),
    Column("alert_id", RowNumber, ForeignKey("alerts.alert_id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("event", Word, nullable=False),
    Column("actor", Id, nullable=False),
    Column("detail", Text, nullable=False),
    CheckConstraint(
        "event IN ('raised', 'grown', 'told', 'acknowledged', 'closed')", name="event"
    ),
    Index("ix_alert_events_alert_id", "alert_id"),
)

alert_wishes = Table(
    "alert_wishes",
    metadata,
    Column("user_id", Id, ForeignKey("users.user_id"), primary_key=True),
    Column("severity_min", Word, nullable=False),
    Column("quiet_from", Integer, nullable=False),
    Column("quiet_until", Integer, nullable=False),
    Column("critical_breaks", Boolean, nullable=False),
    Column("digest", Word, nullable=False),
    Column("digest_at", Integer, nullable=False),
    Column("language", Word, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# The address itself is wrapped under the master key; `label` is so much of it that its owner
# knows it again.
alert_addresses = Table(
    "alert_addresses",
    metadata,
    Column("address_id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("channel", Word, nullable=False),
    Column("wrapped", LargeBinary(2048), nullable=False),
    Column("label", Name, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_why", Word),
    CheckConstraint("channel IN ('email', 'push', 'telegram', 'whatsapp')", name="channel"),
    Index("ix_alert_addresses_user_id", "user_id", "withdrawn_at"),
)

# `address_id` is empty for the list in the application.
alert_messages = Table(
    "alert_messages",
    metadata,
    Column("message_id", RowNumber, primary_key=True),
    Column("alert_id", RowNumber, ForeignKey("alerts.alert_id"), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("channel", Word, nullable=False),
    Column("address_id", Id, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("severity", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("next_try_at", Instant),
    Column("claimed_at", Instant),
    Column("sent_at", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("is_doubtful", Boolean, nullable=False),
    Column("why", Word),
    CheckConstraint("state IN ('waiting', 'sending', 'sent', 'dropped', 'dead')", name="state"),
    CheckConstraint("(next_try_at IS NULL) = (state <> 'waiting')", name="next_try"),
    Index(
        "uq_alert_messages_step",
        "alert_id",
        "user_id",
        "channel",
        "address_id",
        "round",
        "step",
        unique=True,
    ),
    Index("ix_alert_messages_state", "state", "next_try_at"),
    Index("ix_alert_messages_user_id", "user_id", "channel", "created_at"),
)
