"""What happens to a case as events; the sum at stake and the state beside each discrepancy."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from jimpitan_server.adapters.database.append_only import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("discrepancy_events",)
EVENTS = "'commented', 'assigned', 'due_changed', 'resolved', 'approved', 'reopened'"
# Written out, because both databases take a named check here and Alembic gives SQLite none.
COLUMNS = (
    "state VARCHAR(40) DEFAULT 'open' NOT NULL"
    " CONSTRAINT ck_discrepancies_state CHECK (state IN ('open', 'waiting', 'resolved'))",
    "at_stake_idr BIGINT",
    "severity_at_stake VARCHAR(40) DEFAULT 'notice' NOT NULL",
)


def upgrade() -> None:
    """Create the table, move the endings there, work out what was at stake, and protect."""
    _events()
    for column in COLUMNS:
        op.execute(f"ALTER TABLE discrepancies ADD COLUMN {column}")
    op.execute("UPDATE discrepancies SET severity_at_stake = severity")
    op.execute("UPDATE discrepancies SET state = 'resolved' WHERE resolved_at IS NOT NULL")
    op.create_index("ix_discrepancies_box_id", "discrepancies", ["box_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_check_constraint(
            op.f("ck_discrepancies_resolved"),
            "discrepancies",
            "(resolved_at IS NULL) = (state <> 'resolved')",
        )
    _work_out_stakes()
    _move_endings()
    for table in APPEND_ONLY:
        protect(table)


def _events() -> None:
    table = "discrepancy_events"
    op.create_table(
        table,
        sa.Column("event_id", ROW_NUMBER, nullable=False),
        sa.Column("discrepancy_id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(f"event IN ({EVENTS})", name=op.f(f"ck_{table}_event")),
        sa.CheckConstraint("number > 0", name=op.f(f"ck_{table}_number")),
        sa.ForeignKeyConstraint(
            ["discrepancy_id"],
            ["discrepancies.discrepancy_id"],
            name=op.f(f"fk_{table}_discrepancy_id_discrepancies"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"uq_{table}_discrepancy_id", table, ["discrepancy_id", "number"], unique=True)


def _work_out_stakes() -> None:
    """As `severity.at_stake` did when this was written."""
    found = op.get_bind().execute(
        sa.text("SELECT discrepancy_id, kind, evidence FROM discrepancies")
    )
    stakes = [
        {"number": number, "stake": stake}
        for number, kind, evidence in found
        if (stake := _stake(kind, json.loads(evidence))) is not None
    ]
    if stakes:
        op.get_bind().execute(
            sa.text(
                "UPDATE discrepancies SET at_stake_idr = :stake WHERE discrepancy_id = :number"
            ),
            stakes,
        )


def _stake(kind: str, evidence: dict[str, object]) -> int | None:
    if kind in {"lid_without_count", "count_without_lid"}:
        return None
    names = ("told_idr",) if kind == "payment_refunded" else ("fee_idr", "amount_idr")
    for name in names:
        amount = evidence.get(name)
        if type(amount) is int:
            return abs(amount)
    for left, right in (("expected_idr", "arrived_idr"), ("kept_idr", "told_idr")):
        one, other = evidence.get(left), evidence.get(right)
        if type(one) is int and type(other) is int and kind != "payment_refunded":
            return abs(other - one)
    return None


def _move_endings() -> None:
    """Give each case that has ended its end as the first event."""
    found = op.get_bind().execute(
        sa.text(
            "SELECT discrepancy_id, resolved_at, resolved_by, resolution_code, resolution_reason"
            " FROM discrepancies WHERE resolved_at IS NOT NULL ORDER BY discrepancy_id"
        )
    )
    events = [_ending(*row) for row in found]
    if events:
        columns: list[sa.ColumnClause[object]] = [sa.column(name) for name in events[0]]
        op.bulk_insert(sa.table("discrepancy_events", *columns), events)


def _ending(
    number: int, at: int, actor: str | None, code: str | None, reason: str | None
) -> dict[str, object]:
    detail: dict[str, object] = {"code": code or "explained", "needs_approval": False}
    if reason is not None:
        detail["reason"] = reason
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    who = actor or "migration"
    content = [number, 1, instant.isoformat(), who, "resolved", detail]
    line = json.dumps(content, sort_keys=True).encode()
    return {
        "discrepancy_id": number,
        "number": 1,
        "at": at,
        "actor": who,
        "event": "resolved",
        "detail": json.dumps(detail, sort_keys=True),
        "chain": hashlib.sha256(line).digest(),
    }
