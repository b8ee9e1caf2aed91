"""The command `jimpitan-server`."""

import asyncio
import base64
import binascii
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from jimpitan_server.adapters.database.box_reading import box_rows_all
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.entrypoints import (
    cli_account,
    cli_alert,
    cli_backup,
    cli_discrepancy,
    cli_ledger,
    cli_loss,
    cli_money,
    cli_partner,
    cli_receipt,
    cli_records,
    cli_rollout,
    cli_rule,
    cli_upgrade,
    cli_user,
    cli_visit,
    cli_witness,
)
from jimpitan_server.entrypoints.doctor import examine_all, wrong_settings
from jimpitan_server.entrypoints.log import configure_log
from jimpitan_server.entrypoints.serve import serve
from jimpitan_server.settings import load_settings

app = typer.Typer(
    no_args_is_help=True, help="The server of Jimpitan.", pretty_exceptions_enable=False
)
box_app = typer.Typer(no_args_is_help=True, help="Boxes.")
gateway_app = typer.Typer(no_args_is_help=True, help="Gateways.")
app.add_typer(box_app, name="box")
app.add_typer(gateway_app, name="gateway")
cli_money.add_to(app)
cli_partner.add_to(app)
cli_account.add_to(app)
cli_alert.add_to(app)
cli_backup.add_to(app)
cli_rule.add_to(app)
cli_ledger.add_to(app)
cli_discrepancy.add_to(app)
cli_records.add_to(app)
cli_receipt.add_to(app)
cli_loss.add_to(app)
cli_rollout.add_to(app)
cli_upgrade.add_to(app)
cli_user.add_to(app)
cli_visit.add_to(app)
cli_witness.add_to(app)

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def _run(work: Callable[[Program], Awaitable[Result]]) -> Result:
    """Build the program, do one thing with it, and close it; errors become sentences."""

    async def whole() -> Result:
        program = await build(load_settings())
        try:
            return await work(program)
        finally:
            await program.close()

    return _spoken(lambda: asyncio.run(whole()))


def _spoken(work: Callable[[], Result]) -> Result:
    configure_log()
    try:
        return work()
    except ServerError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None


def _tell(sentence: str, *, as_json: bool, **values: object) -> None:
    typer.echo(json.dumps(values) if as_json else sentence)


@app.command()
def run(
    migrate: Annotated[
        bool, typer.Option(help="Bring the database up to date before serving.")
    ] = True,
) -> None:
    """Serve until told to stop (SIGTERM or Ctrl+C)."""
    _spoken(lambda: serve(load_settings(), migrate=migrate))


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database up to date."""
    version = _run(lambda program: program.migrate())
    _tell(f"The database is at version {version}.", as_json=as_json, version=version)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look for what is wrong, from settings to seals; exit 1 if anything is."""
    wrong = wrong_settings()
    findings = _run(examine_all) if wrong is None else [wrong]
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings]))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.is_fine else 'BAD '} {finding.sentence}")
    if not all(finding.is_fine for finding in findings):
        raise typer.Exit(1)


@app.command("enrolment-token")
def enrolment_token(as_json: AsJson = False) -> None:
    """Make a single-use token with which a bench enrols one box within a day."""
    token = _run(lambda program: program.make_enrolment_token())
    _tell(token, as_json=as_json, token=token)


@box_app.command("add")
def box_add(
    box: Annotated[str, typer.Argument(help="Id of the box: a-z, 0-9 and hyphen.")],
    key_file: Annotated[
        str, typer.Option(help="Only - (standard input): base64 of the 32 byte key.")
    ],
    epoch: Annotated[int, typer.Option(help="Epoch of the key.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make a box known with a key from standard input (for development)."""
    if key_file != "-":
        typer.echo("A box key is read from standard input only: --key-file -", err=True)
        raise typer.Exit(2)
    line = sys.stdin.readline().strip()

    async def add(program: Program) -> None:
        try:
            key = base64.b64decode(line, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("A box key is base64 of exactly 32 bytes.") from None
        await program.add_box(box, epoch=epoch, key=key)

    _run(add)
    _tell(f"Box {box} is known, epoch {epoch}.", as_json=as_json, box=box, epoch=epoch)


@box_app.command("list")
def box_list(as_json: AsJson = False) -> None:
    """List the boxes and how far their records reach."""

    async def read(program: Program) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        async with program.database.read() as connection:
            after = ""
            while page := await box_rows_all(connection, after=after):
                found += [_box_line(dict(row)) for row in page]
                after = str(page[-1]["box_id"])
        return found

    lines = _run(read)
    if as_json:
        typer.echo(json.dumps(lines))
        return
    for line in lines:
        typer.echo("  ".join(f"{name}={value}" for name, value in line.items()))


@box_app.command("tag")
def box_tag(
    box: Annotated[str, typer.Argument(help="Id of the box.")],
    tags: Annotated[
        list[str] | None, typer.Argument(help="Every tag it should have; none takes all away.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a box these tags and no others."""
    kept = _run(lambda program: program.configurations.set_tags(box, tags or [], actor="cli"))
    said = ", ".join(kept) or "no tags"
    _tell(f"Box {box} has {said}.", as_json=as_json, box=box, tags=kept)


@box_app.command("configure")
def box_configure(
    box: Annotated[str, typer.Argument(help="Id of the box.")],
    options: Annotated[
        list[str] | None, typer.Argument(help="OPTION=NUMBER …; what is left out has its default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Wish a whole configuration for a box; it is told until it answers."""

    async def configure(program: Program) -> int:
        wanted = {}
        for option in options or []:
            name, _, value = option.partition("=")
            if not (value.isascii() and value.isdecimal() and len(value) < 10):
                raise Malformed(f"{option[:80]!r} is no OPTION=NUMBER.")
            wanted[name] = int(value)
        return await program.configurations.configure(box, wanted, actor="cli", reason=None)

    revision = _run(configure)
    _tell(f"Box {box} is wished revision {revision}.", as_json=as_json, box=box, revision=revision)


def _box_line(row: dict[str, object]) -> dict[str, object]:
    seen = row["last_seen_at"]
    return {
        "box": row["box_id"],
        "epoch": row["epoch"],
        "head_seq": row["head_seq"],
        "seq_max": row["seq_max"],
        "gaps_open": row["gaps_open"],
        "deposits": row["deposits"],
        "last_seen_at": None if seen is None else str(seen),
    }


@gateway_app.command("add")
def gateway_add(
    gateway: Annotated[str, typer.Argument(help="Id of the gateway.")], as_json: AsJson = False
) -> None:
    """Make a gateway known; its token is shown only now."""
    token = _run(lambda program: program.add_gateway(gateway))
    _tell(token, as_json=as_json, gateway=gateway, token=token)
