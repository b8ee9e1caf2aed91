"""The commands about money: bank partners and matching; codes and statements have their own."""

import json
from typing import Annotated

import typer

from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk
from jimpitan_server.entrypoints.cli_qris import qris_app
from jimpitan_server.entrypoints.cli_statement import statement_app
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import matching_answers, money_answers


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about money."""
    app.add_typer(statement_app, name="statement")
    app.add_typer(qris_app, name="qris")
    app.command("reconcile")(reconcile)


def reconcile(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look.")] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="RULE=VALUE: what if; implies --dry-run; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Match everything that stands anew, and say where the money is."""
    if dry_run or change:
        _what_if(dict(_split(one) for one in change or ()), as_json=as_json)
        return
    _tell(at_desk(lambda desk: desk.reconcile()), as_json=as_json)


def _split(change: str) -> tuple[str, str]:
    name, sign, value = change.partition("=")
    if not sign:
        typer.echo(f"{change!r} is no RULE=VALUE.", err=True)
        raise typer.Exit(2)
    return name.strip(), value.strip()


def _what_if(changes: dict[str, str], *, as_json: bool) -> None:
    found = at_desk(lambda desk: desk.what_if(changes))
    difference = matching_answers.of_difference(found.difference)
    if as_json:
        answer = money_answers.of_matching(found.matching) | {"difference": difference}
        typer.echo(json.dumps(answer))
        return
    _tell(found.matching, as_json=False)
    for name, (before, after) in found.difference.states.items():
        if before != after:
            typer.echo(f"{name}: {before} matches, would be {after}")
    for name, (stood, stands) in found.difference.position.items():
        typer.echo(f"{name}: {format_rupiah(stood)}, would be {format_rupiah(stands)}")
    typer.echo("Nothing was kept.")


def _tell(matching: Matching, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(money_answers.of_matching(matching)))
        return
    position = matching.position
    for name in position.__dataclass_fields__:
        amount: Rupiah = getattr(position, name)
        typer.echo(f"{name}: {format_rupiah(amount)}")
    typer.echo(f"discrepancies: {len(matching.discrepancies)}")
