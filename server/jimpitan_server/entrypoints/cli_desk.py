"""What the commands about money share: the desk, files, and errors as sentences."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.entrypoints.log import configure_log
from jimpitan_server.settings import load_settings

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def spoken(work: Callable[[], Result]) -> Result:
    """Do the work; an error becomes a sentence and the exit code 1."""
    configure_log()
    try:
        return work()
    except ServerError as error:
        typer.echo(error.sentence, err=True)
        raise typer.Exit(1) from None


def with_program(work: Callable[[Program], Awaitable[Result]]) -> Result:
    """Do something with a program that is built for it alone."""

    async def whole() -> Result:
        program = await build(load_settings())
        try:
            return await work(program)
        finally:
            await program.close()

    return spoken(lambda: asyncio.run(whole()))


def at_desk(work: Callable[[MoneyDesk], Awaitable[Result]]) -> Result:
    """Do something at the money desk."""
    return with_program(lambda program: work(program.money))


def read_file(file: Path, *, bytes_max: int) -> bytes:
    """Return a file, cut one byte behind the bound so that the reader can refuse it."""
    try:
        with file.open("rb") as content:
            return content.read(bytes_max + 1)
    except OSError as error:
        raise Malformed(f"{file} cannot be read: {error.strerror}.") from None
