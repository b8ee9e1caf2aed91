"""The commands about alerts: what is open, what never arrived, and whether a person is reached."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from jimpitan_server.adapters.database.alert_rows import DatabaseAlerts
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.alert import Alert
from jimpitan_server.domain.alert_message import Answer, Outcome
from jimpitan_server.domain.alert_text import said
from jimpitan_server.entrypoints.cli_desk import AsJson, with_program
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.alert_door import people_desk
from jimpitan_server.entrypoints.http.pages import clock_time
from jimpitan_server.services.ports_alerts import Address

alert_app = typer.Typer(no_args_is_help=True, help="Alerts to people.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about alerts."""
    app.add_typer(alert_app, name="alert")


@alert_app.command("list")
def alert_list(as_json: AsJson = False) -> None:
    """List the alerts that are open, and the messages of a month that did not arrive."""

    async def read(program: Program) -> dict[str, object]:
        async with program.database.read() as connection:
            found = await DatabaseAlerts(connection).open_alerts()
        dead = await people_desk(program).dead()
        zone = program.settings.timezone
        return {
            "open": [_of_alert(one, zone) for one in found],
            "dead": [
                {
                    "person": one.login_name,
                    "channel": one.channel.value,
                    "kind": one.kind,
                    "subject": one.subject,
                    "why": one.why,
                    "tries": one.tries,
                    "created_at": one.created_at.isoformat(),
                }
                for one in dead
            ],
        }

    answer = with_program(read)
    if as_json:
        typer.echo(json.dumps(answer))
        return
    _show(answer)


def _of_alert(one: Alert, zone: str) -> dict[str, object]:
    about, say = one.condition, words.translator(words.ENGLISH)
    return {
        "number": one.number,
        "kind": about.kind.value,
        "subject": about.subject,
        "severity": about.severity.value,
        "what": said(about, say, lambda at: clock_time(at, zone)),
        "raised_at": one.raised_at.isoformat(),
        "round": one.round,
        "steps": one.steps,
        "acknowledged_at": one.acknowledged_at.isoformat() if one.acknowledged_at else None,
    }


def _show(answer: dict[str, object]) -> None:
    for title in ("open", "dead"):
        rows = answer[title]
        assert isinstance(rows, list)
        if not rows:
            typer.echo(f"{title}: none")
            continue
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*("–" if value is None else str(value) for value in row.values()))
        Console().print(table)


@alert_app.command("test")
def alert_test(
    name: Annotated[str, typer.Argument(help="Login name of the person.")],
    as_json: AsJson = False,
) -> None:
    """Send a test message to every address of a person; exit 1 unless all were taken."""

    async def try_all(program: Program) -> list[tuple[Address, Answer]]:
        desk = people_desk(program)
        user_id = (await program.cases.person(name)).user_id
        return [
            (one, await desk.trial(user_id, one.address_id))
            for one in await desk.addresses(user_id)
        ]

    tried = with_program(try_all)
    rows = [
        {
            "channel": address.channel.value,
            "address": address.label,
            "outcome": answer.outcome.value,
            "why": None if answer.why is None else answer.why.value,
        }
        for address, answer in tried
    ]
    if as_json:
        typer.echo(json.dumps(rows))
    for row in () if as_json else rows:
        why = f" ({row['why']})" if row["why"] else ""
        typer.echo(f"{row['channel']} {row['address']}: {row['outcome']}{why}")
    if not rows and not as_json:
        typer.echo(f"{name} has no address: it is added at /admin/peringatan/atur.", err=True)
    if not rows or any(answer.outcome is not Outcome.SENT for _, answer in tried):
        raise typer.Exit(1)
