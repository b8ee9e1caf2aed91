"""The commands about QRIS codes: take them apart, register them, see which need a scan."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, BinaryIO

import typer

from jimpitan_server.adapters.database import partner_rows
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.domain.money_errors import QrisMalformed
from jimpitan_server.domain.qris import parse
from jimpitan_server.domain.qris_payload import QrisPayload, Remark
from jimpitan_server.domain.sticker import CodeMode, RegisteredCode, judge_scan
from jimpitan_server.entrypoints.cli_desk import AsJson, at_desk, with_program

qris_app = typer.Typer(no_args_is_help=True, help="QRIS codes.")
Payload = Annotated[str, typer.Argument(help="The text of the code, or - for standard input.")]
# A line of standard input: four times the longest code. More is read over and refused.
LINE_LENGTH_MAX = 2_048
LINES_MAX = 1_000_000


@qris_app.command("inspect")
def qris_inspect(
    payload: Payload,
    *,
    against: Annotated[
        str | None, typer.Option(help="A box: say whether it is the code registered for it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take codes apart; exit code 1 when one must not be printed or paid to.

    With - every line of standard input is a code, and answered with one line.
    """
    codes = _codes_of(against) if against is not None else None
    lines = _lines(sys.stdin.buffer) if payload == "-" else iter([payload])
    is_sound = True
    for line in lines:
        answer = inspected(line, codes)
        is_sound = is_sound and not answer["errors"]
        if as_json:
            typer.echo(json.dumps(answer))
        else:
            typer.echo("\n".join(f"{name}: {value}" for name, value in answer.items()))
    if not is_sound:
        raise typer.Exit(1)


def _codes_of(box: str) -> list[RegisteredCode]:
    async def codes(program: Program) -> list[RegisteredCode]:
        if not is_box_id(box):
            raise Malformed("A box id has 1 to 32 characters of a-z, 0-9 and hyphen.")
        async with program.database.read() as connection:
            found = await partner_rows.registered_codes(connection, BoxId(box))
        return [code for code in found if code.withdrawn_at is None]

    return with_program(codes)


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Return the lines of a stream, each bounded; what is longer is cut, and so refused."""
    for _ in range(LINES_MAX):
        line = stream.readline(LINE_LENGTH_MAX)
        if not line:
            return
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_LENGTH_MAX)
        yield line.decode("utf-8", "replace").strip("\r\n")
    typer.echo(f"Only {LINES_MAX} lines were read.", err=True)
    raise typer.Exit(1)


def inspected(line: str, codes: list[RegisteredCode] | None = None) -> dict[str, object]:
    """Return everything about a code as JSON can carry it; garbage is an answer too."""
    try:
        read = parse(line)
    except QrisMalformed as error:
        answer = _NOTHING | {"errors": [_remark(Remark("not_qris", error.sentence))]}
    else:
        answer = _described(read)
    if codes is not None:
        judgement = judge_scan(line, codes)
        answer["verdict"] = judgement.verdict.value
        answer["differences"] = {
            name: {"registered": ours, "found": found}
            for name, (ours, found) in judgement.differences.items()
        }
    return answer


_NOTHING: dict[str, object] = {
    "valid": False,
    "crc_valid": False,
    "nmid": None,
    "mpan": None,
    "merchant_name": None,
    "city": None,
    "terminal_label": None,
    "point_of_initiation": None,
    "amount_idr": None,
    "mcc": None,
    "tags": {},
    "errors": [],
    "warnings": [],
}


def _described(read: QrisPayload) -> dict[str, object]:
    return {
        "valid": read.is_whole and read.crc_valid,
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
        "errors": [_remark(one) for one in read.errors],
        "warnings": [_remark(one) for one in read.warnings],
    }


def _remark(one: Remark) -> dict[str, str]:
    return {"code": one.code, "sentence": one.sentence}


@qris_app.command("register")
def qris_register(
    box: Annotated[str, typer.Argument(help="Id of the box that carries the code.")],
    payload: Payload,
    *,
    mode: Annotated[
        CodeMode, typer.Option(help="Whether the code is on this box alone.")
    ] = CodeMode.OWN,
    replace: Annotated[
        bool, typer.Option("--replace", help="The box carries no other code any more.")
    ] = False,
    store_id: Annotated[str | None, typer.Option(help="The bank's store id.")] = None,
    merchant_id: Annotated[str | None, typer.Option(help="The bank's merchant id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register the code that is printed on a box, so that payments find the box."""
    text = next(_lines(sys.stdin.buffer), "") if payload == "-" else payload
    read = at_desk(
        lambda desk: desk.register_code(
            box=box,
            payload=text,
            store_id=store_id,
            merchant_id=merchant_id,
            mode=mode,
            replace=replace,
        )
    )
    answer = {"box": box, "mode": mode.value} | _described(read)
    typer.echo(json.dumps(answer) if as_json else f"Box {box} carries {read.merchant_name}.")


@qris_app.command("overdue")
def qris_overdue(
    days: Annotated[
        int | None, typer.Option(min=1, max=365, help="Instead of JIMPITAN_SCAN_OVERDUE_DAYS.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the boxes whose sticker nobody has scanned for too long."""
    patience = timedelta(days=days) if days is not None else None
    states = with_program(lambda program: program.stickers.overdue(patience))
    if as_json:
        found = [
            {
                "box": one.box,
                "scanned_at": one.scanned_at.isoformat() if one.scanned_at else None,
                "registered_at": one.registered_at.isoformat(),
            }
            for one in states
        ]
        typer.echo(json.dumps({"overdue": found}))
        return
    for one in states:
        since = one.scanned_at.date().isoformat() if one.scanned_at else "never"
        typer.echo(f"{one.box}: last scanned {since}")
