"""The command about records that a person carried: import of a pull file."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.adapters.pull_desk import Imported
from jimpitan_server.adapters.pull_file import FILE_LENGTH_MAX
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.entrypoints.log import configure_log
from jimpitan_server.settings import load_settings

records_app = typer.Typer(no_args_is_help=True, help="Records that a person carried.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its word about records."""
    app.add_typer(records_app, name="records")


@records_app.callback()
def records() -> None:
    """Records that a person carried."""


@records_app.command("import")
def records_import(
    file: Annotated[Path, typer.Argument(help="File of `jimpitan-gateway box pull`.")],
    answer: Annotated[
        Path | None, typer.Option(help="Where the answer for the box goes; FILE.answer.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Take in the records of a box without network; the same file twice changes nothing.

    The answer, brought back with `jimpitan-gateway box hear`, lets the box make room. Exit code
    1 when the file is none or records of it were refused.
    """
    configure_log()
    try:
        imported = asyncio.run(_import(file))
    except ServerError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None
    kept_in = _write_answer(imported, answer or file.with_name(file.name + ".answer"))
    found = asdict(imported) | {"answer": kept_in}
    said = sentence(imported)
    if kept_in:
        said += f" Bring {kept_in} back to the box: `jimpitan-gateway box hear {kept_in}`."
    typer.echo(json.dumps(found) if as_json else said)
    if imported.refused:
        raise typer.Exit(1)


def _write_answer(imported: Imported, path: Path) -> str:
    """Write the answer for the box; return where it is, "" when there is none."""
    if not imported.answer:
        return ""
    try:
        path.write_bytes(imported.answer)
    except OSError as error:
        typer.echo(f"{path} cannot be written: {error.strerror}; run this again.", err=True)
        raise typer.Exit(1) from None
    return str(path)


async def _import(file: Path) -> Imported:
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_LENGTH_MAX + 1)
    except OSError as error:
        raise Malformed(f"{file} cannot be read: {error.strerror}.") from None
    program = await build(load_settings())
    try:
        return await program.import_records(content, actor="cli")
    finally:
        await program.close()


def sentence(imported: Imported) -> str:
    """Return what became of the records, as one sentence for a person."""
    said = (
        f"{imported.box}: {imported.stored} records were new, {imported.duplicate} were known,"
        f" {imported.refused} were refused"
    )
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(imported.reasons.items()))
    return f"{said} and lie in quarantine ({reasons})." if reasons else f"{said}."
