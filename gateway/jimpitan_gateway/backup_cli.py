"""The commands about backups of the spool."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from jimpitan_gateway.bootstrap import now_ms
from jimpitan_gateway.errors import GatewayError
from jimpitan_gateway.settings import Settings
from jimpitan_gateway.spool_backup import Manifest, forget_old, make_backup, restore_backup

Json = Annotated[bool, typer.Option("--json", help="Answer for a program to read.")]


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup goes, on another disk.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Keep so many backups, remove older ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a backup of the spool while the gateway runs, and read it again for proof."""
    now = datetime.fromtimestamp(now_ms() // 1000, UTC)
    console = Console(stderr=True)
    try:
        with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Backing up", total=None)
            file, manifest = make_backup(
                Settings().spool,
                folder,
                now=now,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        gone = forget_old(folder, keep=keep) if keep else []
    except GatewayError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        named = {"file": str(file), "removed": [str(one) for one in gone]}
        typer.echo(json.dumps(manifest.as_json() | named))
        return
    typer.echo(f"{file}: {_held(manifest)}. {len(gone)} older backups were removed.")


def restore(
    file: Annotated[Path, typer.Argument(help="File of `jimpitan-gateway backup`.")],
    as_json: Json = False,
) -> None:
    """Put a backup where no spool is yet; stop the gateway first."""
    try:
        manifest = restore_backup(file, Settings().spool)
    except GatewayError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(manifest.as_json()))
        return
    typer.echo(f"{file} is restored: {_held(manifest)}. Start the gateway: boxes send the rest.")


def _held(manifest: Manifest) -> str:
    return f"{manifest.rows['message']} messages that waited on {manifest.made_at}"
