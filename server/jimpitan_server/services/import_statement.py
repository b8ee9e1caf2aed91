"""Imports one statement file: all of its new lines or none of any.

A fault (a cell that cannot be read, a balance that does not follow) always stops the import. A
warning (the file does not begin where the last one ended) stops it until somebody accepts it,
and then stays as a discrepancy until the missing days are there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.domain.statement import LineFault, StatementLine, StatementReading
from jimpitan_server.domain.statement_gaps import StatementFinding, StatementGap, Stretch, gaps
from jimpitan_server.domain.statement_sheet import FaultKind
from jimpitan_server.services.foresee import Foreseen
from jimpitan_server.services.ports_money import ImportRow, StatementStore

PREVIEW_LINES = 20
FILE_NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or in a dry run would do.

    With any fault, or with warnings that nobody accepted, it did nothing. What new credits will
    be is `foreseen` in a dry run only.
    """

    account: str
    file_name: str
    file_sha256: bytes
    dry_run: bool
    reading: StatementReading
    new: tuple[StatementLine, ...] = field(repr=False)
    warnings: tuple[StatementGap, ...] = ()
    import_id: int | None = None
    foreseen: Foreseen | None = None

    @property
    def faults(self) -> tuple[LineFault, ...]:
        """Why nothing of the file can be taken."""
        return self.reading.faults

    @property
    def is_balance_checked(self) -> bool:
        """Whether balances told that no line is missing inside the file."""
        return self.reading.stretch is not None

    @property
    def lines_known(self) -> int:
        """How many lines of the file are held already."""
        return 0 if self.faults else len(self.reading.lines) - len(self.new)

    @property
    def preview(self) -> tuple[StatementLine, ...]:
        """The first lines, for a person to compare with the file."""
        return self.reading.lines[:PREVIEW_LINES]

    @property
    def new_credits(self) -> Rupiah:
        """What the new lines bring in."""
        return total(line.amount for line in self.new if line.amount > Rupiah(0))

    @property
    def new_debits(self) -> Rupiah:
        """What the new lines take out, above zero."""
        return total(-line.amount for line in self.new if line.amount < Rupiah(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """A file that was read, and for which account it was handed in."""

    account: str
    file_name: str
    sha256: bytes
    reading: StatementReading


async def import_statement(
    store: StatementStore,
    file: StatementFile,
    *,
    dry_run: bool,
    accept_warnings: bool,
    actor: str,
    now: datetime,
) -> Imported:
    """Keep those lines of a file that are not held yet, if nothing is wrong with it."""
    if await store.account(file.account) is None:
        raise NotFound(f"There is no account {file.account}.", code="account_unknown")
    await store.lock_books()
    reading = await _with_overlaps(store, file)
    new = () if reading.faults else await _new_lines(store, reading, file.account)
    before, after = await _gaps(store, file.account, reading.stretch, new)
    result = Imported(
        account=file.account,
        file_name=file.file_name,
        file_sha256=file.sha256,
        dry_run=dry_run,
        reading=reading,
        new=new,
        warnings=tuple(gap for gap in after if gap not in before),
    )
    if dry_run or reading.faults or (result.warnings and not accept_warnings):
        return result
    number = await store.add_import(_row(result, actor, now), new, reading.stretch)
    findings = [_finding(file.account, gap, now) for gap in after]
    await store.exchange_gaps(file.account, findings, now)
    return replace(result, import_id=number)


def _row(result: Imported, actor: str, now: datetime) -> ImportRow:
    reading = result.reading
    return ImportRow(
        account=result.account,
        file_name=result.file_name,
        file_sha256=result.file_sha256,
        profile=reading.profile,
        first_on=reading.first_on,
        last_on=reading.last_on,
        lines_read=len(reading.lines),
        actor=actor,
        imported_at=now,
    )


def plain_name(file_name: str) -> str:
    """Return the name without folders and unprintable signs, cut to a bound."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if sign.isprintable())
    return plain[:FILE_NAME_LENGTH_MAX] or "statement"


async def _with_overlaps(store: StatementStore, file: StatementFile) -> StatementReading:
    """Refuse days that another layout brought: the same line would look like another one."""
    reading = file.reading
    if reading.faults or reading.first_on is None or reading.last_on is None:
        return reading
    others = await store.other_profiles(
        file.account, profile=reading.profile, first_on=reading.first_on, last_on=reading.last_on
    )
    if not others:
        return reading
    sentence = (
        f"lines of these days were imported as {', '.join(others)}; the same lines would count"
        " twice, so import them in that layout"
    )
    fault = LineFault(
        file_name=file.file_name,
        line_number=1,
        column="file",
        sentence=sentence,
        kind=FaultKind.OTHER_LAYOUT,
    )
    return replace(reading, faults=(fault,))


async def _new_lines(
    store: StatementStore, reading: StatementReading, account: str
) -> tuple[StatementLine, ...]:
    if reading.first_on is None or reading.last_on is None:
        return ()
    known = await store.known_lines(account, first_on=reading.first_on, last_on=reading.last_on)
    return tuple(line for line in reading.lines if (line.row_hash, line.occurrence) not in known)


async def _gaps(
    store: StatementStore, account: str, stretch: Stretch | None, new: Iterable[StatementLine]
) -> tuple[tuple[StatementGap, ...], tuple[StatementGap, ...]]:
    """Return where the statements of an account do not join, without and with this file."""
    stretches = await store.stretches(account)
    if stretch is None and not stretches:
        return (), ()
    moved = await store.moved_by_day(account)
    before = gaps(stretches, lambda first, last: _moved(moved, first, last))
    for line in new:
        moved[line.booked_on] = moved.get(line.booked_on, Rupiah(0)) + line.amount
    added = stretches if stretch is None else [*stretches, stretch]
    return before, gaps(added, lambda first, last: _moved(moved, first, last))


def _moved(moved: Mapping[date, Rupiah], first: date, last: date) -> Rupiah:
    return total(amount for day, amount in moved.items() if first <= day <= last)


def _finding(account: str, gap: StatementGap, now: datetime) -> Discrepancy:
    where = "inside" if gap.is_inside else "between"
    return Discrepancy(
        kind=StatementFinding.GAP,
        severity=Severity.WARNING,
        subject=f"{account}/{where}/{gap.after.isoformat()}/{gap.before.isoformat()}",
        found_at=now,
        evidence={
            "account": account,
            "missing_idr": gap.missing.amount,
            "reason": gap.sentence,
        },
    )
