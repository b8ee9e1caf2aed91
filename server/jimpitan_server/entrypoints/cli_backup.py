"""The commands about backups: make, look at, prove and restore one."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from typer.core import TyperGroup

from jimpitan_server.adapters.backup_desk import (
    Manifest,
    Progress,
    backups_in,
    forget_old,
    made_at,
)
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints import backup_check
from jimpitan_server.entrypoints.cli_desk import AsJson, spoken, with_program
from jimpitan_server.settings import load_settings

File = Annotated[Path, typer.Argument(help="File of `jimpitan-server backup`.")]

UNPROVEN = ".unproven"


class FolderOrWord(TyperGroup):
    """`backup FOLDER` is `backup make FOLDER`; a folder that is called `list` is `./list`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a first word that is none of ours for a folder."""
        if args and args[0] not in self.commands:
            args = ["make", *args]
        return super().resolve_command(ctx, args)


backup_app = typer.Typer(cls=FolderOrWord, no_args_is_help=True, help="Backups of everything.")


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its words about backups."""
    app.add_typer(backup_app, name="backup")
    app.command("restore")(restore)


@backup_app.command("make")
def backup_make(
    folder: Annotated[Path, typer.Argument(help="Where the backup goes, on another disk.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Keep so many backups, remove older ones.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Prove it by restoring it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a backup of everything while the server runs; it is sealed with the master key."""

    async def make(program: Program) -> tuple[Path, Manifest, list[str]]:
        with shown("Backing up") as progress:
            file, manifest = await backup_check.desk_of(program).make(folder, progress=progress)
        if not verify:
            return file, manifest, []
        file, wrong = await _proven(file, program)
        return file, manifest, wrong

    file, manifest, wrong = with_program(make)
    _refuse(wrong, file)
    gone = forget_old(folder, keep=keep) if keep else []
    if as_json:
        named = {"file": str(file), "verified": verify, "removed": [str(one) for one in gone]}
        typer.echo(json.dumps(manifest.as_json() | named))
        return
    proven = ", and proven by restoring it" if verify else ""
    typer.echo(f"{file}: {manifest.total} rows{proven}. {len(gone)} older backups were removed.")
    typer.echo("Nobody can read it without JIMPITAN_MASTER_KEY: keep that at another place.")


async def _proven(file: Path, program: Program) -> tuple[Path, list[str]]:
    """Prove a backup, which meanwhile is called otherwise; return what it is called then.

    What was not proven, also because the program was stopped, is no backup to count on; the
    newest such file is kept for whoever wants to know why.
    """
    for older in file.parent.glob(f"jimpitan-*{UNPROVEN}"):
        older.unlink(missing_ok=True)
    unproven = file.replace(file.with_suffix(UNPROVEN))
    with shown("Proving") as progress:
        _, wrong = await backup_check.verify(unproven, program.settings, progress=progress)
    return (unproven, wrong) if wrong else (unproven.replace(file), [])


@backup_app.command("verify")
def backup_verify(file: File, as_json: AsJson = False) -> None:
    """Prove a backup: restore it into a scratch database, compare, walk its hash chains."""

    async def prove() -> tuple[Manifest, list[str]]:
        with shown("Proving") as progress:
            return await backup_check.verify(file, load_settings(), progress=progress)

    manifest, wrong = spoken(lambda: asyncio.run(prove()))
    _refuse(wrong, file)
    _tell(manifest, f"{file} is sound: {manifest.total} rows", as_json=as_json)


@backup_app.command("list")
def backup_list(
    folder: Annotated[Path, typer.Argument(help="Where backups are.")], as_json: AsJson = False
) -> None:
    """List the backups in a folder, the newest first."""
    files = spoken(lambda: backups_in(folder))
    lines = [
        {"file": str(one), "made_at": made_at(one).isoformat(), "length": one.stat().st_size}
        for one in files
    ]
    if as_json:
        typer.echo(json.dumps(lines))
        return
    for line in lines:
        typer.echo(f"{line['made_at']}  {line['length']:>12}  {line['file']}")


def restore(file: File, as_json: AsJson = False) -> None:
    """Put a backup into the empty database of JIMPITAN_DATABASE_URL, and bring it up to date."""

    async def put_in(program: Program) -> tuple[Manifest, list[str]]:
        with shown("Restoring") as progress:
            return await backup_check.restore_into(program, file, progress=progress)

    manifest, wrong = with_program(put_in)
    _refuse(wrong, file)
    _tell(manifest, f"{file} is restored: {manifest.total} rows", as_json=as_json)
    if not as_json:
        typer.echo(
            "Start the server: boxes send again what came after the backup. Enter again what"
            " people did after it, revoke again whom you revoked after it; everybody logs in anew."
        )


def _refuse(wrong: list[str], file: Path) -> None:
    if wrong:
        typer.echo(f"{file} is not sound: {' '.join(wrong)}", err=True)
        raise typer.Exit(1)


def _tell(manifest: Manifest, sentence: str, *, as_json: bool) -> None:
    said = f"{sentence} of {manifest.made_at}, schema {manifest.revision}."
    typer.echo(json.dumps(manifest.as_json()) if as_json else said)


@contextmanager
def shown(what: str) -> Iterator[Progress]:
    """Show on a terminal how far a work is; say nothing to a file or a program."""
    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
