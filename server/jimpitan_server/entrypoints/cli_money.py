"""The commands about money: bank partners, codes on boxes, statements, matching."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.domain.books import Settlement
from jimpitan_server.domain.partner import DEFAULT_PATH, Account, BankPartner
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.qris_payload import QrisPayload
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk, read_file, spoken
from jimpitan_server.entrypoints.cli_statement import statement_app
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import money_answers

Payload = Annotated[str, typer.Argument(help="The text of the code, or - for standard input.")]

partner_app = typer.Typer(no_args_is_help=True, help="Bank partners that notify payments.")
qris_app = typer.Typer(no_args_is_help=True, help="QRIS codes.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about money."""
    app.add_typer(partner_app, name="partner")
    app.add_typer(statement_app, name="statement")
    app.add_typer(qris_app, name="qris")
    app.command("reconcile")(reconcile)


def _payload(argument: str) -> str:
    return sys.stdin.readline().strip("\r\n") if argument == "-" else argument


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


@qris_app.command("inspect")
def qris_inspect(payload: Payload, as_json: AsJson = False) -> None:
    """Take a code apart; exit code 1 when it must not be printed or paid to."""
    read = spoken(lambda: parse(_payload(payload)))
    answer = _described(read)
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        for name, value in answer.items():
            typer.echo(f"{name}: {value}")
    if read.errors:
        raise typer.Exit(1)


def _described(read: QrisPayload) -> dict[str, object]:
    return {
        "crc_valid": read.crc_valid,
        "nmid": read.nmid,
        "mpan": read.mpan,
        "merchant_name": read.merchant_name,
        "city": read.city,
        "terminal_label": read.terminal_label,
        "point_of_initiation": read.point_of_initiation,
        "amount_idr": read.amount.amount if read.amount else None,
        "mcc": read.mcc,
        "tags": {tlv.tag: tlv.value for tlv in reversed(read.tags)},
        "errors": [{"code": one.code, "sentence": one.sentence} for one in read.errors],
        "warnings": [{"code": one.code, "sentence": one.sentence} for one in read.warnings],
    }


@qris_app.command("register")
def qris_register(
    box: Annotated[str, typer.Argument(help="Id of the box that carries the code.")],
    payload: Payload,
    *,
    store_id: Annotated[str | None, typer.Option(help="The bank's store id.")] = None,
    merchant_id: Annotated[str | None, typer.Option(help="The bank's merchant id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register the code that is printed on a box, so that payments find the box."""
    text = _payload(payload)
    read = at_desk(
        lambda desk: desk.register_code(
            box=box, payload=text, store_id=store_id, merchant_id=merchant_id
        )
    )
    answer = {"box": box} | _described(read)
    typer.echo(json.dumps(answer) if as_json else f"Box {box} carries {read.merchant_name}.")


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
