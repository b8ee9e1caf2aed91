"""The commands about people who log in: add, invite, list, lock out."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from jimpitan_server.adapters.people_desk import PeopleDesk
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.user import Role
from jimpitan_server.entrypoints.cli_desk import AsJson, with_program
from jimpitan_server.services.people import Invited

user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
Name = Annotated[str, typer.Argument(help="Name to log in with.")]
ACTOR = "cli"
Result = TypeVar("Result")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about people."""
    app.add_typer(user_app, name="user")


@user_app.command("add")
def user_add(
    login_name: Name,
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    as_json: AsJson = False,
) -> None:
    """Make a person known; the password is asked for, or read from standard input."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    user_id = with_program(
        lambda program: program.add_user(login_name, role=role, password=password)
    )
    _tell(f"{login_name} may log in.", as_json=as_json, user_id=user_id, login_name=login_name)


@user_app.command("invite")
def user_invite(
    login_name: Name,
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    as_json: AsJson = False,
) -> None:
    """Make a person known, who sets a password by a link; it is shown only now."""
    invited = with_program(
        lambda program: _desk(program).invite(login_name, role=role, actor=ACTOR)
    )
    _tell_link(invited, as_json=as_json)


@user_app.command("link")
def user_link(login_name: Name, as_json: AsJson = False) -> None:
    """Make a link by which a person sets a new password; older links end."""

    invited = _at_person(login_name, lambda desk, one: desk.invite_again(one, actor=ACTOR))
    _tell_link(invited, as_json=as_json)


@user_app.command("list")
def user_list(as_json: AsJson = False) -> None:
    """List who may log in, as what, and since when."""
    found = [
        {
            "login_name": one.login_name,
            "user_id": one.user_id,
            "role": one.role.value,
            "has_password": one.has_password,
            "disabled": one.disabled_at is not None,
            "logins": one.logins,
        }
        for one in with_program(lambda program: _desk(program).people())
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo("  ".join(f"{key}={value}" for key, value in one.items()))


@user_app.command("disable")
def user_disable(login_name: Name, as_json: AsJson = False) -> None:
    """Let a person in no more, at once and everywhere; what was done stays recorded."""

    _at_person(login_name, lambda desk, one: desk.disable(one, actor=ACTOR))
    _tell(f"{login_name} is locked out.", as_json=as_json, login_name=login_name, disabled=True)


@user_app.command("enable")
def user_enable(login_name: Name, as_json: AsJson = False) -> None:
    """Let a person in again."""

    _at_person(login_name, lambda desk, one: desk.enable(one, actor=ACTOR))
    _tell(f"{login_name} may log in.", as_json=as_json, login_name=login_name, disabled=False)


@user_app.command("logout")
def user_logout(login_name: Name, as_json: AsJson = False) -> None:
    """End every login of a person: a laptop was lost, the person stays."""

    count = _at_person(
        login_name, lambda desk, one: desk.end_logins(one, handle=None, actor=ACTOR)
    )
    sentence = f"{count} logins of {login_name} ended."
    _tell(sentence, as_json=as_json, login_name=login_name, ended=count)


def _desk(program: Program) -> PeopleDesk:
    return PeopleDesk(program.database, program.clock, program.passwords)


def _at_person(name: str, act: Callable[[PeopleDesk, str], Awaitable[Result]]) -> Result:
    async def acted(program: Program) -> Result:
        desk = _desk(program)
        known = {one.login_name: one.user_id for one in await desk.people()}
        if name not in known:
            raise NotFound(f"There is nobody {name} here.", code="person_unknown")
        return await act(desk, known[name])

    return with_program(acted)


def _tell_link(invited: Invited, *, as_json: bool) -> None:
    path = f"/undangan/{invited.token}"
    sentence = (
        f"{invited.login_name} sets a password once at {path} of this server, until"
        f" {invited.expires_at.isoformat(timespec='minutes')}."
    )
    _tell(sentence, as_json=as_json, login_name=invited.login_name, path=path)


def _tell(sentence: str, *, as_json: bool, **values: object) -> None:
    typer.echo(json.dumps(values) if as_json else sentence)
