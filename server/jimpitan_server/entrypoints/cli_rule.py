"""The commands about the rules of matching."""

import json
from typing import Annotated

import typer

from jimpitan_server.adapters.rule_desk import RuleDesk
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk
from jimpitan_server.services.set_rule import DEFAULT, RuleChange

rule_app = typer.Typer(no_args_is_help=True, help="How patient and tolerant matching is.")
Rule = Annotated[str, typer.Argument(help="Name of the rule, as `rule list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the books.")]


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about rules."""
    app.add_typer(rule_app, name="rule")


@rule_app.command("list")
def rule_list(as_json: AsJson = False) -> None:
    """List every rule with its value, and who set it why."""
    view = at_desk(lambda desk: RuleDesk(desk).view())
    found = [
        _described(rule, default, view.standing.get(rule))
        for rule, default in view.defaults.items()
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        why = f"  set instead of {one['default']}: {one['reason']}" if one["reason"] else ""
        typer.echo(f"{one['rule']} = {one['value']}{why}")


def _described(rule: str, default: str, change: RuleChange | None) -> dict[str, str | None]:
    return {
        "rule": rule,
        "value": change.value if change else default,
        "default": default,
        "reason": change.reason if change else None,
    }


@rule_app.command("set")
def rule_set(
    rule: Rule,
    value: Annotated[str, typer.Argument(help="Whole number.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Set a rule from now on; try it first with `reconcile --set`."""
    _change(rule, value, reason, as_json)


@rule_app.command("reset")
def rule_reset(rule: Rule, reason: Reason, as_json: AsJson = False) -> None:
    """Give a rule back to the program's default."""
    _change(rule, DEFAULT, reason, as_json)


def _change(rule: str, value: str, reason: str, as_json: bool) -> None:
    is_new = at_desk(lambda desk: RuleDesk(desk).set_rule(rule, value, reason=reason, actor="cli"))
    if as_json:
        typer.echo(json.dumps({"rule": rule, "value": value or None, "is_new": is_new}))
    elif is_new:
        typer.echo(f"{rule} is {value or 'as the program has it'} now; matching follows.")
    else:
        typer.echo(f"{rule} was so already.")
