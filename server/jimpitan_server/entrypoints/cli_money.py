"""The commands about money: bank partners and matching; codes and statements have their own."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.domain.books import Settlement
from jimpitan_server.domain.partner import DEFAULT_PATH, Account, BankPartner
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk, read_file
from jimpitan_server.entrypoints.cli_qris import qris_app
from jimpitan_server.entrypoints.cli_statement import statement_app
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import money_answers

partner_app = typer.Typer(no_args_is_help=True, help="Bank partners that notify payments.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about money."""
    app.add_typer(partner_app, name="partner")
    app.add_typer(statement_app, name="statement")
    app.add_typer(qris_app, name="qris")
    app.command("reconcile")(reconcile)


@partner_app.command("add")
def partner_add(
    partner: Annotated[str, typer.Argument(help="X-PARTNER-ID that the bank sends.")],
    *,
    public_key: Annotated[Path, typer.Option(help="File with the bank's RSA public key, PEM.")],
    account: Annotated[str, typer.Option(help="Id of the account the payments reach.")],
    path: Annotated[str, typer.Option(help="Path that the bank signs.")] = DEFAULT_PATH,
    settlement: Annotated[
        Settlement, typer.Option(help="How payments reach the account.")
    ] = Settlement.PAYMENT,
    merchant_id: Annotated[
        list[str] | None, typer.Option(help="The bank's merchant id for us; may be repeated.")
    ] = None,
    window_minutes: Annotated[
        int, typer.Option(min=1, max=1440, help="How old a message may be before it is held.")
    ] = 15,
    as_json: AsJson = False,
) -> None:
    """Make a bank partner known, with the account its payments reach."""

    async def add(desk: MoneyDesk) -> None:
        new = BankPartner(
            partner_id=partner,
            account=account,
            path=path,
            public_key_pem=read_file(public_key, bytes_max=20_000).decode("utf-8", "replace"),
            window=timedelta(minutes=window_minutes),
            merchant_ids=tuple(merchant_id or ()),
        )
        await desk.add_partner(new, Account(account_id=account, settlement=settlement))

    at_desk(add)
    answer = {"partner": partner, "account": account, "path": path}
    typer.echo(json.dumps(answer) if as_json else f"Partner {partner} is known.")


def reconcile(as_json: AsJson = False) -> None:
    """Match everything that stands anew, and say where the money is."""
    matching = at_desk(lambda desk: desk.reconcile())
    answer = money_answers.of_matching(matching)
    if as_json:
        typer.echo(json.dumps(answer))
        return
    position = matching.position
    for name in position.__dataclass_fields__:
        amount: Rupiah = getattr(position, name)
        typer.echo(f"{name}: {format_rupiah(amount)}")
    typer.echo(f"discrepancies: {len(matching.discrepancies)}")
