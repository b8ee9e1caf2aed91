"""Examines an installation: is everything in the state that the promises rest on?"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from asyncpg.exceptions import PostgresError
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from jimpitan_server.adapters.database import body_rows, running_rows
from jimpitan_server.adapters.database.engine import SQLITE
from jimpitan_server.adapters.database.migrate import version_of
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Misconfigured, ServerError
from jimpitan_server.entrypoints.doctor_history import Finding, examine_history
from jimpitan_server.entrypoints.doctor_places import FreeBytes, examine_places, free_bytes
from jimpitan_server.entrypoints.doctor_settings import examine_settings
from jimpitan_server.entrypoints.doctor_work import DatabaseClock, examine_work
from jimpitan_server.settings import load_settings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the doctor asks the machine; a test asks another."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    free: FreeBytes = free_bytes
    database_clock: DatabaseClock = running_rows.database_clock


async def examine_all(program: Program, around: Surroundings | None = None) -> list[Finding]:
    """Return everything that is looked at, from settings to seals.

    What lies around the database is looked at also when that cannot be reached.
    """
    around, settings = around or Surroundings(), program.settings
    found = examine_settings(settings, around.environment)
    is_in_use = False
    try:
        history = await examine(program)
        if history[0].is_fine:
            async with program.database.read() as connection:
                is_in_use = await running_rows.has_records(connection)
            history += await examine_work(program, around.database_clock)
    except (ServerError, SQLAlchemyError, PostgresError, OSError) as error:
        history = [_unreachable(program, error)]
    now = program.clock.now()
    places = examine_places(settings, now, is_in_use=is_in_use, free=around.free)
    return [*found, *history, *places]


def wrong_settings() -> Finding | None:
    """Return what is wrong with settings that let no program start, None when it starts."""
    try:
        load_settings()
    except Misconfigured as error:
        return Finding("settings", False, error.sentence)
    return None


def _unreachable(program: Program, error: Exception) -> Finding:
    url = make_url(program.settings.database_url).render_as_string(hide_password=True)
    sentence = (
        f"The database {url} cannot be used ({error.__class__.__name__}: {str(error)[:200]}): look"
        " whether it runs, whether JIMPITAN_DATABASE_URL is right, and whether its disk is full."
    )
    return Finding("database", False, sentence)


async def examine(program: Program) -> list[Finding]:
    """Return what is fine and what is not; the first bad finding may hide later ones."""
    have, need = await version_of(program.database)
    if have != need:
        sentence = (
            f"The database is at version {have or 'none'}, {need} is needed:"
            " jimpitan-server upgrade"
        )
        return [Finding("schema", False, sentence)]
    findings = [Finding("schema", True, f"The database is at version {have}.")]
    findings.append(await _durability(program))
    findings += await examine_history(program)
    findings.append(_seals(program))
    findings.append(await _bodies(program))
    return findings


async def _durability(program: Program) -> Finding:
    is_sqlite = program.database.dialect == SQLITE
    question = "PRAGMA synchronous" if is_sqlite else "SHOW synchronous_commit"
    async with program.database.read() as connection:
        answer = str((await connection.execute(text(question))).scalar_one())
    is_fine = answer == "2" if is_sqlite else answer in {"on", "remote_write", "remote_apply"}
    if is_fine:
        return Finding("durability", True, "Every commit is on disk before it is answered.")
    sentence = f"{question} is {answer}: commits can be lost. Set it to on in the database."
    return Finding("durability", False, sentence)


def _seals(program: Program) -> Finding:
    folder = program.ledger.folder
    if folder is None:
        sentence = "Seals lie only in the database: set JIMPITAN_SEALS_FOLDER to publish them."
        return Finding("seals", True, sentence)
    is_fine = os.access(folder if folder.exists() else folder.parent, os.W_OK)
    can = "can" if is_fine else "cannot"
    return Finding("seals", is_fine, f"The folder {folder} {can} be written.")


async def _bodies(program: Program) -> Finding:
    """Look whether every raw body of a bank is sealed, and none is older than it may be."""
    bodies, now = program.bank.bodies, program.clock.now()
    async with program.database.read() as connection:
        plain = await body_rows.plain_left(connection)
        old = await body_rows.oldest_day(connection, before=bodies.first_day(now))
    if plain:
        return Finding("bodies", False, f"{plain} raw bodies of banks are not sealed: migrate.")
    if old is not None:
        sentence = f"Raw bodies of {old} should be destroyed by now: is the server running?"
        return Finding("bodies", False, sentence)
    return Finding("bodies", True, "Raw bodies of banks are sealed, and destroyed in time.")
