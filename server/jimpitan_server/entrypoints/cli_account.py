"""The commands about the programme's bank accounts and how QRIS payments reach them."""

import json
from datetime import datetime
from typing import Annotated

import typer

from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.settlement import SETTLEMENTS
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk

account_app = typer.Typer(no_args_is_help=True, help="Bank accounts and their settlement.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about accounts."""
    app.add_typer(account_app, name="account")


@account_app.command("list")
def account_list(as_json: AsJson = False) -> None:
    """List the accounts, and by which profile each settles from which day."""
    found = [_described(one) for one in at_desk(lambda desk: desk.accounts())]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo(f"{one['account']}: {one['settlement']}")


def _described(account: Account) -> dict[str, object]:
    later = [f"{name} from {start.isoformat()}" for start, name in account.changes]
    return {
        "account": account.account_id,
        "settlement": ", ".join([account.settlement.value, *later]),
    }


@account_app.command("profiles")
def account_profiles(as_json: AsJson = False) -> None:
    """List the settlement profiles that are known, and where they come from."""
    found = [
        {
            "profile": one.name,
            "way": one.way.value,
            "cutoffs": [f"{cutoff:%H:%M}" for cutoff in one.cutoffs],
            "lag_days": [one.lag_days_min, one.lag_days_max],
            "in_open_days": one.in_open_days,
            "fee_bp": one.fee_bp,
            "verified": one.verified,
            "source": one.source,
        }
        for one in SETTLEMENTS.values()
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for described in found:
        typer.echo("  ".join(f"{name}={value}" for name, value in described.items()))


@account_app.command("settle")
def account_settle(
    account: Annotated[str, typer.Argument(help="Id of the account.")],
    profile: Annotated[str, typer.Argument(help="Name of a settlement profile.")],
    *,
    start: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day of this habit."),
    ],
    as_json: AsJson = False,
) -> None:
    """Let an account settle by another profile from a day on; matching follows."""
    found = at_desk(
        lambda desk: desk.settle_by(account, profile=profile, valid_from=start.date(), actor="cli")
    )
    answer = {"account": account, "profile": found.name, "from": start.date().isoformat()}
    sentence = f"Account {account} settles by {found.name} from {start.date().isoformat()}."
    typer.echo(json.dumps(answer) if as_json else sentence)
