"""Examines an installation: is everything in the state that the promises rest on?"""

import os
from dataclasses import asdict, dataclass

from sqlalchemy import text

from jimpitan_server.adapters.database import body_rows
from jimpitan_server.adapters.database.append_only import missing_triggers
from jimpitan_server.adapters.database.engine import SQLITE
from jimpitan_server.adapters.database.migrate import version_of
from jimpitan_server.adapters.database.user_store import first_broken_audit
from jimpitan_server.bootstrap import Program


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and what it is like."""

    name: str
    is_fine: bool
    sentence: str

    def as_json(self) -> dict[str, object]:
        """Return it for a program to read."""
        return asdict(self)


async def examine(program: Program) -> list[Finding]:
    """Return what is fine and what is not; the first bad finding may hide later ones."""
    have, need = await version_of(program.database)
    if have != need:
        sentence = f"The database is at version {have or 'none'}, {need} is needed: migrate."
        return [Finding("schema", False, sentence)]
    findings = [Finding("schema", True, f"The database is at version {have}.")]
    findings.append(await _durability(program))
    findings.append(await _triggers(program))
    findings.append(await _audit(program))
    findings.append(await _ledger(program))
    findings.append(await _cases(program))
    findings.append(_seals(program))
    findings.append(await _keys(program))
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


async def _triggers(program: Program) -> Finding:
    async with program.database.read() as connection:
        missing = await connection.run_sync(missing_triggers)
    if missing:
        return Finding("append_only", False, f"Unprotected tables: {', '.join(missing)}.")
    return Finding("append_only", True, "Records and audit log refuse changes.")


async def _audit(program: Program) -> Finding:
    async with program.database.read() as connection:
        broken = await first_broken_audit(connection)
    if broken is None:
        return Finding("audit", True, "The audit log is unbroken.")
    return Finding("audit", False, f"The audit log was changed at entry {broken}.")


async def _ledger(program: Program) -> Finding:
    broken = await program.ledger.first_broken()
    if broken is None:
        return Finding("ledger", True, "The custody ledger is unbroken.")
    sentence = f"The custody ledger was changed at entry {broken}: compare it with its seals."
    return Finding("ledger", False, sentence)


async def _cases(program: Program) -> Finding:
    broken = await program.cases.first_broken()
    if broken is None:
        return Finding("cases", True, "Every discrepancy stands as its history says.")
    return Finding("cases", False, f"Discrepancy {broken} or its history was changed.")


def _seals(program: Program) -> Finding:
    folder = program.ledger.folder
    if folder is None:
        sentence = "Seals lie only in the database: set JIMPITAN_SEALS_FOLDER to publish them."
        return Finding("seals", True, sentence)
    is_fine = os.access(folder if folder.exists() else folder.parent, os.W_OK)
    can = "can" if is_fine else "cannot"
    return Finding("seals", is_fine, f"The folder {folder} {can} be written.")


async def _keys(program: Program) -> Finding:
    await program.enrolment_public_key()
    return Finding("master_key", True, "The master key opens the stored secrets.")


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
