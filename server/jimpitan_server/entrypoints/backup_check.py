"""Proves a backup: puts it into a scratch database, compares it, and walks its hash chains."""

import os
import tempfile
from pathlib import Path

from jimpitan_server.adapters.backup_desk import BackupDesk, Manifest, Progress, nothing_told
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.entrypoints.doctor_history import examine_history
from jimpitan_server.settings import Settings


def desk_of(program: Program) -> BackupDesk:
    """Return the desk for backups of the program's database."""
    return BackupDesk(program.database, program.clock, program.settings.master_secret())


async def verify(
    file: Path, settings: Settings, *, progress: Progress = nothing_told
) -> tuple[Manifest, list[str]]:
    """Restore a backup into a scratch database beside it; return what is wrong with it.

    The scratch database is taken away again. Raises `Malformed` where the file cannot be
    restored at all.
    """
    beside = file.absolute().parent
    place = beside if os.access(beside, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix=".jimpitan-scratch-", dir=place) as folder:
        url = f"sqlite+aiosqlite:///{folder}/scratch.db"
        scratch = settings.model_copy(update={"database_url": url, "seals_folder": None})
        program = await build(scratch)
        try:
            return await restore_into(program, file, progress=progress)
        finally:
            await program.close()


async def restore_into(
    program: Program, file: Path, *, progress: Progress = nothing_told
) -> tuple[Manifest, list[str]]:
    """Put a backup into an empty database and bring it up to date; return what is wrong with it.

    What was restored is compared before the schema goes on, and its history looked through
    afterwards; that it was restored stands in the audit log.
    """
    desk = desk_of(program)
    manifest = await desk.restore(file, progress=progress)
    wrong = await desk.differences(manifest)
    await program.migrate()
    findings = await examine_history(program)
    async with program.database.write() as connection:
        await append_audit(
            connection,
            at=program.clock.now(),
            actor="cli",
            action="backup_restored",
            subject=manifest.made_at,
            detail={"rows": manifest.total, "revision": manifest.revision},
        )
    return manifest, wrong + [one.sentence for one in findings if not one.is_fine]
