"""The commands about account statements: import them, and list the layouts that are known."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.adapters.statement_profiles import (
    DESCRIPTION_LENGTH_MAX,
    described_profile,
    known_profiles,
    profiles_named,
)
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.domain.statement_sheet import FILE_LENGTH_MAX
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk, read_file
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import money_answers
from jimpitan_server.services.foresee import Foreseen
from jimpitan_server.services.import_statement import Imported

statement_app = typer.Typer(no_args_is_help=True, help="Account statements.")
_OWN_LAYOUTS = (".json", ".yaml", ".yml")


def _profiles(name: str | None) -> Sequence[StatementProfile]:
    """Return the known layouts wished for, or the one that a file describes."""
    if not name or not name.endswith(_OWN_LAYOUTS):
        return profiles_named(name)
    text = read_file(Path(name), bytes_max=DESCRIPTION_LENGTH_MAX).decode("utf-8", "replace")
    return (described_profile(Path(name).stem[:40], text),)


@statement_app.command("import")
def statement_import(
    file: Annotated[Path, typer.Argument(help="The statement: CSV, TSV, XLSX or MT940.")],
    *,
    account: Annotated[str, typer.Option(help="Id of the account it is of.")],
    profile: Annotated[
        str | None,
        typer.Option(help="Layout: a known name, or a YAML or JSON file; else it is found."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look.")] = False,
    accept_warnings: Annotated[
        bool, typer.Option("--accept-warnings", help="Import in spite of a balance gap.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import a statement: all of its new lines, or none when anything is wrong with it."""
    imported = at_desk(
        lambda desk: desk.import_statement(
            ImportWish(
                account=account,
                file_name=file.name,
                content=read_file(file, bytes_max=FILE_LENGTH_MAX),
                profiles=_profiles(profile),
                dry_run=dry_run,
                accept_warnings=accept_warnings,
                actor="cli",
            )
        )
    )
    for fault in imported.faults:
        typer.echo(str(fault), err=True)
    for gap in imported.warnings:
        typer.echo(f"{imported.file_name}: {gap.sentence}", err=True)
    is_refused = bool(imported.faults) or (imported.import_id is None and not dry_run)
    if is_refused:
        _refuse(imported, as_json=as_json)
    typer.echo(json.dumps(money_answers.of_import(imported)) if as_json else _said(imported))


def _refuse(imported: Imported, *, as_json: bool) -> None:
    if as_json:
        say = money_answers.of_faults if imported.faults else money_answers.of_warnings
        typer.echo(json.dumps(say(imported)))
    elif not imported.faults:
        typer.echo("Nothing was imported; --accept-warnings imports it all the same.", err=True)
    raise typer.Exit(1)


def _said(imported: Imported) -> str:
    reading = imported.reading
    sentence = (
        f"{len(imported.new)} of {len(reading.lines)} lines were new,"
        f" {imported.lines_known} were known, {reading.pending} pending ones were left out;"
        f" the credits in the file are {format_rupiah(reading.credits)},"
        f" the debits {format_rupiah(reading.debits)}."
    )
    known = known_profiles().get(reading.profile)
    if known is not None and not known.verified:
        sentence += f" The layout {known.name} was not tried on a file of the bank: compare it."
    if not imported.is_balance_checked:
        sentence += " It tells no balances: nothing says whether lines are missing."
    if imported.foreseen is not None:
        sentence += _foreseen(imported.foreseen)
    return sentence + (" Nothing was imported." if imported.dry_run else "")


def _foreseen(foreseen: Foreseen) -> str:
    parts = [
        f"{lines} {outlook.value} ({format_rupiah(amount)})"
        for outlook, (lines, amount) in foreseen.by_outlook.items()
    ]
    return f" The new credits would be: {', '.join(parts)}." if parts else ""


@statement_app.command("profiles")
def statement_profiles(as_json: AsJson = False) -> None:
    """List the layouts that are known, and whether they were tried on a bank's own file."""
    profiles = [profile for _, profile in sorted(known_profiles().items())]
    if as_json:
        found = [
            {"name": one.name, "bank": one.bank, "source": one.source, "verified": one.verified}
            for one in profiles
        ]
        typer.echo(json.dumps({"profiles": found}))
        return
    table = Table("name", "bank", "verified", "source")
    for one in profiles:
        table.add_row(one.name, one.bank, "yes" if one.verified else "no", one.source)
    Console(width=120).print(table)
