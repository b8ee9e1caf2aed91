"""Alerts to people: what they are told of, their wishes and addresses, and the messages."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Id, Word, Name = sa.String(length=64), sa.String(length=40), sa.String(length=200)
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Create the tables; what happened to an alert only grows."""
    _create_alerts()
    _create_events()
    _create_people()
    _create_messages()
    protect("alert_events")


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", RowNumber, nullable=False),
        sa.Column("kind", Word, nullable=False),
        sa.Column("subject", Name, nullable=False),
        sa.Column("severity", Word, nullable=False),
        sa.Column("what", Word, nullable=False),
        sa.Column("box_id", Id, nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("owner", Id, nullable=True),
        sa.Column("not_for", Id, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("round_at", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("next_step_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", Id, nullable=True),
        sa.Column("acknowledged_steps", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)",
            name=op.f("ck_alerts_acknowledged"),
        ),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["kind", "subject"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_alerts_closed_at", "alerts", ["closed_at", "next_step_at"])


def _create_events() -> None:
    op.create_table(
        "alert_events",
        sa.Column("event_id", RowNumber, nullable=False),
        sa.Column("alert_id", RowNumber, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", Word, nullable=False),
        sa.Column("actor", Id, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_alert_events")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_events_alert_id_alerts")
        ),
        sa.CheckConstraint(
            "event IN ('raised', 'grown', 'told', 'acknowledged', 'closed')",
            name=op.f("ck_alert_events_event"),
        ),
    )
    op.create_index("ix_alert_events_alert_id", "alert_events", ["alert_id"])


def _create_people() -> None:
    op.create_table(
        "alert_wishes",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("severity_min", Word, nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("critical_breaks", sa.Boolean(), nullable=False),
        sa.Column("digest", Word, nullable=False),
        sa.Column("digest_at", sa.Integer(), nullable=False),
        sa.Column("language", Word, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_alert_wishes")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_alert_wishes_user_id_users")
        ),
    )
    op.create_table(
        "alert_addresses",
        sa.Column("address_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("channel", Word, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("label", Name, nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_why", Word, nullable=True),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_alert_addresses")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_alert_addresses_user_id_users")
        ),
        sa.CheckConstraint(
            "channel IN ('email', 'push', 'telegram', 'whatsapp')",
            name=op.f("ck_alert_addresses_channel"),
        ),
    )
    op.create_index("ix_alert_addresses_user_id", "alert_addresses", ["user_id", "withdrawn_at"])


def _create_messages() -> None:
    op.create_table(
        "alert_messages",
        sa.Column("message_id", RowNumber, nullable=False),
        sa.Column("alert_id", RowNumber, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("channel", Word, nullable=False),
        sa.Column("address_id", Id, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("severity", Word, nullable=False),
        sa.Column("state", Word, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("is_doubtful", sa.Boolean(), nullable=False),
        sa.Column("why", Word, nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_alert_messages")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_messages_alert_id_alerts")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_alert_messages_user_id_users")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'dropped', 'dead')",
            name=op.f("ck_alert_messages_state"),
        ),
        sa.CheckConstraint(
            "(next_try_at IS NULL) = (state <> 'waiting')",
            name=op.f("ck_alert_messages_next_try"),
        ),
    )
    key = ["alert_id", "user_id", "channel", "address_id", "round", "step"]
    op.create_index("uq_alert_messages_step", "alert_messages", key, unique=True)
    op.create_index("ix_alert_messages_state", "alert_messages", ["state", "next_try_at"])
    op.create_index(
        "ix_alert_messages_user_id", "alert_messages", ["user_id", "channel", "created_at"]
    )
