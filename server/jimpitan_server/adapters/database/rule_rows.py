"""Keeps the rules of matching that a programme set for itself; the newest word of each holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, RowMapping, String, Table, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.metadata import Id, Instant, metadata
from jimpitan_server.adapters.database.schema import RowNumber, Word
from jimpitan_server.adapters.database.statement_rows import lock_books, next_generation
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.services.set_rule import DEFAULT, RuleChange

rule_changes = Table(
    "rule_changes",
    metadata,
    Column("change_id", RowNumber, primary_key=True),
    Column("rule", Word, nullable=False),
    Column("value", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Id, nullable=False),
    Column("changed_at", Instant, nullable=False),
)


async def standing_rules(connection: AsyncConnection) -> dict[str, RuleChange]:
    """Return of each rule that the programme set for itself the change that holds."""
    table = rule_changes
    newest = select(func.max(table.c.change_id)).group_by(table.c.rule)
    statement = select(table).where(table.c.change_id.in_(newest), table.c.value != DEFAULT)
    found = (await connection.execute(statement)).mappings()
    return {row["rule"]: _change(row) for row in found}


async def rules_set(connection: AsyncConnection) -> dict[str, str]:
    """Return the value of each rule that the programme set for itself."""
    return {rule: one.value for rule, one in (await standing_rules(connection)).items()}


def _change(row: RowMapping) -> RuleChange:
    return RuleChange(
        rule=row["rule"],
        value=row["value"],
        reason=row["reason"],
        actor=row["actor"],
        changed_at=row["changed_at"],
    )


@dataclass(frozen=True, slots=True)
class DatabaseRules:
    """The store of `set_rule` on one open transaction."""

    connection: AsyncConnection

    async def rules_set(self) -> Mapping[str, str]:
        """Return the value of each rule that the programme set for itself."""
        return await rules_set(self.connection)

    async def rule_changes(self, *, limit: int) -> Sequence[RuleChange]:
        """Return the newest changes, the newest first."""
        table = rule_changes
        statement = select(table).order_by(table.c.change_id.desc()).limit(limit)
        found = (await self.connection.execute(statement)).mappings()
        return [_change(row) for row in found]

    async def add_rule_change(self, change: RuleChange) -> None:
        """Keep a change, and that it was made; matching would now find something else."""
        await lock_books(self.connection)
        await self.connection.execute(
            insert(rule_changes).values(
                rule=change.rule,
                value=change.value,
                reason=change.reason,
                actor=change.actor,
                changed_at=change.changed_at,
            )
        )
        await append_audit(
            self.connection,
            at=change.changed_at,
            actor=change.actor,
            action="rule_set",
            subject=change.rule,
            detail={"value": change.value, "reason": change.reason},
        )
        await next_generation(self.connection)
