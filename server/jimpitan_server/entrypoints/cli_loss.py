"""The command that writes a loss statement."""

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.adapters.loss_pdf import loss_pdf
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.cli_desk import AsJson, spoken, with_program
from jimpitan_server.entrypoints.cli_receipt import write
from jimpitan_server.services.loss import LossStatement

loss_app = typer.Typer(no_args_is_help=True, help="Loss statements.")
DAYS = ["%Y-%m-%d"]


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about losses."""
    app.add_typer(loss_app, name="loss")


@loss_app.command("make")
def loss_make(
    box: Annotated[str, typer.Argument(help="Id of the box or can.")],
    file: Annotated[Path, typer.Argument(help="Where the PDF goes.")],
    *,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAYS, help="First day; the last count.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=DAYS, help="Last day; until now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a loss statement as PDF: what the box told, the counts, and what may be gone."""

    async def make(program: Program) -> tuple[LossStatement, bytes]:
        zone = program.visits.zone
        last = datetime.combine(until.date(), time.min, zone) if until else None
        statement = await program.visits.loss(
            box,
            since=datetime.combine(since.date(), time.min, zone) if since else None,
            until=last + timedelta(days=1) if last else None,
            case=None,
            rules=program.money.rules,
        )
        settings = program.settings
        return statement, loss_pdf(
            statement, programme=settings.programme_name, zone=settings.timezone
        )

    statement, content = with_program(make)
    spoken(lambda: write(file, content))
    lost = statement.range
    answer = {
        "box": box,
        "file": str(file),
        "events": len(statement.events),
        "low_idr": lost.low.amount if lost else None,
        "high_idr": lost.high.amount if lost else None,
    }
    typer.echo(json.dumps(answer) if as_json else f"The loss statement is in {file}.")
