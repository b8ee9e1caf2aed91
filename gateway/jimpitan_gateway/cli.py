"""The command line of the gateway."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer
from structlog.tracebacks import ExceptionDictTransformer

from jimpitan_gateway import certificates, mosquitto
from jimpitan_gateway.backup_cli import backup, restore
from jimpitan_gateway.bench.release_cli import release_app
from jimpitan_gateway.bench.visit_cli import box_app
from jimpitan_gateway.bootstrap import Gateway, now_ms
from jimpitan_gateway.doctor import examine
from jimpitan_gateway.errors import GatewayError
from jimpitan_gateway.settings import Settings
from jimpitan_gateway.spool import Spool

app = typer.Typer(
    help="Carry the records of boxes to the server; lose none.", no_args_is_help=True
)
app.add_typer(box_app, name="box")
app.add_typer(release_app, name="release")
app.command("backup")(backup)
app.command("restore")(restore)
Json = Annotated[bool, typer.Option("--json", help="Answer for a program to read.")]


@app.callback()
def configure() -> None:
    """Log JSON lines to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without the locals of its frames: they may hold a token.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@app.command()
def run() -> None:
    """Run the gateway until it is told to stop."""
    try:
        raise typer.Exit(Gateway(Settings()).run())
    except GatewayError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command()
def status(as_json: Json = False) -> None:
    """Tell what waits in the spool and what could not be delivered."""
    settings = Settings()
    if not settings.spool.exists():
        typer.echo(f"There is no spool at {settings.spool}: the gateway never ran here.", err=True)
        raise typer.Exit(2)
    spool = Spool(settings.spool)
    progress = spool.progress()
    letters = spool.dead_letters()
    answer = {
        "waiting": spool.waiting(),
        "dead_letters": progress.get("dead_letters", 0),
        "relayed_ms": progress.get("relayed_ms"),
        "newest_dead_letters": [
            {"topic": letter.topic, "reason": letter.reason, "received_ms": letter.received_ms}
            for letter in letters
        ],
    }
    spool.close()
    if as_json:
        typer.echo(json.dumps(answer))
        return
    typer.echo(f"Waiting for the server: {answer['waiting']} messages")
    typer.echo(f"Of no use (dead letters): {answer['dead_letters']}")
    for letter in letters:
        typer.echo(f"  {letter.topic}: {letter.reason}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check settings, clock, broker, server, spool and disk; exit 1 when one needs somebody."""
    findings = examine(Settings(), os.environ, now_ms=now_ms())
    if as_json:
        typer.echo(json.dumps(findings))
    else:
        for name, finding in findings.items():
            typer.echo(f"{name}: {finding or 'good'}")
    raise typer.Exit(1 if any(findings.values()) else 0)


@app.command()
def broker_files(
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    port: Annotated[int, typer.Option(help="Port the broker listens on.")] = 8883,
    host: Annotated[str, typer.Option(help="Address the broker listens on.")] = "0.0.0.0",  # noqa: S104 -- boxes come over the office network
    name: Annotated[
        str, typer.Option(help="What boxes call the broker: makes its certificate, anew.")
    ] = "",
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Without certificates.")] = False,
) -> None:
    """Write mosquitto's configuration, users, rules and certificates.

    Reads one JSON object of user to password from standard input; the gateway's own name must
    be among them. Passwords never stand on a command line.
    """
    settings = Settings()
    try:
        passwords = json.load(sys.stdin)
    except ValueError as error:
        typer.echo(f"Standard input is no JSON object of user to password: {error}", err=True)
        raise typer.Exit(2) from error
    if not isinstance(passwords, dict) or settings.name not in passwords:
        typer.echo(f"There is no password for the gateway itself ({settings.name}).", err=True)
        raise typer.Exit(2)
    if not no_tls:
        _write_certificates(folder.absolute(), name)
    path = mosquitto.write_files(
        folder.absolute(),
        host=host,
        port=port,
        gateway=settings.name,
        passwords={str(user): str(password) for user, password in passwords.items()},
        tls=not no_tls,
    )
    typer.echo(f"Written at {now_ms()}: {path}. Start with: mosquitto -c {path}")


def _write_certificates(folder: Path, name: str) -> None:
    if not name:
        if not (folder / "broker.crt").exists():
            typer.echo("Say with --name what boxes call the broker, or --no-tls.", err=True)
            raise typer.Exit(2)
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        now = datetime.fromtimestamp(now_ms() // 1000, UTC)
        certificates.write_tls_files(folder, name=name, now=now)
    except GatewayError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
