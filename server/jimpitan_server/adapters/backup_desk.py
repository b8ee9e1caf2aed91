"""Makes backups of the whole database, keeps some of them, and puts one in again.

A backup holds rows, not pages: it is made while the server runs, from SQLite and PostgreSQL
alike, and may be put into either. What a file holds is sealed with the master key.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import cbor2
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.backup_file import SealedWriter, frames, not_written
from jimpitan_server.adapters.database import migrate as migrating
from jimpitan_server.adapters.database import table_rows
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.table_rows import Chunk
from jimpitan_server.adapters.seal_files import keep_name
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import Conflict, Malformed

FORM = 1
ENDING = ".backup"
NAMES = f"jimpitan-????????T??????Z{ENDING}"
HALF = ".jimpitan-backup.half"
# A half file that nobody has written to for so long belongs to a program that died.
HALF_OLD_S = 3600.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `rows` and `sha256` by table."""

    made_at: str
    program: str
    revision: str
    dialect: str
    rows: dict[str, int]
    sha256: dict[str, str]

    @property
    def total(self) -> int:
        """Return how many rows it holds."""
        return sum(self.rows.values())

    def as_json(self) -> dict[str, object]:
        """Return it for a program to read."""
        return asdict(self)


def nothing_told(done: int, total: int) -> None:
    """Take note of no progress."""


@dataclass(frozen=True, slots=True)
class BackupDesk:
    """Backups of one database, sealed with the 32 bytes of one master key."""

    database: Database
    clock: Clock
    master: bytes

    async def make(
        self, folder: Path, *, progress: Progress = nothing_told
    ) -> tuple[Path, Manifest]:
        """Write one more backup into a folder; it has its name only when it is whole and durable.

        Raises `Conflict` when one is being made there, `Malformed` when the folder or the disk
        refuses, and `Conflict` when the database has no schema.
        """
        target = folder / backup_name(self.clock.now())
        half = folder / HALF
        if target.exists():  # another is never replaced
            sentence = f"There is a backup of this second in {folder} already: {target.name}."
            raise Conflict(sentence, code="backup_busy")
        try:
            with _half(half) as out:
                manifest = await self._write(SealedWriter(out, self.master), progress)
                out.flush()
                await asyncio.to_thread(os.fsync, out.fileno())
            half.replace(target)
            keep_name(folder)
        except OSError as error:
            raise not_written(error) from None
        return target, manifest

    async def _write(self, out: SealedWriter, progress: Progress) -> Manifest:
        async with self.database.read() as connection:
            await table_rows.one_view(connection)
            revision = await migrating.current(connection)
            if revision is None:
                raise Conflict("There is nothing to back up: the database has no schema yet.")
            tables = await table_rows.tables_there(connection)
            rows = {one.name: await table_rows.count_rows(connection, one) for one in tables}
            head = {
                "form": FORM,
                "made_at": self.clock.now().astimezone(UTC).isoformat(),
                "program": version("jimpitan"),
                "revision": revision,
                "dialect": self.database.dialect,
                "rows": rows,
                "columns": {one.name: [column.name for column in one.columns] for one in tables},
            }
            out.write(cbor2.dumps(head))
            sha256, done, total = {}, 0, sum(rows.values())
            for table in tables:
                digest = hashlib.sha256()
                async for chunk in table_rows.chunks(connection, table):
                    digest.update(chunk.rows)
                    out.write(cbor2.dumps([chunk.table, chunk.count, chunk.rows]))
                    done += chunk.count
                    progress(done, total)
                sha256[table.name] = digest.hexdigest()
            out.write(cbor2.dumps({"sha256": sha256}), is_last=True)
        return _manifest(head, sha256)

    async def restore(self, file: Path, *, progress: Progress = nothing_told) -> Manifest:
        """Put a backup into this database, which must be empty: all of it, or nothing.

        The schema is the one of the backup afterwards; migrate then. Raises `Conflict` when the
        database is filled or the backup is of a newer program, `Malformed` when the file is
        unsound.
        """
        opened = _Opened(file, self.master)
        if not migrating.is_known(opened.head["revision"]):
            raise Conflict(
                f"{file} was made by version {opened.head['program']} with schema"
                f" {opened.head['revision']}, which this program does not know: install a newer"
                " version first.",
                code="backup_newer",
            )
        async with self.database.write() as connection:
            filled = await table_rows.first_filled(connection)
            if filled is not None:
                raise Conflict(
                    f"The database is not empty (table {filled}): a backup goes into an empty one"
                    " only. Name another with JIMPITAN_DATABASE_URL, or move this one away.",
                    code="database_filled",
                )
            await table_rows.drop_all(connection)
            await migrating.migrate_to(connection, opened.head["revision"])
            await table_rows.before_rows(connection)
            await _fill(connection, opened, progress)
            await table_rows.after_rows(connection)
        return opened.manifest()

    async def differences(self, manifest: Manifest) -> list[str]:
        """Return a sentence for each table that is not as the manifest says."""
        wrong = []
        async with self.database.read() as connection:
            await table_rows.one_view(connection)
            tables = {one.name: one for one in await table_rows.tables_there(connection)}
            for name, count in manifest.rows.items():
                if name not in tables:
                    wrong.append(f"The table {name} is missing.")
                    continue
                found, digest = await table_rows.digest_of(connection, tables[name])
                if found != count:
                    wrong.append(f"The table {name} has {found} rows instead of {count}.")
                elif digest != manifest.sha256[name]:
                    wrong.append(f"The rows of table {name} are not those that were backed up.")
        return wrong


async def _fill(connection: AsyncConnection, opened: "_Opened", progress: Progress) -> None:
    tables = {one.name: one for one in await table_rows.tables_there(connection)}
    columns, total, done = opened.head["columns"], sum(opened.head["rows"].values()), 0
    for chunk in opened.chunks():
        if chunk.table not in tables:
            raise Malformed(f"The backup has a table {chunk.table!r}, which its schema has not.")
        await table_rows.put_in(connection, tables[chunk.table], columns[chunk.table], chunk)
        done += chunk.count
        progress(done, total)


class _Opened:
    """A backup that is read from its beginning to its end, once."""

    def __init__(self, file: Path, master: bytes) -> None:
        self._file, self._frames = file, frames(file, master)
        self.head: dict[str, Any] = cbor2.loads(next(self._frames))
        self._sha256: dict[str, str] = {}
        if self.head.get("form") != FORM:
            sentence = f"{file} has a form that this program does not know: install a newer one."
            raise Conflict(sentence, code="backup_newer")

    def chunks(self) -> Iterator[Chunk]:
        """Return the parts; raise `Malformed` behind the last where they are not all there."""
        counts = dict.fromkeys(self.head["rows"], 0)
        digests: dict[str, Any] = {}
        for frame in self._frames:
            item = cbor2.loads(frame)
            if isinstance(item, dict):
                self._sha256 = item["sha256"]
                continue
            chunk = Chunk(*item)
            counts[chunk.table] += chunk.count
            digests.setdefault(chunk.table, hashlib.sha256()).update(chunk.rows)
            yield chunk
        found = {name: hashlib.sha256().hexdigest() for name in counts}
        found |= {name: digest.hexdigest() for name, digest in digests.items()}
        if counts != self.head["rows"] or found != self._sha256:
            sentence = f"{self._file} does not hold what its manifest says: take another one."
            raise Malformed(sentence, code="backup_unsound")

    def manifest(self) -> Manifest:
        """Return what the backup says of itself, once it was read to its end."""
        return _manifest(self.head, self._sha256)


def _manifest(head: dict[str, Any], sha256: dict[str, str]) -> Manifest:
    names = ("made_at", "program", "revision", "dialect", "rows")
    return Manifest(**{name: head[name] for name in names}, sha256=sha256)


def read_manifest(file: Path, master: bytes) -> Manifest:
    """Read a backup from its beginning to its end, and return what it says of itself.

    Raises `Malformed` where it is unsound. Nothing of it is kept.
    """
    opened = _Opened(file, master)
    for _ in opened.chunks():
        pass
    return opened.manifest()


def backup_name(now: datetime) -> str:
    """Return what a backup of this moment is called; names sort by time."""
    return f"jimpitan-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{ENDING}"


def made_at(file: Path) -> datetime:
    """Return when a backup was made, from its name."""
    stamp = file.name.removeprefix("jimpitan-").removesuffix(ENDING)
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def backups_in(folder: Path) -> list[Path]:
    """Return the whole backups in a folder, the newest first."""
    return sorted(folder.glob(NAMES), reverse=True)


def forget_old(folder: Path, *, keep: int) -> list[Path]:
    """Remove all but the newest backups; return those that went."""
    assert keep >= 1
    gone = backups_in(folder)[keep:]
    for file in gone:
        file.unlink(missing_ok=True)
    return gone


@contextmanager
def _half(path: Path) -> Iterator[BinaryIO]:
    """Give a new file, which goes again when its writing fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _forget_old_half(path)
    try:
        out = open(path, "xb", opener=_for_the_owner)  # noqa: SIM115 -- closed below
    except FileExistsError:
        sentence = f"A backup is being made in {path.parent} at this moment: wait for it."
        raise Conflict(sentence, code="backup_busy") from None
    with out:
        try:
            yield out
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise


def _forget_old_half(half: Path) -> None:
    """Take away what a program left that died while it made a backup."""
    with suppress(FileNotFoundError):
        # By the disk's own clock: a file touched beside it tells what time it is there.
        probe = half.with_suffix(".now")
        probe.touch()
        age_s = probe.stat().st_mtime - half.stat().st_mtime
        if age_s > HALF_OLD_S:
            half.unlink()
    half.with_suffix(".now").unlink(missing_ok=True)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
