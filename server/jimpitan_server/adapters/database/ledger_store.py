"""The ledger of one open transaction, as its services see it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import ledger_rows, statement_rows
from jimpitan_server.domain.custody import Place
from jimpitan_server.domain.ledger import Entry, Head, Standing
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.ports_ledger import Closing, SealRow


@dataclass(frozen=True, slots=True)
class DatabaseLedger:
    """`LedgerStore` on an open transaction."""

    connection: AsyncConnection

    async def lock_books(self) -> None:
        """Let no other import, matching, closing or sealing run until the transaction ends."""
        await statement_rows.lock_books(self.connection)

    async def head(self) -> Head:
        """Return where the ledger ends."""
        return await ledger_rows.head(self.connection)

    async def standing(self) -> dict[str, Standing]:
        """Return the movements that stand, by their keys."""
        return await ledger_rows.standing(self.connection)

    async def append(self, entries: Sequence[tuple[Entry, bytes]]) -> None:
        """Append entries with their chains."""
        await ledger_rows.append(self.connection, entries)

    async def closed_until(self) -> date | None:
        """Return the last day that is closed."""
        return await ledger_rows.closed_until(self.connection)

    async def balances(self, *, until: date | None = None) -> dict[Place, Rupiah]:
        """Return what lies where, by entries that count for days up to `until`, or by all."""
        return await ledger_rows.balances(self.connection, until=until)

    async def count_open_discrepancies(self) -> int:
        """Return how many discrepancies are open."""
        return await ledger_rows.count_open_discrepancies(self.connection)

    async def add_closing(self, closing: Closing) -> None:
        """Keep that a period is closed."""
        await ledger_rows.add_closing(self.connection, closing)

    async def next_generation(self) -> None:
        """Note that a matching made from the books as they were is too old."""
        await statement_rows.next_generation(self.connection)

    async def first_day(self) -> date | None:
        """Return the day of the first entry."""
        return await ledger_rows.first_day(self.connection)

    async def last_seal(self) -> SealRow | None:
        """Return the latest seal."""
        found = await ledger_rows.seals(self.connection, limit=1)
        return found[0] if found else None

    async def lines_of(self, day: date) -> AsyncIterator[bytes]:
        """Yield the lines of the entries that were appended on a day, in order."""
        async for entry, _ in ledger_rows.read_through(self.connection, day=day):
            yield entry.line

    async def add_seal(self, row: SealRow) -> None:
        """Keep a seal."""
        await ledger_rows.add_seal(self.connection, row)
