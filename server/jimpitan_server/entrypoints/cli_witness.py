"""The commands about the second person at a count: witnesses and PINs."""

import json
import sys
from typing import Annotated

import typer

from jimpitan_server.entrypoints.cli_desk import AsJson, with_program

witness_app = typer.Typer(no_args_is_help=True, help="Witnesses of counts.")
pin_app = typer.Typer(no_args_is_help=True, help="PINs of people who confirm counts.")
Name = Annotated[str, typer.Argument(help="Short name of the person.")]


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about witnesses."""
    app.add_typer(witness_app, name="witness")
    app.add_typer(pin_app, name="pin")


@witness_app.command("add")
def witness_add(
    name: Name,
    institution: Annotated[str, typer.Option(help="The institution that she belongs to.")],
    as_json: AsJson = False,
) -> None:
    """Make a witness known; her invitation to set a PIN is shown only now."""
    token = with_program(
        lambda program: program.collections.add_witness(name, institution=institution, actor="cli")
    )
    _tell_invitation(name, token, as_json=as_json)


@witness_app.command("invite")
def witness_invite(name: Name, as_json: AsJson = False) -> None:
    """Make another invitation, with which a forgotten PIN is set anew."""
    token = with_program(lambda program: program.collections.invite(name, actor="cli"))
    _tell_invitation(name, token, as_json=as_json)


def _tell_invitation(name: str, token: str, *, as_json: bool) -> None:
    path = f"/pin/{token}"
    sentence = f"{name} sets a PIN once at {path} of this server, within 7 days."
    typer.echo(json.dumps({"witness": name, "path": path}) if as_json else sentence)


@witness_app.command("list")
def witness_list(as_json: AsJson = False) -> None:
    """List the witnesses, and who has a PIN."""
    found = [
        {
            "witness": one.name,
            "institution": one.institution,
            "has_pin": one.has_pin,
            "withdrawn": one.withdrawn_at is not None,
        }
        for one in with_program(lambda program: program.collections.witnesses())
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo("  ".join(f"{key}={value}" for key, value in one.items()))


@witness_app.command("withdraw")
def witness_withdraw(name: Name, as_json: AsJson = False) -> None:
    """Let a witness confirm no more; what she confirmed stays."""
    with_program(lambda program: program.collections.withdraw_witness(name, actor="cli"))
    answer = json.dumps({"witness": name, "withdrawn": True})
    typer.echo(answer if as_json else f"{name} confirms no more counts.")


@pin_app.command("set")
def pin_set(name: Name, as_json: AsJson = False) -> None:
    """Set the PIN of a user or witness, who types it here herself, or on standard input."""
    if sys.stdin.isatty():
        pin = typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
    else:
        pin = sys.stdin.readline().rstrip("\n")
    with_program(lambda program: program.collections.set_pin_of_name(name, pin, actor="cli"))
    answer = json.dumps({"name": name, "has_pin": True})
    typer.echo(answer if as_json else f"{name} has a PIN.")
