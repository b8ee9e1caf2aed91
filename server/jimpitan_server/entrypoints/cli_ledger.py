"""The commands about the custody ledger: look, export, close, seal."""

import json
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.rupiah import total
from jimpitan_server.entrypoints.cli_desk import AsJson, with_program
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import ledger_answers

WEEK_DAYS = 7

ledger_app = typer.Typer(no_args_is_help=True, help="The custody ledger and its seals.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about the ledger."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command("show")
def ledger_show(as_json: AsJson = False) -> None:
    """Say what lies where; the sum over all places is nothing, or the ledger is broken."""
    view = with_program(lambda program: program.ledger.view())
    if as_json:
        typer.echo(json.dumps(ledger_answers.of_view(view)))
        return
    for place, amount in view.balances.items():
        typer.echo(f"{place}: {format_rupiah(amount)}")
    typer.echo(f"rest: {format_rupiah(total(view.balances.values()))}")
    typer.echo(f"not yet sealed: {view.open_count} entries")


@ledger_app.command("export")
def ledger_export(
    file: Annotated[Path, typer.Argument(help="Where to write it, or - for standard output.")],
) -> None:
    """Write the whole ledger for `jimpitan-verify`, a line an entry."""

    async def export(program: Program) -> int:
        count = 0
        try:
            with nullcontext(sys.stdout.buffer) if str(file) == "-" else file.open("wb") as out:
                async for line in program.ledger.export():
                    out.write(line)
                    count += 1
        except OSError as error:
            raise Malformed(f"{file} cannot be written: {error.strerror}.") from None
        return count

    count = with_program(export)
    typer.echo(f"{count} entries were written.", err=True)


@ledger_app.command("close")
def ledger_close(
    until: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="The last day to close.")
    ],
    *,
    note: Annotated[str, typer.Option(help="On whose word; the number of the minutes.")],
    as_json: AsJson = False,
) -> None:
    """Close every day up to and with a day; this cannot be undone."""
    closing = with_program(
        lambda program: program.ledger.close(until=until.date(), note=note, actor="cli")
    )
    if as_json:
        typer.echo(json.dumps(ledger_answers.of_closing(closing)))
        return
    typer.echo(f"The books are closed until {closing.until.isoformat()}.")
    for account, amount in closing.into_fund.items():
        typer.echo(f"{account}: {format_rupiah(amount)} into the fund")


@ledger_app.command("seal")
def ledger_seal(as_json: AsJson = False) -> None:
    """Seal the days that are over and publish the seals; the server does so by itself."""
    made = with_program(lambda program: program.ledger.seal_if_due())
    if as_json:
        typer.echo(json.dumps({"seals": ledger_answers.of_seals(made)}))
        return
    for row in made:
        typer.echo(row.seal.notice_line)
    typer.echo(f"{len(made)} days were sealed.")


@ledger_app.command("notice")
def ledger_notice() -> None:
    """Print the seals of the last seven days, to be copied wherever many keep it."""

    async def notice(program: Program) -> str:
        rows = await program.ledger.seals(WEEK_DAYS)
        return ledger_answers.notice(program.settings.programme_name, rows)

    typer.echo(with_program(notice), nl=False)
