"""The command that draws the receipt of a count."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.adapters.receipt_pdf import receipt_pdf
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.entrypoints.cli_desk import AsJson, spoken, with_program

receipt_app = typer.Typer(no_args_is_help=True, help="Receipts of counts.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about receipts."""
    app.add_typer(receipt_app, name="receipt")


@receipt_app.command("make")
def receipt_make(
    collection: Annotated[str, typer.Argument(help="Id of the count.")],
    file: Annotated[Path, typer.Argument(help="Where the PDF goes.")],
    as_json: AsJson = False,
) -> None:
    """Write the receipt of a count as PDF; needs JIMPITAN_PUBLIC_URL for its QR code."""

    async def make(program: Program) -> bytes:
        url = program.settings.public_url
        if not url:
            raise Malformed("Set JIMPITAN_PUBLIC_URL: the QR code leads there.")
        paper = await program.collections.receipt(collection, only_for=None)
        return receipt_pdf(
            paper,
            programme=program.settings.programme_name,
            zone=program.settings.timezone,
            url=f"{url.rstrip('/')}/struk/{paper.code}",
        )

    content = with_program(make)
    spoken(lambda: write(file, content))
    answer = json.dumps({"collection_id": collection, "file": str(file), "bytes": len(content)})
    typer.echo(answer if as_json else f"The receipt is in {file}.")


def write(file: Path, content: bytes) -> None:
    """Write a file, or say why it cannot be written."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Malformed(f"{file} cannot be written: {error.strerror}.") from None
