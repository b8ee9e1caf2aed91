"""Examines what a database holds: is its history whole, unbroken and protected?"""

from dataclasses import asdict, dataclass

from sqlalchemy import select

from jimpitan_server.adapters.database.append_only import missing_triggers
from jimpitan_server.adapters.database.schema import box_keys
from jimpitan_server.adapters.database.user_store import first_broken_audit
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and what it is like."""

    name: str
    is_fine: bool
    sentence: str

    def as_json(self) -> dict[str, object]:
        """Return it for a program to read."""
        return asdict(self)


async def examine_history(program: Program) -> list[Finding]:
    """Return whether history refuses changes, and whether any was changed all the same."""
    return [
        await _triggers(program),
        await _audit(program),
        await _ledger(program),
        await _cases(program),
        await _keys(program),
    ]


async def _triggers(program: Program) -> Finding:
    async with program.database.read() as connection:
        missing = await connection.run_sync(missing_triggers)
    if missing:
        sentence = (
            f"Unprotected tables: {', '.join(missing)}. Somebody took their triggers away: restore"
            " the newest backup into an empty database, and find out who can change this one."
        )
        return Finding("append_only", False, sentence)
    return Finding("append_only", True, "Records and audit log refuse changes.")


async def _audit(program: Program) -> Finding:
    async with program.database.read() as connection:
        broken = await first_broken_audit(connection)
    if broken is None:
        return Finding("audit", True, "The audit log is unbroken.")
    sentence = f"The audit log was changed at entry {broken}: compare it with a backup."
    return Finding("audit", False, sentence)


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
    sentence = f"Discrepancy {broken} or its history was changed: compare it with a backup."
    return Finding("cases", False, sentence)


async def _keys(program: Program) -> Finding:
    try:
        await program.enrolment_public_key()
        await _one_box_key(program)
    except Misconfigured as error:
        return Finding("master_key", False, f"{error.sentence} Set the right one.")
    return Finding("master_key", True, "The master key opens the stored secrets.")


async def _one_box_key(program: Program) -> None:
    """Open the key of one box, if there is any; raise `Misconfigured` when it does not open."""
    async with program.database.read() as connection:
        found = (await connection.execute(select(box_keys).limit(1))).mappings().first()
    if found is not None:
        purpose = f"{found['box_id']}|{found['epoch']}"
        program.master.unwrap(bytes(found["wrapped"]), purpose=purpose)
