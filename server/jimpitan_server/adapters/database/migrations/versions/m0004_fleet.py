"""The tables of configurations, tags, releases and rollouts; what boxes say of themselves."""

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect, protect_from_removal

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "configurations",
    "configuration_reports",
    "firmware_reports",
    "releases",
    "rollout_events",
)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Let boxes say more, create every table, then protect those that only grow."""
    _boxes()
    _box_tags()
    _standing_orders()
    _configurations()
    _configuration_reports()
    _releases()
    _rollouts()
    _rollout_events()
    _rollout_boxes()
    _firmware_reports()
    for table in APPEND_ONLY:
        protect(table)
    protect_from_removal("rollouts")


def _of_boxes(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["box_id"], ["boxes.box_id"], name=op.f(f"fk_{table}_box_id_boxes")
    )


def _boxes() -> None:
    op.add_column("boxes", sa.Column("configuration", sa.BigInteger(), nullable=True))
    op.add_column("boxes", sa.Column("runs", sa.String(length=40), nullable=True))
    op.add_column("boxes", sa.Column("runs_since", sa.BigInteger(), nullable=True))
    op.add_column("boxes", sa.Column("runs_until", sa.BigInteger(), nullable=True))


def _box_tags() -> None:
    op.create_table(
        "box_tags",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        _of_boxes("box_tags"),
        sa.PrimaryKeyConstraint("box_id", "tag", name=op.f("pk_box_tags")),
    )
    op.create_index("ix_box_tags_tag", "box_tags", ["tag", "box_id"], unique=False)


def _standing_orders() -> None:
    op.create_table(
        "standing_orders",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("handed_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("handed_out_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('configure', 'update')", name=op.f("ck_standing_orders_kind")
        ),
        _of_boxes("standing_orders"),
        sa.PrimaryKeyConstraint("box_id", "kind", name=op.f("pk_standing_orders")),
    )
    op.create_index("ix_standing_orders_due_at", "standing_orders", ["due_at"], unique=False)


def _configurations() -> None:
    op.create_table(
        "configurations",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_configurations_revision")),
        _of_boxes("configurations"),
        sa.PrimaryKeyConstraint("box_id", "revision", name=op.f("pk_configurations")),
    )


def _configuration_reports() -> None:
    op.create_table(
        "configuration_reports",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        _of_boxes("configuration_reports"),
        sa.PrimaryKeyConstraint("box_id", "seq", name=op.f("pk_configuration_reports")),
    )


def _releases() -> None:
    op.create_table(
        "releases",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("machine", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("content_length", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(length=16_384), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(length=1 << 20), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_releases")),
    )


def _rollouts() -> None:
    op.create_table(
        "rollouts",
        sa.Column("rollout_id", ROW_NUMBER, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("failures_max", sa.Integer(), nullable=False),
        sa.Column("advance_permille", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("open_place", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'halted', 'ended')", name=op.f("ck_rollouts_state")
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (open_place IS NULL)", name=op.f("ck_rollouts_open")
        ),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["releases.fingerprint"],
            name=op.f("fk_rollouts_fingerprint_releases"),
        ),
        sa.PrimaryKeyConstraint("rollout_id", name=op.f("pk_rollouts")),
    )
    op.create_index("uq_rollouts_open_place", "rollouts", ["open_place"], unique=True)


def _rollout_events() -> None:
    op.create_table(
        "rollout_events",
        sa.Column("event_id", ROW_NUMBER, nullable=False),
        sa.Column("rollout_id", ROW_NUMBER, nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout_id"],
            ["rollouts.rollout_id"],
            name=op.f("fk_rollout_events_rollout_id_rollouts"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_rollout_events")),
    )
    op.create_index(
        "ix_rollout_events_rollout_id", "rollout_events", ["rollout_id", "event_id"], unique=False
    )


def _rollout_boxes() -> None:
    op.create_table(
        "rollout_boxes",
        sa.Column("rollout_id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.BigInteger(), nullable=True),
        sa.Column("is_accepted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        _of_boxes("rollout_boxes"),
        sa.ForeignKeyConstraint(
            ["rollout_id"],
            ["rollouts.rollout_id"],
            name=op.f("fk_rollout_boxes_rollout_id_rollouts"),
        ),
        sa.PrimaryKeyConstraint("rollout_id", "box_id", name=op.f("pk_rollout_boxes")),
    )
    op.create_index(
        "uq_rollout_boxes_box_id_attempt", "rollout_boxes", ["box_id", "attempt"], unique=True
    )


def _firmware_reports() -> None:
    op.create_table(
        "firmware_reports",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("fingerprint", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        _of_boxes("firmware_reports"),
        sa.PrimaryKeyConstraint("box_id", "seq", name=op.f("pk_firmware_reports")),
    )
