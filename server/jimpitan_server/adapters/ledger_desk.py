"""Everything that can be done with the ledger, each as one transaction."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import structlog

from jimpitan_server.adapters.database import ledger_rows
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.adapters.database.ledger_store import DatabaseLedger
from jimpitan_server.adapters.database.user_store import append_audit, login_names
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.adapters.seal_files import SealFile, publish, seal_file, seal_file_name
from jimpitan_server.adapters.seal_key import seal_key
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.custody import Place, PlaceKind
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.ledger import Entry, Head, chained
from jimpitan_server.domain.merkle import leaf_hash
from jimpitan_server.domain.money_discrepancies import LedgerFinding
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.close_books import close_books
from jimpitan_server.services.ports_ledger import Closing, SealRow
from jimpitan_server.services.seal import seal_days

log = structlog.get_logger()
CLOSINGS_SHOWN = 24
SEALS_SHOWN = 31
ENTRIES_SHOWN = 100
FILES_KEPT = 16
PERSONS = (PlaceKind.COLLECTOR, PlaceKind.TREASURER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """The ledger as a person looks at it."""

    balances: dict[Place, Rupiah]
    entries: list[Entry]
    closings: list[Closing]
    seals: list[SealRow]
    head: Head
    name_by_person: dict[str, str]

    @property
    def open_count(self) -> int:
        """Return how many entries are not sealed yet."""
        return self.head.number - (self.seals[0].seal.size if self.seals else 0)


@dataclass(frozen=True, slots=True)
class LedgerDesk:
    """The ledger side of the server; `folder` is where seals are published, if anywhere."""

    database: Database
    clock: Clock
    master: MasterKey
    folder: Path | None
    files: dict[date, SealFile] = field(default_factory=dict)

    async def view(self, *, before: int | None = None) -> LedgerView:
        """Return balances, the newest entries below `before`, closings and seals."""
        async with self.database.read() as connection:
            balances = await ledger_rows.balances(connection, until=None)
            people = [one.holder for one in balances if one.kind in PERSONS]
            return LedgerView(
                balances=balances,
                name_by_person=await login_names(connection, people),
                entries=await ledger_rows.latest(connection, before=before, limit=ENTRIES_SHOWN),
                closings=await ledger_rows.closings(connection, limit=CLOSINGS_SHOWN),
                seals=await ledger_rows.seals(connection, limit=SEALS_SHOWN),
                head=await ledger_rows.head(connection),
            )

    async def close(self, *, until: date, note: str, actor: str) -> Closing:
        """Close every day up to and with `until`."""
        now = self.clock.now()
        async with self.database.write() as connection:
            closing = await close_books(
                DatabaseLedger(connection), until=until, note=note, actor=actor, now=now
            )
            await append_audit(
                connection,
                at=now,
                actor=actor,
                action="period_closed",
                subject=until.isoformat(),
                detail={"note": closing.note, "open": closing.discrepancies_open},
            )
        return closing

    async def seal_if_due(self) -> list[SealRow]:
        """Seal the days that are over, and see to it that all seals lie in their folder."""
        async with self.database.read() as connection:
            store = DatabaseLedger(connection)
            first, last = await store.first_day(), await store.last_seal()
        today = bank_day(self.clock.now())
        made: list[SealRow] = []
        if first is not None and (last is None or (today - last.seal.day).days > 1):
            made = await self._seal()
        if self.folder is not None and (made or not self._is_published(last)):
            await self._publish_all()
        return made

    async def _seal(self) -> list[SealRow]:
        now = self.clock.now()
        async with self.database.write() as connection:
            key = await seal_key(connection, self.master, now)
            made = await seal_days(DatabaseLedger(connection), key, now)
        for row in made:
            log.info("day_sealed", day=row.seal.day.isoformat(), size=row.seal.size)
        return made

    def _is_published(self, row: SealRow | None) -> bool:
        if row is None or self.folder is None:
            return True
        return (self.folder / seal_file_name(row.seal.day)).exists()

    async def _publish_all(self) -> None:
        """Write what is missing in the folder; a file that says something else is a finding.

        Of the files that are there those of a month are compared: older ones are for auditors.
        """
        async with self.database.read() as connection:
            rows = await ledger_rows.seals(connection)
        for age, row in reversed(list(enumerate(rows))):
            if age >= SEALS_SHOWN and self._is_published(row):
                continue
            file = await self._made(row.seal.day)
            try:
                is_same = self.folder is None or publish(self.folder, file)
            except OSError as error:
                log.warning("seal_not_published", day=row.seal.day.isoformat(), why=str(error))
                return
            if not is_same:
                await self._contradicted(row)

    async def _contradicted(self, row: SealRow) -> None:
        now = self.clock.now()
        async with self.database.write() as connection:
            found = Discrepancy(
                kind=LedgerFinding.SEAL_CONTRADICTED,
                severity=Severity.CRITICAL,
                subject=row.seal.day.isoformat(),
                found_at=now,
                evidence={"root": row.seal.root.hex(), "size": row.seal.size},
            )
            await raise_discrepancies(connection, [found])

    async def file_of(self, day: date) -> SealFile:
        """Return the published file of a sealed day; the newest that were asked for are kept."""
        if day not in self.files:
            while len(self.files) >= FILES_KEPT:
                self.files.pop(next(iter(self.files)), None)
            self.files[day] = await self._made(day)
        return self.files[day]

    async def _made(self, day: date) -> SealFile:
        async with self.database.read() as connection:
            found = await ledger_rows.seals(connection, day=day)
            if not found:
                raise NotFound(
                    f"The day {day.isoformat()} is not sealed: a day is sealed when it is over.",
                    code="seal_unknown",
                )
            lines = DatabaseLedger(connection).lines_of(day)
            leaves = [leaf_hash(line) async for line in lines]
        return seal_file(found[0], leaves)

    async def seals(self, limit: int = SEALS_SHOWN) -> list[SealRow]:
        """Return the newest seals."""
        async with self.database.read() as connection:
            return await ledger_rows.seals(connection, limit=limit)

    async def export(self) -> AsyncIterator[bytes]:
        """Yield the whole ledger, a line an entry: its JSON, a tab, its chain in hex."""
        async with self.database.read() as connection:
            async for entry, chain in ledger_rows.read_through(connection):
                yield entry.line + b"\t" + chain.hex().encode() + b"\n"

    async def first_broken(self) -> int | None:
        """Return the number of the first entry that its chain does not fit, None if all do."""
        before, number = b"", 0
        async with self.database.read() as connection:
            async for entry, chain in ledger_rows.read_through(connection):
                number += 1
                if entry.number != number or chained(before, entry.line) != chain:
                    return entry.number
                before = chain
        return None
