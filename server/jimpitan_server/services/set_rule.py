"""Sets a rule of matching for the programme: by a person, with a reason, from now on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.books import Rules
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.what_if import SETTABLE, changed_rules, check_sound

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 500
DEFAULT = ""
"""The value that gives a rule back to the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """A rule that a person set, or gave back with the value `DEFAULT`."""

    rule: str
    value: str
    reason: str
    actor: str
    changed_at: datetime


class RuleStore(Protocol):
    """One open transaction, for rules."""

    async def rules_set(self) -> Mapping[str, str]:
        """Return the value of each rule that the programme set for itself."""
        ...

    async def rule_changes(self, *, limit: int) -> Sequence[RuleChange]:
        """Return the newest changes, the newest first."""
        ...

    async def add_rule_change(self, change: RuleChange) -> None:
        """Keep a change; matching would now find something else."""
        ...


async def set_rule(store: RuleStore, change: RuleChange, rules: Rules) -> bool:
    """Keep a change of a rule; say whether it changes anything. What is set already stays so.

    `rules` are those of the program; what the programme set beside must still agree with it.
    """
    if change.rule not in SETTABLE:
        raise Malformed(
            f"No rule {change.rule[:40]!r} can be set; there are {', '.join(SETTABLE)}."
            " How an account settles is set by `account settle`.",
            code="rule",
        )
    if not REASON_LENGTH_MIN <= len(change.reason.strip()) <= REASON_LENGTH_MAX:
        raise Malformed(
            f"Give a reason of {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} letters.", code="rule"
        )
    standing = {name: value for name, value in (await store.rules_set()).items() if value}
    if standing.pop(change.rule, DEFAULT) == change.value:
        return False
    if change.value != DEFAULT:
        standing[change.rule] = change.value
    known = {name: value for name, value in standing.items() if name in SETTABLE}
    check_sound(changed_rules(rules, known))
    await store.add_rule_change(change)
    return True
