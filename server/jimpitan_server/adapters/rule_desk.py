"""What can be done about the rules of matching, each as one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jimpitan_server.adapters.database.rule_rows import DatabaseRules, standing_rules
from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.domain.what_if import rule_values
from jimpitan_server.services.set_rule import RuleChange, set_rule

CHANGES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class RuleView:
    """Every rule's default, the changes that hold by rule, and the newest of all."""

    defaults: Mapping[str, str]
    standing: Mapping[str, RuleChange]
    changes: Sequence[RuleChange]


@dataclass(frozen=True, slots=True)
class RuleDesk:
    """The rules by which the money desk matches."""

    money: MoneyDesk

    async def view(self) -> RuleView:
        """Return the rules as they stand."""
        async with self.money.database.read() as connection:
            return RuleView(
                rule_values(self.money.rules),
                await standing_rules(connection),
                await DatabaseRules(connection).rule_changes(limit=CHANGES_SHOWN),
            )

    async def set_rule(self, rule: str, value: str, *, reason: str, actor: str) -> bool:
        """Set a rule, or give it back with an empty value; say whether that changed anything."""
        change = RuleChange(
            rule=rule,
            value=value,
            reason=reason,
            actor=actor,
            changed_at=self.money.clock.now(),
        )
        async with self.money.database.write() as connection:
            is_new = await set_rule(DatabaseRules(connection), change, self.money.rules)
        if is_new:
            self.money.note_change()
        return is_new
