"""The commands about money: bank partners, codes on boxes, statements, matching."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.qris_payload import QrisPayload
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementProfile, profile_of
from jimpitan_server.domain.statement_profiles import PROFILES, profile_named
from jimpitan_server.domain.statement_reading import FILE_LENGTH_MAX
from jimpitan_server.entrypoints.format import format_rupiah
from jimpitan_server.entrypoints.http import matching_answers, money_answers
from jimpitan_server.entrypoints.log import configure_log
from jimpitan_server.settings import load_settings

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Payload = Annotated[str, typer.Argument(help="The text of the code, or - for standard input.")]

statement_app = typer.Typer(no_args_is_help=True, help="Account statements.")
qris_app = typer.Typer(no_args_is_help=True, help="QRIS codes.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about money."""
    app.add_typer(statement_app, name="statement")
    app.add_typer(qris_app, name="qris")
    app.command("reconcile")(reconcile)


def _spoken(work: Callable[[], Result]) -> Result:
    """Do the work; an error becomes a sentence and the exit code 1."""
    configure_log()
    try:
        return work()
    except ServerError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None


def at_desk(work: Callable[[MoneyDesk], Awaitable[Result]]) -> Result:
    """Do one thing at the desk of money; an error becomes a sentence and the exit code 1."""

    async def whole() -> Result:
        program = await build(load_settings())
        try:
            return await work(program.money)
        finally:
            await program.close()

    return _spoken(lambda: asyncio.run(whole()))


def _read(file: Path, *, bytes_max: int) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(bytes_max + 1)
    except OSError as error:
        raise Malformed(f"{file} cannot be read: {error.strerror}.") from None


def _payload(argument: str) -> str:
    return sys.stdin.readline().strip("\r\n") if argument == "-" else argument


def _profile(name: str) -> StatementProfile:
    """Return a known layout, or the one that a JSON file describes."""
    if not name.endswith(".json"):
        return profile_named(name)
    try:
        described = json.loads(_read(Path(name), bytes_max=100_000))
    except ValueError as error:
        raise ProfileMalformed(f"{name} is no JSON: {error}") from None
    if not isinstance(described, dict):
        raise ProfileMalformed(f"{name} does not describe a profile")
    return profile_of(Path(name).stem[:40], described)


@statement_app.command("import")
def statement_import(
    file: Annotated[Path, typer.Argument(help="The statement as CSV.")],
    *,
    profile: Annotated[str, typer.Option(help="Layout: a known name, or a JSON file.")],
    account: Annotated[str, typer.Option(help="Id of the account it is of.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a statement: all of its new lines, or none when anything is wrong with it."""
    imported = at_desk(
        lambda desk: desk.import_statement(
            account=account,
            file_name=file.name,
            content=_read(file, bytes_max=FILE_LENGTH_MAX),
            profile=_profile(profile),
            dry_run=dry_run,
            actor="cli",
        )
    )
    if imported.faults:
        for fault in imported.faults:
            typer.echo(str(fault), err=True)
        if as_json:
            typer.echo(json.dumps(money_answers.of_faults(imported)))
        raise typer.Exit(1)
    sentence = (
        f"{imported.lines_new} of {imported.lines_read} lines were new,"
        f" {imported.lines_known} were known;"
        f" the credits in the file are {format_rupiah(imported.credits)}."
    )
    if dry_run:
        sentence += " Nothing was imported."
    typer.echo(json.dumps(money_answers.of_import(imported)) if as_json else sentence)


@statement_app.command("profiles")
def statement_profiles(as_json: AsJson = False) -> None:
    """List the layouts that are known."""
    names = sorted(PROFILES)
    typer.echo(json.dumps({"profiles": names}) if as_json else "\n".join(names))


@qris_app.command("inspect")
def qris_inspect(payload: Payload, as_json: AsJson = False) -> None:
    """Take a code apart; exit code 1 when it must not be printed or paid to."""
    read = _spoken(lambda: parse(_payload(payload)))
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


def reconcile(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look.")] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="RULE=VALUE: what if; implies --dry-run; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Match everything that stands anew, and say where the money is."""
    if dry_run or change:
        _what_if(dict(_split(one) for one in change or ()), as_json=as_json)
        return
    _tell(at_desk(lambda desk: desk.reconcile()), as_json=as_json)


def _split(change: str) -> tuple[str, str]:
    name, sign, value = change.partition("=")
    if not sign:
        typer.echo(f"{change!r} is no RULE=VALUE.", err=True)
        raise typer.Exit(2)
    return name.strip(), value.strip()


def _what_if(changes: dict[str, str], *, as_json: bool) -> None:
    found = at_desk(lambda desk: desk.what_if(changes))
    difference = matching_answers.of_difference(found.difference)
    if as_json:
        answer = money_answers.of_matching(found.matching) | {"difference": difference}
        typer.echo(json.dumps(answer))
        return
    _tell(found.matching, as_json=False)
    for name, (before, after) in found.difference.states.items():
        if before != after:
            typer.echo(f"{name}: {before} matches, would be {after}")
    for name, (stood, stands) in found.difference.position.items():
        typer.echo(f"{name}: {format_rupiah(stood)}, would be {format_rupiah(stands)}")
    typer.echo("Nothing was kept.")


def _tell(matching: Matching, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(money_answers.of_matching(matching)))
        return
    position = matching.position
    for name in position.__dataclass_fields__:
        amount: Rupiah = getattr(position, name)
        typer.echo(f"{name}: {format_rupiah(amount)}")
    typer.echo(f"discrepancies: {len(matching.discrepancies)}")
