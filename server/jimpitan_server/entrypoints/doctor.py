"""Examines an installation: is everything in the state that the promises rest on?"""

import os

from sqlalchemy import text

from jimpitan_server.adapters.database import body_rows
from jimpitan_server.adapters.database.engine import SQLITE
from jimpitan_server.adapters.database.migrate import version_of
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.doctor_history import Finding, examine_history


async def examine(program: Program) -> list[Finding]:
    """Return what is fine and what is not; the first bad finding may hide later ones."""
    have, need = await version_of(program.database)
    if have != need:
        sentence = f"The database is at version {have or 'none'}, {need} is needed: migrate."
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
    return Finding("durability", False, f"{question} is {answer}: commits can be lost.")


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
