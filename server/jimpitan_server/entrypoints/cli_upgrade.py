"""The command that brings a database to this version, and leaves a way back."""

import json
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from jimpitan_server.adapters.backup_desk import Manifest
from jimpitan_server.adapters.database import table_rows
from jimpitan_server.adapters.database.migrate import is_known, version_of
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Conflict
from jimpitan_server.entrypoints import backup_check
from jimpitan_server.entrypoints.cli_backup import shown
from jimpitan_server.entrypoints.cli_desk import AsJson, with_program
from jimpitan_server.entrypoints.doctor_history import examine_history

# Rows are sealed as they are, and the proof needs the whole database once more.
ROOM_TIMES = 3
ROOM_BYTES_MIN = 50_000_000
# No version may take a row of these away.
KEPT_FOR_EVER = frozenset({"records", "quarantine", "audit", "boxes", "box_keys", "users"})


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade came from and to, and where the way back lies."""

    before: str
    after: str
    program_before: str
    backup: str
    rows: int
    wrong: tuple[str, ...]


def add_to(app: typer.Typer) -> None:
    """Give the command `jimpitan-server` its word about upgrades."""
    app.command("upgrade")(upgrade)


def upgrade(
    folder: Annotated[
        Path | None, typer.Option(help="Where the backup goes; JIMPITAN_BACKUP_FOLDER.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Back up, try the new schema on the backup, change the database, and look at it again.

    Stop the server first. Exit code 1 where anything is wrong; the sentence says how to go back.
    """
    done = with_program(lambda program: upgraded(program, folder))
    if as_json:
        typer.echo(json.dumps(asdict(done)))
    else:
        typer.echo(sentence(done))
    if done.wrong:
        typer.echo(" ".join(done.wrong), err=True)
        raise typer.Exit(1)


async def upgraded(program: Program, folder: Path | None) -> Upgraded:
    """Bring a database to the schema of this program.

    Raises `Conflict` before anything is changed: where there is no place for a backup, no room,
    or where the schema is newer than the program; and where the trial on the backup failed.
    """
    before, after = await version_of(program.database)
    if before == after:
        return Upgraded(after, after, version("jimpitan"), "", 0, ())
    if before is None:
        raise Conflict("The database is empty: `jimpitan-server migrate` makes its tables.")
    if not is_known(before):
        raise Conflict(
            f"The database has schema {before}, which this program does not know: it was used by a"
            " newer version. Install that one again.",
            code="backup_newer",
        )
    place = folder or program.settings.backup_folder
    if place is None:
        raise Conflict("Say with --folder where the backup goes, on another disk.")
    _want_room(place, program)
    with shown("Backing up") as progress:
        file, manifest = await backup_check.desk_of(program).make(place, progress=progress)
    with shown("Trying the upgrade on the backup") as progress:
        _, wrong = await backup_check.verify(file, program.settings, progress=progress)
    if wrong:
        raise Conflict(
            f"Nothing was changed. On the backup {file} the upgrade went wrong: {' '.join(wrong)}"
        )
    await program.migrate()
    found = await _wrong_now(program, manifest)
    return Upgraded(before, after, manifest.program, str(file), manifest.total, found)


def _want_room(place: Path, program: Program) -> None:
    there = next(one for one in (place, *place.absolute().parents) if one.exists())
    path = program.database.engine.url.database or ""
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    room, need = shutil.disk_usage(there).free, ROOM_TIMES * size + ROOM_BYTES_MIN
    if room < need:
        raise Conflict(
            f"Nothing was changed. {place} has room for {room // 1_000_000} MB, and"
            f" {need // 1_000_000} MB are needed: name another with --folder."
        )


async def _wrong_now(program: Program, manifest: Manifest) -> tuple[str, ...]:
    """Return what is wrong after the schema was changed: history, and rows of it that are gone."""
    wrong = [one.sentence for one in await examine_history(program) if not one.is_fine]
    async with program.database.read() as connection:
        tables = {one.name: one for one in await table_rows.tables_there(connection)}
        for name in KEPT_FOR_EVER & manifest.rows.keys():
            count = await table_rows.count_rows(connection, tables[name])
            if count < manifest.rows[name]:
                wrong.append(f"{manifest.rows[name] - count} rows of {name} are gone.")
    return tuple(wrong)


def sentence(done: Upgraded) -> str:
    """Return what was done and how to go back, for a person."""
    if done.before == done.after:
        return f"The database is at version {done.after} already; nothing was changed."
    return (
        f"The database went from version {done.before} to {done.after}; {done.backup} holds"
        f" {done.rows} rows of before. Start the server. To go back: stop it, install version"
        f" {done.program_before} or the one you had, point JIMPITAN_DATABASE_URL at an empty"
        f" database, and run `jimpitan-server restore {done.backup}`: boxes send again what came"
        " after it."
    )
