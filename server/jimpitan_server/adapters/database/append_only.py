"""Makes the database itself refuse to change or remove a row of a table that only grows."""

from alembic import op
from sqlalchemy import Connection, text

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION jimpitan_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def protect(table: str) -> None:
    """Add the triggers that abort every UPDATE and DELETE (on PostgreSQL also TRUNCATE).

    Call it from a migration: ``protect("ledger_entries")``.
    """
    dialect = op.get_bind().dialect.name
    for statement in protecting(dialect, table):
        op.execute(statement)


def protect_from_removal(table: str) -> None:
    """Add the trigger that aborts every DELETE; rows may still change."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_FUNCTION)
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION jimpitan_append_only()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} keeps every row'); END"
        )


def protecting(dialect: str, table: str) -> list[str]:
    """Return the statements that protect `table` in this kind of database."""
    if dialect == "postgresql":
        return [
            POSTGRESQL_FUNCTION,
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION jimpitan_append_only()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


TRIGGERS = {
    "sqlite": text("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"),
    "postgresql": text(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
    ),
}
PROTECTED = (
    "records",
    "quarantine",
    "declared_edges",
    "audit",
    "boxes",
    "configurations",
    "configuration_reports",
    "firmware_reports",
    "releases",
    "rollouts",
    "rollout_events",
    "payment_hints",
    "payment_refunds",
    "bank_refusals",
    "bank_partner_keys",
    "manual_links",
    "manual_link_papers",
    "manual_link_ends",
    "handovers",
    "handover_collections",
    "handover_answers",
    "ledger_entries",
    "ledger_closings",
    "ledger_seals",
    "statement_stretches",
    "box_scans",
    "donor_confirmations",
    "rule_changes",
    "discrepancy_events",
    "count_papers",
    "count_witnesses",
    "cans",
    "placements",
    "visit_plans",
    "visit_plan_ends",
    "count_receipts",
    "reports",
    "report_acts",
    "visit_starts",
    "sealed_pins_wrong",
    "alert_events",
)


def missing_triggers(connection: Connection) -> list[str]:
    """Return the tables that should refuse changes and do not."""
    found = set(connection.execute(TRIGGERS[connection.dialect.name]).scalars())
    return [table for table in PROTECTED if table not in found]
