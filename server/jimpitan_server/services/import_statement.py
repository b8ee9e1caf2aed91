"""Imports one statement file: all of its new lines or none of any."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime

from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import (
    LineFault,
    StatementLine,
    StatementProfile,
    StatementReading,
)
from jimpitan_server.domain.statement_reading import read_statement
from jimpitan_server.services.ports_money import ImportRow, StatementStore

PREVIEW_LINES = 20
FILE_NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or in a dry run would do; with any fault it did nothing."""

    account: str
    file_name: str
    profile: str
    dry_run: bool
    lines_read: int
    lines_new: int
    lines_known: int
    lines_skipped: int
    credits: Rupiah
    debits: Rupiah
    first_on: date | None
    last_on: date | None
    preview: tuple[StatementLine, ...]
    faults: tuple[LineFault, ...]
    import_id: int | None = None


async def import_statement(
    store: StatementStore,
    *,
    account: str,
    file_name: str,
    content: bytes,
    profile: StatementProfile,
    dry_run: bool,
    actor: str,
    now: datetime,
) -> Imported:
    """Read a file, and keep those of its lines that are not held yet."""
    if await store.account(account) is None:
        raise NotFound(f"There is no account {account}.", code="account_unknown")
    name = _plain_name(file_name)
    reading = read_statement(content, file_name=name, profile=profile)
    await store.lock_books()
    reading = await _with_overlaps(store, reading, account, profile, name)
    new = [] if reading.faults else await _new_lines(store, reading, account)
    result = _result(reading, new, account=account, file_name=name, profile=profile)
    if dry_run or reading.faults:
        return replace(result, dry_run=dry_run)
    row = ImportRow(
        account=account,
        file_name=name,
        file_sha256=hashlib.sha256(content).digest(),
        profile=profile.name,
        first_on=reading.first_on,
        last_on=reading.last_on,
        lines_read=len(reading.lines),
        actor=actor,
        imported_at=now,
    )
    return replace(result, import_id=await store.add_import(row, new))


def _plain_name(file_name: str) -> str:
    """Return the name without folders and unprintable signs, cut to a bound."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if sign.isprintable())
    return plain[:FILE_NAME_LENGTH_MAX] or "statement"


async def _with_overlaps(
    store: StatementStore,
    reading: StatementReading,
    account: str,
    profile: StatementProfile,
    file_name: str,
) -> StatementReading:
    """Refuse days that another layout brought: the same line would look like another one."""
    if reading.faults or reading.first_on is None or reading.last_on is None:
        return reading
    others = await store.other_profiles(
        account, profile=profile.name, first_on=reading.first_on, last_on=reading.last_on
    )
    if not others:
        return reading
    sentence = (
        f"lines of these days were imported as {', '.join(others)}; the same lines would count"
        " twice, so import them in that layout"
    )
    fault = LineFault(file_name=file_name, line_number=1, column="file", sentence=sentence)
    return replace(reading, faults=(fault,))


async def _new_lines(
    store: StatementStore, reading: StatementReading, account: str
) -> list[StatementLine]:
    if reading.first_on is None or reading.last_on is None:
        return []
    known = await store.known_lines(account, first_on=reading.first_on, last_on=reading.last_on)
    return [line for line in reading.lines if (line.row_hash, line.occurrence) not in known]


def _result(
    reading: StatementReading,
    new: list[StatementLine],
    *,
    account: str,
    file_name: str,
    profile: StatementProfile,
) -> Imported:
    return Imported(
        account=account,
        file_name=file_name,
        profile=profile.name,
        dry_run=False,
        lines_read=len(reading.lines),
        lines_new=len(new),
        lines_known=0 if reading.faults else len(reading.lines) - len(new),
        lines_skipped=reading.skipped,
        credits=reading.credits,
        debits=reading.debits,
        first_on=reading.first_on,
        last_on=reading.last_on,
        preview=reading.lines[:PREVIEW_LINES],
        faults=reading.faults,
    )
