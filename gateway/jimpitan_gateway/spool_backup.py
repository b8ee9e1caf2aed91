"""Makes a backup of the spool while the gateway runs, and puts one in again.

A file is one line that names its form, one line of JSON that says what follows (time, program,
counts, length, SHA-256), and the spool itself. It is not sealed: a spool holds signed records,
no key, no password and no person.
"""

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from jimpitan_gateway.errors import BackupRefused
from jimpitan_gateway.spool import Spool

FORM = b"jimpitan-spool-backup/1\n"
HEAD_LENGTH_MAX = 10_000
CHUNK = 1024 * 1024
NAMES = "jimpitan-spool-????????T??????Z.backup"
TABLES = ("message", "dead_letter", "progress")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup of a spool says of itself; `rows` by table."""

    made_at: str
    program: str
    rows: dict[str, int]
    length: int
    sha256: str

    def as_json(self) -> dict[str, object]:
        """Return it for a program to read."""
        return asdict(self)


def nothing_told(done: int, total: int) -> None:
    """Take note of no progress."""


def make_backup(
    spool: Path, folder: Path, *, now: datetime, progress: Progress = nothing_told
) -> tuple[Path, Manifest]:
    """Write one more backup, proven by reading it again; raise `BackupRefused` when it cannot.

    It has its name only when it is whole and durable. `progress` is told pages done and all.
    """
    if not spool.exists():
        raise BackupRefused(f"There is no spool at {spool}: the gateway never ran here.")
    target = folder / f"jimpitan-spool-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
    if target.exists():
        raise BackupRefused(f"There is a backup of this second already: {target}.")
    with _refusing(f"No backup can be written to {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".jimpitan-spool-", dir=folder) as scratch:
            copy, half = Path(scratch, "spool.db"), Path(scratch, "half")
            _copy(spool, copy, progress)
            manifest = Manifest(
                made_at=now.astimezone(UTC).isoformat(),
                program=version("jimpitan"),
                rows=_rows(copy),
                length=copy.stat().st_size,
                sha256=_sha256(copy),
            )
            with half.open("wb") as out, copy.open("rb") as content:
                out.write(FORM + json.dumps(manifest.as_json()).encode() + b"\n")
                while chunk := content.read(CHUNK):
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            half.chmod(0o600)
            if read_manifest(half) != manifest:
                raise BackupRefused(f"The disk of {folder} does not give back what was written.")
            half.replace(target)
    return target, manifest


def _copy(spool: Path, copy: Path, progress: Progress) -> None:
    """Copy the spool in one view of it, also while the gateway writes."""
    with (
        closing(sqlite3.connect(spool, timeout=5)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, progress=lambda _, left, total: progress(total - left, total))
        target.execute("PRAGMA journal_mode=DELETE")  # so that one file holds it all


def _rows(spool: Path) -> dict[str, int]:
    """Count the rows of a spool that is looked through; raise `BackupRefused` when it is torn."""
    with closing(sqlite3.connect(spool)) as connection:
        told = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if told != "ok":
            raise BackupRefused(f"The spool is damaged ({told}): see the manual, under Backups.")
        counts = {}
        for table in TABLES:
            found = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 -- our words
            counts[table] = int(found.fetchone()[0])
        return counts


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def read_manifest(file: Path) -> Manifest:
    """Read a backup from its beginning to its end; raise `BackupRefused` when it is unsound."""
    with _refusing(f"{file} cannot be read"), file.open("rb") as content:
        manifest = _head(content, file)
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        length = content.tell()
    if digest != manifest.sha256:
        raise BackupRefused(f"{file} was cut or changed ({length} bytes): take another one.")
    return manifest


def _head(content: BinaryIO, file: Path) -> Manifest:
    if content.readline(len(FORM)) != FORM:
        raise BackupRefused(f"{file} is no backup of a spool that this program knows.")
    try:
        said: dict[str, Any] = json.loads(content.readline(HEAD_LENGTH_MAX))
        return Manifest(**said)
    except (ValueError, TypeError):
        raise BackupRefused(f"{file} was cut or changed: take another one.") from None


def restore_backup(file: Path, spool: Path) -> Manifest:
    """Put a backup where no spool is, or one without messages; raise `BackupRefused` otherwise.

    What the server holds already is sent again, and changes nothing there.
    """
    manifest = read_manifest(file)
    _make_room(spool)
    with _refusing(f"The spool cannot be written to {spool}"):
        spool.parent.mkdir(parents=True, exist_ok=True)
        half = spool.with_name(f".{spool.name}.half")
        try:
            with file.open("rb") as content, half.open("wb") as out:
                _head(content, file)
                while chunk := content.read(CHUNK):
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            if _rows(half) != manifest.rows:
                raise BackupRefused(f"{file} does not hold what it says: take another one.")
            half.replace(spool)
        finally:
            with suppress(FileNotFoundError):
                half.unlink()
    Spool(spool).close()
    return manifest


def _make_room(spool: Path) -> None:
    """Take away a spool in which nothing waits."""
    if not spool.exists():
        return
    with _refusing(f"The spool {spool} cannot be read"):
        there = Spool(spool)
        waiting = there.waiting()
        there.close()
    if waiting:
        raise BackupRefused(
            f"In the spool {spool} {waiting} messages wait: let the gateway relay them, or name"
            " another with JIMPITAN_GATEWAY_SPOOL."
        )
    for ending in ("", "-wal", "-shm"):
        Path(f"{spool}{ending}").unlink(missing_ok=True)


def forget_old(folder: Path, *, keep: int) -> list[Path]:
    """Remove all but the newest backups; return those that went."""
    gone = sorted(folder.glob(NAMES), reverse=True)[keep:]
    for file in gone:
        file.unlink(missing_ok=True)
    return gone


@contextmanager
def _refusing(sentence: str) -> Iterator[None]:
    """Say a refusal of the disk as a sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"{sentence}: {error}.") from error
