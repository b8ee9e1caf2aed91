"""Makes a backup now and then while the server runs, in a process of its own.

The process proves each backup by restoring it, so that the server that answers boxes and people
neither waits for that nor needs the memory.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from jimpitan_server.adapters.backup_desk import backups_in, made_at
from jimpitan_server.domain.clock import Clock
from jimpitan_server.settings import Settings

log = structlog.get_logger()
# After a failure: a disk that is full or away is asked again, and the log is not flooded.
AGAIN_S = 600.0
LOOK_S = 60.0
ENTRY = "from jimpitan_server.entrypoints.cli import app; app()"
SAID_LENGTH_MAX = 400

Made = Callable[[Settings], Awaitable[bool]]


def is_due(settings: Settings, clock: Clock) -> bool:
    """Tell whether the newest backup is older than it may be."""
    if settings.backup_folder is None:
        return False
    newest = next(iter(backups_in(settings.backup_folder)), None)
    every = timedelta(hours=settings.backup_every_hours)
    return newest is None or clock.now() - made_at(newest) >= every


async def back_up_on_time(settings: Settings, clock: Clock, make: Made | None = None) -> None:
    """Make backups when they are due, until cancelled; return at once where none are wanted."""
    if settings.backup_folder is None:
        return
    work = make or make_in_process
    while True:
        is_made = await work(settings) if is_due(settings, clock) else True
        await asyncio.sleep(LOOK_S if is_made else AGAIN_S)


async def make_in_process(settings: Settings) -> bool:
    """Let another process make and prove one backup; tell whether it did."""
    words = ["backup", "make", str(settings.backup_folder), "--verify", "--json"]
    words += ["--keep", str(settings.backups_kept)]
    secrets = {
        "JIMPITAN_DATABASE_URL": settings.database_url,
        "JIMPITAN_MASTER_KEY": settings.master_key.get_secret_value(),
    }
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ENTRY, *words),
            env=os.environ | secrets,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        log.error("backup_failed", why=str(error))
        return False
    try:
        told, complained = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise
    if process.returncode != 0:
        why = complained.decode(errors="replace").strip()[-SAID_LENGTH_MAX:]
        log.error("backup_failed", why=why or f"exit code {process.returncode}")
        return False
    made = json.loads(told)
    log.info("backup_made", file=made["file"], rows=sum(made["rows"].values()))
    return True
